import multiprocessing

bind = "0.0.0.0:8000"
worker_class = "gthread"
workers = multiprocessing.cpu_count() * 2 + 1
threads = 4
timeout = 120
max_requests = 2000
