from celery import shared_task


@shared_task
def remind(order):
    ...


def later(order):
    remind.apply_async(args=[order], countdown=24 * 60 * 60)
