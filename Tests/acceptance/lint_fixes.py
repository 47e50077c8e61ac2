"""triage lint --fix --unsafe-fixes: forms that people write, and what becomes of their lines."""
from support import TestCase, run

REDIS = "services:\n  cache:\n    image: redis:7\n"
QUIET = "    command: redis-server --maxmemory 1gb --maxmemory-policy allkeys-lru"
QUIET += " --latency-monitor-threshold 100\n"
WEB = "services:\n  web:\n    image: shop\n    restart: always\n    mem_limit: 2g\n    cpus: 2\n"
WEB += "    stop_grace_period: 40s\n"
DJANGO = 'INSTALLED_APPS = []\nCACHES = {\n  "default": {\n'
DJANGO += '    "BACKEND": "django_redis.cache.RedisCache",\n'
SPRING = "spring.session.store-type=redis\nspring.session.timeout=30m\n"
HCL = 'service {\n  check {\n    http = "https://10.0.3.9/health"\n  }\n  check {\n    http = '
KEEP = " --maxmemory-policy volatile-lru"
RECYCLED = "--max-requests 900 --max-requests-jitter 90"
POLICY = ["--maxmemory-policy", "volatile-lru"]
WATCH = ["--latency-monitor-threshold", "100"]


def items(*words, indent=6):
    return [f'{" " * indent}- "{word}"' for word in words]


# The file, its text, and the lines that go and come.
FORMS = [
    # ports of compose
    ("compose.yaml", REDIS + QUIET + "    ports: ['6379:6379', \"26379:26379\"]\n",
     ["    ports: ['6379:6379', \"26379:26379\"]"],
     ["    ports: ['127.0.0.1:6379:6379', \"127.0.0.1:26379:26379\"]"]),
    ("compose.yaml", REDIS + QUIET + "    ports:\n      - 6380:6379/tcp\n",
     ["      - 6380:6379/tcp"], ["      - 127.0.0.1:6380:6379/tcp"]),
    ("compose.yaml", REDIS + QUIET + "    ports:\n      - \"0.0.0.0:${P:-6379}:6379\"\n",
     ["      - \"0.0.0.0:${P:-6379}:6379\""], ["      - \"127.0.0.1:${P:-6379}:6379\""]),
    ("compose.yaml", REDIS + QUIET + "    ports:\n      - target: 6379\n        published: 6379\n",
     [], ["        host_ip: 127.0.0.1"]),
    # commands of containers
    ("compose.yaml", REDIS, [],
     ["    command:"] + items(*WATCH, "--maxmemory", "1gb", *POLICY)),
    ("compose.yaml", REDIS + QUIET.replace(" --latency-monitor-threshold 100", "")
     + "  queue:\n    image: redis:7\n    command: redis-server --maxmemory 2gb" + KEEP,
     [QUIET.replace(" --latency-monitor-threshold 100", "").rstrip(),
      "    command: redis-server --maxmemory 2gb" + KEEP],
     [QUIET.rstrip(),
      "    command: redis-server --maxmemory 2gb" + KEEP + " --latency-monitor-threshold 100"]),
    ("compose.yaml", REDIS + "    command:\n    - redis-server\n    - --maxmemory\n    - 0\n",
     ["    - 0"], ["    - 1gb"] + items(*WATCH, *POLICY, indent=4)),
    ("compose.yaml",
     REDIS + "    mem_limit: 300m\n    command: [redis-server, --loglevel, notice]\n",
     ["    command: [redis-server, --loglevel, notice]"],
     ["    command: [redis-server, --loglevel, notice, \"--latency-monitor-threshold\", \"100\","
      " \"--maxmemory\", \"200mb\", \"--maxmemory-policy\", \"volatile-lru\"]"]),
    ("pod.yaml", "apiVersion: v1\nkind: Pod\nmetadata: { name: a }\nspec:\n  containers:\n"
     "  - image: redis:7\n    name: a\n    resources: { limits: { memory: 300Mi } }\n"
     "  - image: other\n    name: b\n", [],
     ["    args:"] + items(*WATCH, "--maxmemory", "200mb", *POLICY)),
    # gunicorn
    ("compose.yaml", WEB + f"    command: gunicorn a:b --workers=24 -t 0 {RECYCLED}\n",
     [f"    command: gunicorn a:b --workers=24 -t 0 {RECYCLED}"],
     [f"    command: gunicorn a:b --workers=5 -t 30 {RECYCLED}"]),
    ("compose.yaml", WEB + f"    command: gunicorn a:b {RECYCLED}\n    environment:\n"
     "      WEB_CONCURRENCY: '24'\n",
     ["      WEB_CONCURRENCY: '24'"], ["      WEB_CONCURRENCY: '5'"]),
    ("gunicorn.conf.py", "workers = 8 * 3  # many\ntimeout = 0\nmax_requests = 0\n",
     ["workers = 8 * 3  # many", "timeout = 0", "max_requests = 0"],
     ["workers = 12  # many", "timeout = 30", "max_requests = 1000", "max_requests_jitter = 100"]),
    # Django and Spring
    ("settings.py", DJANGO + '    "OPTIONS": {"DB": 1},\n  }\n}\n',
     ['    "OPTIONS": {"DB": 1},'],
     ['    "OPTIONS": {"SOCKET_TIMEOUT": 2, "SOCKET_CONNECT_TIMEOUT": 2, "DB": 1},']),
    ("settings.py",
     DJANGO + '    "OPTIONS": {\n      "DB": 1,\n    },\n    "TIMEOUT": None\n  }\n}\n',
     ['    "TIMEOUT": None'],
     ['      "SOCKET_TIMEOUT": 2, "SOCKET_CONNECT_TIMEOUT": 2,', '    "TIMEOUT": 300']),
    ("settings.py", "SESSION_ENGINE = 'x'\nSESSION_COOKIE_AGE = (60 * 60 *\n  87600)\n", [], []),
    ("application.properties", SPRING + "spring.redis.host=r\n", [], ["spring.redis.timeout=2s"]),
    ("Config.kt", "@EnableRedisHttpSession(maxInactiveIntervalInSeconds = Integer.MAX_VALUE)\n",
     ["@EnableRedisHttpSession(maxInactiveIntervalInSeconds = Integer.MAX_VALUE)"],
     ["@EnableRedisHttpSession(maxInactiveIntervalInSeconds = 1800)"]),
    # What has no line below it, what the environment sets.
    ("application.yml", "spring:\n  data:\n    redis: {host: r, port: 6379}\n", [], []),
    ("application.yml", "spring:\n  data:\n    redis:\n      host: r\n", [],
     ["      timeout: 2s"]),
    ("gunicorn.conf.py", "import os\nworkers = int(os.environ.get('W', 24))\nmax_requests = 900\n"
     "max_requests_jitter = 90\n", [], []),
    # One that hides another.
    ("Config.java", "@EnableRedisHttpSession(maxInactiveIntervalInSeconds = -1)\n" * 2,
     ["@EnableRedisHttpSession(maxInactiveIntervalInSeconds = -1)"] * 2,
     ["@EnableRedisHttpSession(maxInactiveIntervalInSeconds = 1800)"] * 2),
    # checks
    ("shop.hcl", HCL + '"http://10.0.3.9"\n  }\n}\n',
     ['    http = "http://10.0.3.9"'], ['    http = "http://10.0.3.9/health"']),
]


class Forms(TestCase):
    def test_lines_that_go_and_come(self):
        for name, text, gone, new in FORMS:
            with self.subTest(file=name, text=text):
                folder = self.scratch()
                path = folder / name
                path.write_text(text)
                done = run("lint", ".", "--fix", "--unsafe-fixes", "--format", "json", cwd=folder)
                self.assertIn(done.code, (0, 1), str(done))
                before, after = text.splitlines(), path.read_text().splitlines()
                self.assertEqual([line for line in before if line not in after], gone)
                self.assertEqual([line for line in after if line not in before], new)
                if new:
                    answer = done.json()
                    left = [f["rule"] for f in answer["findings"] if "suggested_edits" in f]
                    self.assertEqual(left, [])
                    self.assertEqual([i["status"] for i in answer["inputs"]], ["read"])
                again = run("lint", ".", "--fix", "--unsafe-fixes", cwd=folder)
                self.assertEqual(again.err, "")
