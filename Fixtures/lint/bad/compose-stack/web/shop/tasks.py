from celery import shared_task


@shared_task(bind=True, max_retries=None, default_retry_delay=0)
def charge(self, order):
    ...


def later(order):
    charge.apply_async(args=[order], countdown=6 * 60 * 60)
