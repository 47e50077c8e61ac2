from datetime import timedelta
broker_url = "redis://localhost:6379/0"
result_backend = "redis://localhost:6379/0"
broker_transport_options = {"visibility_timeout": 7200}
task_acks_late = True
worker_prefetch_multiplier = 1
result_expires = timedelta(hours=1)
