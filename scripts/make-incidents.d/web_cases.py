"""Incidents of gunicorn and nginx."""
import os
import random
import threading
import time

from lab import Nginx, get, gunicorn, shell, wait_for

WEB = ["host-failure", "traffic-surge", "worker-memory-leak", "memory-overcommit", "session-bloat"]

REGEX = """import re
from flask import Flask, request

app = Flask(__name__)
MAIL = re.compile(r"^([a-zA-Z0-9]+[._-]?)+@example\\\\.com$")


@app.get("/")
def landing():
    return "welcome"


@app.get("/subscribe")
def subscribe():
    return "ok" if MAIL.match(request.args.get("mail", "")) else ("no such address", 422)
"""


def crowd(paths, clients, pause, count, timeout=20):
    """Requests one after the other from many clients, each in a thread of its own."""
    threads = []
    for number in range(count):
        path = paths[number % len(paths)]
        client = clients[number % len(clients)]
        thread = threading.Thread(target=get, args=(path, client), kwargs={"timeout": timeout})
        thread.start()
        threads.append(thread)
        time.sleep(pause)
    for thread in threads:
        thread.join()


def regex_blocks_threads(lab):
    """A pattern that backtracks without end holds the interpreter: the threads all stand still."""
    lab.clock.set("2025-03-27 12:31:00")
    lab.box("newsletter-1")
    lab.write("/srv/app/news.py", REGEX)
    run = "exec gunicorn news:app --worker-class gthread --threads 8 --workers 2 --timeout 5 " \
        "--bind 0.0.0.0:8000 --max-requests 2000 --max-requests-jitter 200\n"
    lab.save("start.sh", "#!/bin/sh\ncd /srv/app\n" + run)
    gunicorn(lab, *run.split()[2:])
    log_format = ('$time_iso8601|$remote_addr|$request_method|$request_uri|$status|'
                  '$body_bytes_sent|$request_time|$upstream_response_time|$http_user_agent')
    nginx = Nginx(lab, "127.0.0.1:8000", log_format=log_format, proxy="proxy_read_timeout 20s;")
    wait_for(lambda: get("/")[0] == 200)
    clients = [f"198.51.100.{n}" for n in range(1, 40)]
    for _ in range(20):
        crowd(["/", "/subscribe?mail=ann@example.com"], clients, 0.02, 12)
        lab.clock.step(58)
    evil = "/subscribe?mail=" + "a" * 44 + "!"
    for _ in range(5):
        blocked = [threading.Thread(target=get, args=(evil, "203.0.113.99")) for _ in range(2)]
        for thread in blocked:
            thread.start()
        crowd(["/"], clients, 0.4, 14)
        for thread in blocked:
            thread.join()
        lab.clock.step(49)
    time.sleep(1)
    lab.keep("/var/log/gunicorn.log", "gunicorn.log")
    nginx.keep()
    lab.save("news.py", REGEX)
    lab.label(
        "A regular expression that backtracks without end blocks gthread workers; gunicorn kills "
        "them after 5 s",
        "real: gunicorn with gthread, a pattern that holds the interpreter, nginx with a "
        "log_format of its own; the clock was moved by a minute between bursts",
        "worker-timeout", also_ok=["upstream-failure"],
        never=[*WEB, "worker-oversubscription", "host-oom"],
        must_cite=["WORKER TIMEOUT"], must_recommend=["timeout"])


def socket_missing(lab):
    """A wrong setting: gunicorn does not boot, so its unix socket is not there."""
    lab.clock.set("2025-05-14 17:58:00")
    lab.box("portal-2")
    os.makedirs("/run/portal", exist_ok=True)
    os.chmod("/run/portal", 0o777)
    app = "import os\n\nfrom flask import Flask\n\napp = Flask(__name__)\n" \
        "app.secret_key = os.environ[\"PORTAL_KEY\"]\n\n\n@app.get(\"/\")\ndef home():\n" \
        "    return \"portal\"\n"
    lab.write("/srv/app/portal.py", app)
    arguments = ["portal:app", "--bind", "unix:/run/portal/gunicorn.sock", "--workers", "2",
                 "--max-requests", "1000", "--umask", "0"]
    good = gunicorn(lab, *arguments, env={"PORTAL_KEY": "x"})
    log_format = ('[$time_local] $remote_addr "$request" $status $body_bytes_sent '
                  'rt=$request_time uct="$upstream_connect_time" urt="$upstream_response_time"')
    nginx = Nginx(lab, "unix:/run/portal/gunicorn.sock", log_format=log_format)
    wait_for(lambda: get("/")[0] == 200)
    clients = [f"192.0.2.{n}" for n in range(1, 60)]
    for _ in range(40):
        crowd(["/", "/?tab=2", "/?tab=3"], clients, 0.01, 20)
        lab.clock.step(59)
    lab.stop(good)
    for minute in range(14):
        if minute % 4 == 0:
            bad_boot(lab, arguments)
        crowd(["/", "/?tab=2", "/?tab=3"], clients, 0.01, 20)
        lab.clock.step(57)
    log = open("/var/log/gunicorn.log").read()
    lab.save("journal/portal.txt", systemd(log, "portal-2"))
    nginx.keep("nginx/access.log.gz", "nginx/error.log", "nginx/nginx.conf")
    lab.save("portal.service", """[Unit]
Description=Portal
After=network.target

[Service]
User=portal
WorkingDirectory=/srv/app
RuntimeDirectory=portal
ExecStart=/srv/venv/bin/gunicorn """ + " ".join(arguments) + """
Restart=on-failure
RestartSec=200

[Install]
WantedBy=multi-user.target
""")
    lab.label(
        "The portal's key is missing from its environment: gunicorn does not boot, nginx finds no "
        "socket",
        "real: gunicorn and nginx over a unix socket, both logs; the prefix of journald was put "
        "before each line of gunicorn, systemd's lines were written by hand; the clock was moved "
        "by a minute between bursts",
        "upstream-failure", never=[*WEB, "worker-timeout", "worker-oversubscription"],
        must_cite=["No such file|no socket|boot"], must_recommend=["gunicorn"])


def bad_boot(lab, arguments):
    process = gunicorn(lab, *arguments)
    process.wait(20)
    lab.running.remove(process)
    for leftover in ("/run/portal/gunicorn.sock",):
        if os.path.exists(leftover):
            os.unlink(leftover)


def systemd(log, host):
    """gunicorn's lines as journald keeps them, with systemd's own where the service ends."""
    lines = []
    stamp, pid = "May 14 17:58:00", "1"
    for line in log.splitlines():
        if line.startswith("[20"):
            day = time.strptime(line[1:20], "%Y-%m-%d %H:%M:%S")
            stamp = time.strftime("%b %d %H:%M:%S", day)
            pid = line.split("[", 2)[2].split("]")[0]
            if "Starting gunicorn" in line:
                lines.append(f"{stamp} {host} systemd[1]: Started portal.service - Portal.")
        lines.append(f"{stamp} {host} gunicorn[{pid}]: {line}")
        if "Reason: Worker failed to boot." in line:
            unit = "portal.service"
            lines.append(f"{stamp} {host} systemd[1]: {unit}: Main process exited, code=exited, "
                         "status=3/NOTIMPLEMENTED")
            lines.append(f"{stamp} {host} systemd[1]: {unit}: Failed with result 'exit-code'.")
    return "\n".join(lines) + "\n"


def scrapers(lab):
    """Hundreds of addresses with one user agent fetch the catalogue all at once."""
    lab.clock.set("2025-09-02 08:00:00")
    lab.box("catalogue-web")
    lab.write("/srv/app/cat.py", "from flask import Flask\nimport time\napp = Flask(__name__)\n\n"
              "@app.get('/')\n@app.get('/item/<int:n>')\n@app.get('/health')\n"
              "def item(n=0):\n    time.sleep(0.004)\n    return 'item %d' % n\n")
    gunicorn(lab, "cat:app", "--workers", "2", "--bind", "127.0.0.1:8000",
             "--max-requests", "100000")
    nginx = Nginx(
        lab, "127.0.0.1:8000", escape="escape=json", log_format=(
            '{"time":"$time_iso8601","client":"$remote_addr","method":"$request_method",'
            '"uri":"$request_uri","status":"$status","size":$body_bytes_sent,'
            '"duration":$request_time,"agent":"$http_user_agent"}'))
    wait_for(lambda: get("/")[0] == 200)
    random.seed(12)
    agents = [f"Mozilla/5.0 (X11; Linux x86_64; rv:{v}.0) Gecko/20100101 Firefox/{v}.0"
              for v in range(118, 130)]
    visitors = [f"198.51.100.{n}" for n in range(1, 250)]
    bots = [f"203.0.113.{n}" for n in range(1, 255)] + [f"192.0.2.{n}" for n in range(1, 255)]
    for minute in range(75):
        for _ in range(random.randrange(11, 16)):
            get(f"/item/{random.randrange(900)}", random.choice(visitors), random.choice(agents))
        get("/health", "10.20.2.5", "ELB-HealthChecker/2.0")
        if minute >= 50:
            for _ in range(170):
                get(f"/item/{random.randrange(9000)}", random.choice(bots),
                    "python-requests/2.31.0")
        lab.clock.step(59 if minute < 50 else 58)
    nginx.keep("access.json.gz", None)
    lab.save(
        "uptime.txt", " 09:14:58 up 61 days,  4:12,  1 user,  load average: 1.81, 1.44, 0.72\n")
    lab.label(
        "A scraper with one user agent on 500 addresses multiplies the requests by 14",
        "real: nginx and gunicorn, every request of the 75 minutes; simulated: uptime; the clock "
        "was moved by a minute between bursts, clients' addresses come from a header",
        "traffic-surge",
        never=["host-failure", "upstream-failure", "worker-memory-leak", "worker-timeout",
               "probe-created-sessions", "session-bloat"],
        must_cite=["python-requests/2.31.0"], must_recommend=["rate limit|limit_req"])


HEAVY = """import os, time
from flask import Flask

app = Flask(__name__)
# The price tables, in every worker.
TABLES = bytearray(os.urandom(1024)) * (86 * 1024)


@app.get("/")
def price():
    # While /run/thrash is there a page of the tables is on disk whenever it is wanted.
    end = time.monotonic() + (30 if os.path.exists("/run/thrash") else 0.02)
    while time.monotonic() < end:
        time.sleep(0.05)
    return "%d" % TABLES[4096]
"""


def oversubscribed(lab):
    """Fourteen workers of 110 MB in 1 GB: they swap, and then they time out."""
    lab.clock.set("2025-12-01 09:40:00")
    lab.box("prices-1")
    lab.write("/srv/app/prices.py", HEAVY)
    conf = "bind = \"127.0.0.1:8000\"\nworkers = 14\ntimeout = 6\nmax_requests = 20000\n" \
        "max_requests_jitter = 2000\n"
    lab.write("/srv/app/gunicorn.conf.py", conf)
    gunicorn(lab, "prices:app")
    nginx = Nginx(lab, "127.0.0.1:8000", proxy="proxy_read_timeout 10s;",
                  log_format='$remote_addr - - [$time_local] "$request" $status '
                  '$body_bytes_sent "$http_referer" "$http_user_agent" $request_time')
    wait_for(lambda: get("/")[0] == 200)
    time.sleep(3)
    rows = []

    def sample():
        out = shell("ps", "-eo", "pid,ppid,rss,args", "--sort", "pid").decode()
        kept = [row for row in out.splitlines() if "PID" in row or "gunicorn prices" in row]
        rows.append(f"--- {lab.clock.text()} UTC\n" + "\n".join(kept) + "\n")

    clients = [f"198.51.100.{n}" for n in range(1, 80)]
    for _ in range(15):
        crowd(["/"], clients, 0.02, 8)
        if len(rows) < 3:
            sample()
        lab.clock.step(59)
    lab.write("/run/thrash", "")
    for _ in range(4):
        crowd(["/"], clients, 0.25, 28)
        sample()
        lab.clock.step(45)
    lab.save("ps.txt", "".join(rows))
    lab.save("gunicorn.conf.py", conf)
    lab.keep("/var/log/gunicorn.log", "gunicorn.log")
    nginx.keep()
    lab.save("free.txt", """\
               total        used        free      shared  buff/cache   available
Mem:             964         889          31           1          43          17
Swap:           2047         731        1316
""")
    lab.save("nproc.txt", "1\n")
    head = ("procs -----------memory---------- ---swap-- -----io---- -system-- ------cpu-----\n"
            " r  b   swpd   free   buff  cache   si   so    bi    bo   in   cs us sy id wa st\n")
    random.seed(1)
    body = "".join(
        f"{random.randrange(1, 4):2d} {random.randrange(6, 14):2d} {748000 + 300 * n:6d}  "
        f"{random.randrange(29000, 33000)}    812  43{random.randrange(100, 999)} "
        f"{random.randrange(6100, 9800)} {random.randrange(4200, 8200)} "
        f"{random.randrange(7100, 11800)} {random.randrange(4300, 8300)} "
        f"{random.randrange(2100, 2900)} {random.randrange(3800, 5200)} "
        f"{random.randrange(4, 9):2d} {random.randrange(12, 22):2d}  0 "
        f"{random.randrange(68, 82):2d}  1\n" for n in range(20))
    lab.save("vmstat.txt", head + body)
    lab.label(
        "Fourteen workers of 110 MB on one core and 1 GB push each other into swap and time out",
        "real: gunicorn with 14 workers of that size, ps, the time-outs, nginx; simulated: free, "
        "vmstat and nproc of a machine of 1 GB, and the standstill itself (workers wait while a "
        "file is there); the clock was moved by a minute between bursts",
        "worker-oversubscription",
        also_ok=["swap-pressure", "worker-timeout", "host-oom", "upstream-failure"],
        never=["worker-memory-leak", "host-failure", "traffic-surge", "memory-overcommit",
               "cpu-credit-exhaustion", "session-bloat"],
        must_cite=["gunicorn.conf.py|ps.txt", "14"], must_recommend=["workers"])


INCIDENTS = {
    "regex-blocks-threads": regex_blocks_threads,
    "socket-missing": socket_missing,
    "scrapers-one-agent": scrapers,
    "oversubscribed-swap": oversubscribed,
}
