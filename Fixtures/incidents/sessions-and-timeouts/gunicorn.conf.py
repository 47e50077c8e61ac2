bind = '127.0.0.1:8000'
workers = 3
timeout = 6
max_requests = 5000
max_requests_jitter = 500
