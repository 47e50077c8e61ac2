bind = "unix:/run/notes.sock"
workers = 5
timeout = 30
graceful_timeout = 60
max_requests = 1000
max_requests_jitter = 100
worker_tmp_dir = "/dev/shm"
