#!/bin/sh
exec gunicorn shop.wsgi:application \
  --workers ${NUM_WORKERS:-48} \
  --threads "${THREADS:-2}" \
  --bind 0.0.0.0:8000
