import multiprocessing

bind = "0.0.0.0:8000"
worker_class = "gthread"
workers = 3
threads = 4
timeout = 30
keepalive = 75
max_requests_jitter = 200
max_requests = 2000
