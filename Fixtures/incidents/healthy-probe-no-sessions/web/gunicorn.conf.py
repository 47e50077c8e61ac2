bind = '127.0.0.1:8000'
workers = 2
max_requests = 10000
max_requests_jitter = 1000
