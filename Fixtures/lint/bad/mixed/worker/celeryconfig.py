broker_url = "redis://localhost:6379/0"
result_backend = "redis://localhost:6379/0"
broker_transport_options = {"visibility_timeout": 120}
task_acks_late = True
worker_prefetch_multiplier = 10
result_expires = 0
