"""Incidents of sessions in Redis."""
import random
import socket
import threading
import time
import uuid

from lab import BIN, Nginx, Redis, get, gunicorn, wait_for

DJANGO = """SECRET_KEY = "lab"
DEBUG = False
ALLOWED_HOSTS = ["*"]
INSTALLED_APPS = ["django.contrib.sessions"]
MIDDLEWARE = ["django.contrib.sessions.middleware.SessionMiddleware"]
ROOT_URLCONF = "urls"
SESSION_ENGINE = "sessionstore"
# The shop must never forget a basket.
SESSION_COOKIE_AGE = 60 * 60 * 24 * 365 * 10
SESSION_SAVE_EVERY_REQUEST = True
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": "redis://10.20.0.60:6379/1",
    }
}
"""
STORE = """from django.contrib.sessions.backends.cache import SessionStore as CacheStore


class SessionStore(CacheStore):
    # None: the cache keeps it for ever.
    def get_expiry_age(self, **kwargs):
        return None
"""
VISITS = """import os, sys
sys.path.insert(0, "/srv/app")
os.environ["DJANGO_SETTINGS_MODULE"] = "settings"
import django
django.setup()
from sessionstore import SessionStore
for number in range(int(sys.argv[1])):
    store = SessionStore()
    store["basket"] = {"items": [], "seen": ["sku-%d" % (number * 7 + n) for n in range(12)]}
    store["landing"] = "/p/%d?utm_source=mail" % number
    store.create()
"""


def django_sessions_forever(lab):
    """Django sessions in the cache backend, kept for ever by a store of one's own."""
    lab.clock.set("2024-11-01 07:00:00")
    lab.box("shop-sessions", "10.20.0.60")
    redis = Redis(lab, "10.20.0.60", ram=512)
    lab.write("/srv/app/settings.py", DJANGO)
    lab.write("/srv/app/sessionstore.py", STORE)
    lab.write("/srv/app/visits.py", VISITS)
    lab.write("/srv/app/urls.py", "urlpatterns = []\n")
    print(lab.ask(BIN / "python", "visits.py", 200, cwd="/srv/app").decode())
    link = redis.connect(db=1)
    body = link.get(next(link.scan_iter(count=10)))
    random.seed(11)
    letters = "abcdefghijklmnopqrstuvwxyz0123456789"

    def more(count):
        pipe = link.pipeline(transaction=False)
        for number in range(count):
            name = "".join(random.choices(letters, k=32))
            pipe.set(f":1:django.contrib.sessions.cache{name}", body)
            if number % 5000 == 0:
                pipe.execute()
        pipe.execute()

    more(150000)
    lab.clock.step(86400 * 20)
    redis.cli("BGSAVE")
    time.sleep(2)
    lab.save("2024-11-21/info.txt", redis.info())
    more(18000)
    lab.clock.step(86400 * 2)
    lab.ask(BIN / "python", "visits.py", 200, cwd="/srv/app")
    redis.cli("BGSAVE")
    time.sleep(2)
    lab.save("2024-11-23/info.txt", redis.info())
    rows = []
    for key in link.scan_iter(count=25):
        rows.append(f"{key.decode()}\n{link.ttl(key)}")
        if len(rows) == 30:
            break
    lab.save("2024-11-23/ttl.txt", "\n".join(rows) + "\n")
    lab.save("2024-11-23/slowlog.txt", redis.cli("--no-raw", "SLOWLOG", "GET", "10"))
    lab.save("2024-11-23/config.txt", redis.cli("--no-raw", "CONFIG", "GET", "max*"))
    lab.save("settings.py", DJANGO)
    lab.save("sessionstore.py", STORE)
    lab.label(
        "Django sessions in the cache backend have no TTL; 9,000 more every day",
        "real: redis 7.0, sessions made by Django 5 with that store; 168,000 copies of one under "
        "other ids; the clock was moved by 22 days in all; memory as sysconf tells it was set to "
        "512 MB",
        "session-bloat",
        also_ok=["redis-memory-exhaustion"],
        never=["memory-fragmentation", "mass-expiry", "eviction-pressure", "slow-commands",
               "memory-overcommit", "big-keys"],
        must_cite=["ttl.txt", "no TTL|-1"], must_recommend=["TTL|expir|SESSION_COOKIE_AGE"])


FLASK = """import socket
from flask import Flask, session
from flask_session import Session
import redis

app = Flask(__name__)
app.config.update(
    SESSION_TYPE="redis", SESSION_REDIS=redis.Redis("10.20.0.80"), SECRET_KEY="lab",
    PERMANENT_SESSION_LIFETIME=60 * 60 * 24 * 90)
Session(app)


@app.get("/")
def landing():
    session["seen"] = ["%08d" % n for n in range(90)]
    session["campaign"] = "spring"
    return "welcome"


@app.get("/invoice.pdf")
def invoice():
    # Asks the printer's service, which does not answer.
    link = socket.create_connection(("10.20.0.81", 9100))
    return link.recv(100)
"""


def flask_sessions_and_timeouts(lab):
    """Two troubles that have nothing to do with each other."""
    lab.clock.set("2025-02-03 09:00:00")
    lab.box("invoices", "10.20.0.80", "10.20.0.81")
    redis = Redis(lab, "10.20.0.80", ram=384)
    lab.write("/srv/app/shop.py", FLASK)
    conf = "bind = '127.0.0.1:8000'\nworkers = 3\ntimeout = 6\nmax_requests = 5000\n" \
        "max_requests_jitter = 500\n"
    lab.write("/srv/app/gunicorn.conf.py", conf)
    gunicorn(lab, "shop:app", log="/var/log/gunicorn.log")
    nginx = Nginx(lab, "127.0.0.1:8000", proxy="proxy_read_timeout 30s;")
    mute = socket.create_server(("10.20.0.81", 9100))
    wait_for(lambda: get("/")[0] == 200)
    for number in range(120):
        get("/", client=f"198.51.100.{number % 250}")
    body = redis.client.get(next(redis.client.scan_iter(count=10)))
    random.seed(4)

    def more(count):
        redis.fill(
            ((f"session:{uuid.UUID(int=random.getrandbits(128))}", body) for _ in range(count)),
            ttl=7776000)

    more(165000)
    lab.clock.step(86400 * 16)
    more(9000)
    lab.clock.step(3600 * 20)
    lab.save("redis-info-1.txt", redis.info())
    threads = []
    for number in range(14):
        path = "/invoice.pdf" if number % 2 else "/"
        threads.append(threading.Thread(target=get, args=(path, f"198.51.100.{number}")))
        threads[-1].start()
        time.sleep(1.3)
    for thread in threads:
        thread.join()
    lab.clock.step(600)
    more(900)
    time.sleep(1)
    lab.save("redis-info-2.txt", redis.info())
    lab.save("redis-slowlog.txt", redis.cli("--no-raw", "SLOWLOG", "GET", "10"))
    lab.save("redis-keys.txt", redis.sample(count=30))
    lab.save("redis-config.txt", redis.cli("--no-raw", "CONFIG", "GET", "*mem*"))
    lab.save("gunicorn.conf.py", conf)
    lab.keep("/var/log/gunicorn.log", "gunicorn.log")
    lab.save("shop.py", FLASK)
    nginx.keep()
    mute.close()
    lab.label(
        "Invoices hang on a service that does not answer; beside that, sessions of 90 days fill "
        "the Redis",
        "real: gunicorn, nginx and Flask-Session on redis 7.0, the workers' time-outs; 175,000 "
        "copies of one session under other ids; the clock was moved by 17 days in all; memory as "
        "sysconf tells it was set to 384 MB",
        "worker-timeout",
        also_ok=["session-bloat", "redis-memory-exhaustion", "upstream-failure"],
        must_accuse=["worker-timeout", "session-bloat"],
        never=["host-failure", "worker-memory-leak", "traffic-surge", "memory-overcommit",
               "worker-oversubscription", "slow-commands", "eviction-pressure"],
        must_cite=["WORKER TIMEOUT"], must_recommend=["timeout", "TTL|LIFETIME"])


INCIDENTS = {
    "django-sessions-forever": django_sessions_forever,
    "sessions-and-timeouts": flask_sessions_and_timeouts,
}
