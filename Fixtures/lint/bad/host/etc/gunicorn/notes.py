bind = "unix:/run/notes.sock"
workers = 9
timeout = 90
graceful_timeout = 60
worker_tmp_dir = "/tmp"
