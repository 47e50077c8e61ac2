import multiprocessing

bind = "127.0.0.1:8000"
workers = 3
# Workers live on: the cache would be cold after each restart.
max_requests = 0
