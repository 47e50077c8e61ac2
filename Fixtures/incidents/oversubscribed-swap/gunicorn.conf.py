bind = "127.0.0.1:8000"
workers = 14
timeout = 6
max_requests = 20000
max_requests_jitter = 2000
