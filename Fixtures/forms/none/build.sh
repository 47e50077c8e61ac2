#!/bin/sh
set -e
apt-get install -y redis-server
redis-server --daemonize yes
pytest -q
