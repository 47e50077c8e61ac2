#!/bin/sh
case "$1" in
  web) exec gunicorn jobs.web:app --max-requests 1000 --max-requests-jitter 100 ;;
  worker) celery -A jobs worker & wait ;;
esac
