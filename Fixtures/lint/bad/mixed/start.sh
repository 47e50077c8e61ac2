#!/bin/sh
celery -A jobs worker -c 2 &
exec gunicorn jobs.web:app --max-requests 1000 --max-requests-jitter 100
