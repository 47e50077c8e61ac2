"""Sites on which all is well, although something on them looks like an incident."""
import random
import time

from lab import BIN, BROWSER, Nginx, Redis, get, gunicorn, shell, wait_for
from redis_healthy import REDIS_CAUSES

WEB_CAUSES = [
    "host-failure", "scheduled-maintenance", "instance-os-failure", "ebs-impaired",
    "cpu-credit-exhaustion", "worker-memory-leak", "worker-oversubscription", "worker-timeout",
    "session-bloat", "upstream-failure", "traffic-surge", "memory-overcommit", "host-oom",
    "probe-created-sessions",
]
SITE = "from flask import Flask\napp = Flask(__name__)\n\n\n@app.get('/')\n" \
    "@app.get('/docs/<int:n>')\ndef page(n=0):\n    return 'page %d' % n\n"


def probe_without_sessions(lab):
    """A probe asks for the landing page of a site that keeps no sessions."""
    lab.clock.set("2025-03-18 00:00:00")
    lab.box("docs-web", "10.20.2.10")
    redis = Redis(lab, "10.20.2.10", ram=2048)
    redis.fill(((f"rendered:docs:{n}", "p" * 700) for n in range(2600)), ttl=86400)
    lab.write("/srv/app/docs.py", SITE)
    conf = "bind = '127.0.0.1:8000'\nworkers = 2\nmax_requests = 10000\n" \
        "max_requests_jitter = 1000\n"
    lab.write("/srv/app/gunicorn.conf.py", conf)
    gunicorn(lab, "docs:app")
    nginx = Nginx(lab, "127.0.0.1:8000", log_format='$remote_addr - - [$time_local] "$request" '
                  '$status $body_bytes_sent "$http_referer" "$http_user_agent" $request_time')
    wait_for(lambda: get("/")[0] == 200)
    random.seed(7)
    for tick in range(1300):
        get("/", "10.20.2.200", "Prometheus/2.45.0")
        if random.random() < 0.5:
            get(f"/docs/{random.randrange(60)}", f"198.51.100.{random.randrange(1, 200)}")
        lab.clock.step(15)
        if tick == 1000:
            lab.save("redis/1.txt", redis.info())
    redis.fill(((f"rendered:docs:{n}", "p" * 700) for n in range(2600)), ttl=86400)
    lab.save("redis/2.txt", redis.info())
    lab.save("redis/slowlog.txt", redis.cli("--no-raw", "SLOWLOG", "GET", "10"))
    lab.save("redis/keys.txt", redis.sample(count=25))
    nginx.keep("web/access.log.gz", None, "web/nginx.conf")
    lab.save("web/gunicorn.conf.py", conf)
    lab.keep("/var/log/gunicorn.log", "web/gunicorn.log")
    lab.save("prometheus.yml", """scrape_configs:
  - job_name: blackbox
    metrics_path: /probe
    scrape_interval: 15s
    params:
      module: [http_2xx]
    static_configs:
      - targets: ['www.example.com:80']
    relabel_configs:
      - source_labels: [__address__]
        target_label: __param_target
      - target_label: __address__
        replacement: 127.0.0.1:9115
""")
    lab.label(
        "A probe asks for / every 15 s; the site keeps no sessions, its Redis holds rendered pages",
        "real: nginx, gunicorn, redis 7.0, every request of five hours; simulated: the "
        "configuration of Prometheus; the clock was moved by 15 s after each probe",
        "healthy", never=[*WEB_CAUSES, *REDIS_CAUSES],
        status="healthy")


def deploy_blip(lab):
    """A deploy stops gunicorn for two seconds: some 502 within one minute, and no more."""
    lab.clock.set("2025-06-24 11:00:00")
    lab.box("forum-web")
    lab.write("/srv/app/forum.py", SITE)
    arguments = ["forum:app", "--bind", "127.0.0.1:8000", "--workers", "3", "--max-requests",
                 "4000", "--max-requests-jitter", "400", "--graceful-timeout", "5"]
    running = gunicorn(lab, *arguments)
    nginx = Nginx(lab, "127.0.0.1:8000", log_format=(
        '$remote_addr [$time_local] $request_method "$request_uri" $server_protocol status=$status '
        'bytes=$body_bytes_sent time=$request_time upstream=$upstream_status agent="'
        '$http_user_agent"'))
    wait_for(lambda: get("/")[0] == 200)
    random.seed(14)

    def minute(count=18):
        for _ in range(count):
            get(random.choice(["/", f"/docs/{random.randrange(40)}"]),
                f"203.0.113.{random.randrange(1, 250)}", BROWSER)
        lab.clock.step(59)

    for _ in range(55):
        minute()
    lab.stop(running)
    for _ in range(7):
        get("/", f"203.0.113.{random.randrange(1, 250)}")
        time.sleep(0.2)
    gunicorn(lab, *arguments)
    wait_for(lambda: get("/")[0] == 200)
    for _ in range(50):
        minute()
    nginx.keep("access.log.gz")
    lab.keep("/var/log/gunicorn.log", "gunicorn.log")
    lab.save("gunicorn.cmdline.txt", "gunicorn " + " ".join(arguments) + "\n")
    lab.label(
        "A deploy restarts gunicorn: a few 502 within two seconds, in two hours of traffic",
        "real: nginx with a log_format of its own, gunicorn stopped and started, every request; "
        "the clock was moved by a minute between bursts",
        "healthy", never=WEB_CAUSES, status="healthy")


WARM = """import os
from flask import Flask

app = Flask(__name__)
# Rendered maps are kept, 120 of them and no more.
KEPT = {}


@app.get("/")
@app.get("/map/<int:n>")
def map(n=0):
    n %= 120
    if n not in KEPT:
        KEPT[n] = os.urandom(1024) * 400
    return "%d" % len(KEPT)
"""


def warm_up(lab):
    """Workers fill a bounded cache and then stay as they are, though nothing recycles them."""
    lab.clock.set("2025-10-20 06:00:00")
    lab.box("maps-web")
    lab.write("/srv/app/maps.py", WARM)
    conf = "import multiprocessing\n\nbind = \"127.0.0.1:8000\"\nworkers = 3\n" \
        "# Workers live on: the cache would be cold after each restart.\nmax_requests = 0\n"
    lab.write("/srv/app/gunicorn.conf.py", conf)
    gunicorn(lab, "maps:app")
    nginx = Nginx(lab, "127.0.0.1:8000")
    wait_for(lambda: get("/")[0] == 200)
    random.seed(15)
    rows = []
    for _ in range(44):
        for _ in range(100):
            get(f"/map/{random.randrange(120)}", f"198.51.100.{random.randrange(1, 250)}")
        out = shell("ps", "-eo", "pid,ppid,rss,args", "--sort", "pid").decode().splitlines()
        kept = [row for row in out if "gunicorn maps" in row]
        rows.append(lab.clock.text("%a %b %e %H:%M:%S UTC %Y") + "\n" + out[0] + "\n"
                    + "\n".join(kept) + "\n")
        lab.clock.step(600)
    lab.save("ps-rss.txt", "".join(rows))
    lab.save("gunicorn.conf.py", conf)
    lab.keep("/var/log/gunicorn.log", "gunicorn.log")
    nginx.keep("access.log.gz", None, None)
    lab.save("free.txt", """\
               total        used        free      shared  buff/cache   available
Mem:            3915         812        1944           2        1158        2860
Swap:              0           0           0
""")
    lab.label(
        "Workers without max_requests grow for two hours and then hold their size",
        "real: gunicorn and its workers' memory, nginx; simulated: free; the clock was moved by "
        "ten minutes between samples",
        "healthy", never=WEB_CAUSES, status="healthy")


LEAKY = """import os
from flask import Flask

app = Flask(__name__)
KEPT = []


@app.get("/")
@app.get("/lesson/<int:n>")
def lesson(n=0):
    KEPT.append(os.urandom(1024) * 150)
    return "%d" % len(KEPT)
"""


def recycled(lab):
    """Workers grow until max_requests ends them, by a configuration that nobody handed over."""
    lab.clock.set("2026-02-02 06:00:00")
    lab.box("lessons-web")
    lab.write("/srv/app/lessons.py", LEAKY)
    lab.write("/srv/app/gunicorn.conf.py",
              "bind = '127.0.0.1:8000'\nworkers = 3\nmax_requests = 300\n"
              "max_requests_jitter = 60\n")
    gunicorn(lab, "lessons:app")
    nginx = Nginx(lab, "127.0.0.1:8000")
    wait_for(lambda: get("/")[0] == 200)
    random.seed(21)
    rows = []
    for _ in range(60):
        for _ in range(90):
            get(f"/lesson/{random.randrange(400)}", f"198.51.100.{random.randrange(1, 250)}")
        out = shell("ps", "-eo", "pid,ppid,rss,args", "--sort", "pid").decode().splitlines()
        kept = [row for row in out if "gunicorn lessons" in row]
        rows.append(lab.clock.text("%a %b %e %H:%M:%S UTC %Y") + "\n" + out[0] + "\n"
                    + "\n".join(kept) + "\n")
        lab.clock.step(600)
    lab.save("ps-rss.txt", "".join(rows).replace(f"{BIN}/", "/srv/venv/bin/"))
    lab.keep("/var/log/gunicorn.log", "gunicorn.log")
    nginx.keep("access.log.gz", None, None)
    lab.save("free.txt", """\
               total        used        free      shared  buff/cache   available
Mem:            3915         843        1913           2        1158        2829
Swap:              0           0           0
""")
    lab.label(
        "Workers grow and are recycled by max_requests; gunicorn.conf.py was not handed over",
        "real: gunicorn, its log and its workers' memory, nginx; simulated: free; the clock was "
        "moved by ten minutes between samples",
        "healthy", never=WEB_CAUSES, status="healthy")


INCIDENTS = {
    "healthy-recycled-unsaid": recycled,
    "healthy-probe-no-sessions": probe_without_sessions,
    "healthy-deploy-blip": deploy_blip,
    "healthy-warm-up": warm_up,
}
