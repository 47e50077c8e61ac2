#!/bin/sh
cd /srv/app
exec gunicorn news:app --worker-class gthread --threads 8 --workers 2 --timeout 5 --bind 0.0.0.0:8000 --max-requests 2000 --max-requests-jitter 200
