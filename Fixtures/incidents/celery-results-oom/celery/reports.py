from celery import Celery

app = Celery("reports", broker="redis://10.20.0.12/1", backend="redis://10.20.0.12/0")
app.conf.result_expires = None
app.conf.worker_hijack_root_logger = False


@app.task
def render(number):
    return {"number": number, "rows": "x" * 6000}
