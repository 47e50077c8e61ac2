"""What is secret reaches no output; what is redacted is diagnosed alike."""
import concurrent.futures
import json
import os
import pathlib
import re
import shutil
import tempfile

from support import CASES, INCIDENTS, LABELS, TestCase, run

KEY = "MIIEpAIBAAKCAQEA7bq0Xv3Qm5K1dGzP9cT2wL8sYhRfUeJ4nBoV6iXaMk0tZpQy"
# Every secret is called S3cr3t and a number, so that one search finds them all.
FILES = {
    "redis.conf": """port 6379
requirepass S3cr3t01aa
masterauth "S3cr3t02aa"
masteruser S3cr3t03aa
user alice on >S3cr3t04aa ~* +@all
maxmemory 100mb
maxmemory-policy noeviction
""",
    "config-get.txt": """requirepass
S3cr3t05aa
maxmemory
104857600
masterauth
S3cr3t06aa
maxmemory-policy
noeviction
""",
    "slowlog.txt": """ 1) 1) (integer) 14
    2) (integer) 1709604420
    3) (integer) 900000
    4) 1) "AUTH"
       2) "S3cr3t07aa"
    5) "10.0.3.9:58217"
    6) ""
 2) 1) (integer) 13
    2) (integer) 1709604410
    3) (integer) 950000
    4) 1) "DEL"
       2) "sess:S3cr3t08aaaaaaaaaaaaaaaaaa"
    5) "10.0.3.9:58217"
    6) ""
 3) 1) (integer) 12
    2) (integer) 1709604400
    3) (integer) 800000
    4) 1) "CONFIG"
       2) "SET"
       3) "requirepass"
       4) "S3cr3t09aa"
    5) "10.0.3.9:58217"
    6) ""
""",
    "settings.py": """import os
SECRET_KEY = "S3cr3t10aa"
SESSION_ENGINE = "django.contrib.sessions.backends.cache"
os.environ["DJANGO_SECRET_KEY"] = "S3cr3t11aa"
CACHES = {"default": {"BACKEND": "django_redis.cache.RedisCache",
    "LOCATION": "redis://app:S3cr3t12aa@10.0.3.7:6379/0",
    "OPTIONS": {"PASSWORD": "S3cr3t13aa"}}}
""",
    "app.service": """[Service]
User=www-data
Environment=DJANGO_SECRET_KEY=S3cr3t14aa AWS_SESSION_TOKEN=S3cr3t15aa
ExecStart=/usr/bin/gunicorn --workers 9 --env API_KEY=S3cr3t16aa app:app
""",
    "app.log": """\
2024-03-05 02:07:00,123 ERROR redis.exceptions.ConnectionError: Error 111 connecting to \
redis://:S3cr3t17aa@10.0.3.7:6379. Connection refused.
2024-03-05 02:07:01,123 ERROR redis.exceptions.TimeoutError: Timeout reading from socket \
Authorization: Bearer S3cr3t18aa
2024-03-05 02:07:02,123 ERROR redis.exceptions.TimeoutError: Timeout reading from socket \
for s3cr3t19aa.S3cr3t@shop.example Cookie: sessionid=S3cr3t20aa; x=y
2024-03-05 02:07:03,123 ERROR redis.exceptions.TimeoutError: Timeout with S3cr3t10aa
""",
    "redis.log": """1:M 05 Mar 2024 02:07:00.000 * Ready to accept connections
1:M 05 Mar 2024 02:07:01.000 # Can't save in background: fork: Cannot allocate memory
1:M 05 Mar 2024 02:07:02.000 # Possible AUTH "S3cr3t21aa" refused
""",
    "access.log": "".join(
        f'10.0.0.{n} - - [05/Mar/2024:02:{n:02}:00 +0000] "GET /reset/{n % 3}?token=S3cr3t22aa'
        f'&next=S3cr3t23aa HTTP/1.1" 502 0 "https://shop.example/?code=S3cr3t24aa" "x"\n'
        for n in range(30)),
    "gunicorn.conf.py": 'raw_env = ["SLACK_TOKEN=S3cr3t25aa"]\nworkers = 9\n',
    "keys.txt": "".join(
        f"spring:session:sessions:expires:fcbfa988-f7b1-40d2-a318-bb33280{n:05} ttl=2147483{n}\n"
        for n in range(10, 40)),
    "key.pem": f"-----BEGIN RSA PRIVATE KEY-----\n{KEY}\n-----END RSA PRIVATE KEY-----\n",
    "env.yaml": "env:\n  - name: DB_PASSWORD\n    value: S3cr3t26aa\n",
    "password=S3cr3t27aa.log": "1:M 05 Mar 2024 02:07:00.000 * Ready to accept connections\n",
    "creds.txt": "aws AKIAIOSFODNN7EXAMPLE wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY\n",
}
SECRET = re.compile(r"[sS]3cr3t|fcbfa988|7EXAMPLE|EXAMPLEKEY|" + KEY)


def signature(answer):
    """What was found, whatever it is called."""
    def kind(item):
        return item["subject"].split()[0]
    return {
        "verdict": answer["verdict"]["status"],
        "accused": sorted(
            (c["id"], c["role"], kind(c), c["probability"]) for c in answer["causes"]),
        "first": [c["id"] for c in answer["causes"][:1]],
        "suspects": sorted((c["id"], kind(c), c["probability"]) for c in answer["suspects"]),
        "ruled out": sorted((c["id"], kind(c), c["probability"]) for c in answer["ruled_out"]),
        "plan": [(s["cause"], s["phase"]) for s in answer["plan"]],
    }


def compare(job):
    """What differs when a folder is redacted first."""
    folder, mode = job
    scratch = pathlib.Path(tempfile.mkdtemp(prefix="triage-redact-"))
    try:
        evidence = scratch / "evidence"
        shutil.copytree(folder, evidence, ignore=shutil.ignore_patterns(*LABELS))
        made = run("redact", evidence, "-o", scratch / "copy", "--redact", mode, timeout=600)
        if made.code not in (0, 3):
            return f"{folder.name} ({mode}): {made}"
        before = run("diagnose", evidence, "--format", "json")
        after = run("diagnose", scratch / "copy", "--format", "json")
        if before.code != after.code:
            return f"{folder.name} ({mode}): exit {before.code} became {after.code}"
        a, b = signature(before.json()), signature(after.json())
        wrong = [f"{key}: {a[key]} became {b[key]}" for key in a if a[key] != b[key]]
        left = addresses(evidence) & addresses(scratch / "copy") if mode == "all" else set()
        # One that stands for another is no leak; most of them would be.
        if len(left) > max(1, len(addresses(evidence)) // 4):
            wrong.append(f"addresses stay: {sorted(left)[:5]}")
        return f"{folder.name} ({mode}): " + "; ".join(wrong)[:600] if wrong else None
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def addresses(folder):
    found = set()
    for path in folder.rglob("*"):
        if path.is_file() and path.suffix != ".gz":
            text = path.read_bytes().decode(errors="replace")
            found |= set(re.findall(r"(?<![\d.])10\.\d+\.\d+\.\d+(?![\d.])", text))
    return found


class Redaction(TestCase):
    def evidence(self):
        folder = self.scratch() / "evidence"
        folder.mkdir()
        for name, text in FILES.items():
            (folder / name).write_text(text)
        return folder

    def test_no_secret_reaches_any_output(self):
        folder = self.evidence()
        runs = [
            (command, "--format", form, "--redact", mode)
            for command, forms in (
                ("diagnose", ("text", "json", "markdown", "html")), ("facts", ("text", "json")),
                ("lint", ("text", "json")))
            for form in forms for mode in ("secrets", "all")]
        runs.append(("explain", "session-bloat"))
        for command, *options in runs:
            with self.subTest(f"{command} {' '.join(options)}"):
                paths = [options.pop(0), folder] if command == "explain" else [folder]
                answer = run(command, *paths, *options)
                self.assertIn(answer.code, (0, 1, 2, 3), str(answer))
                self.assertEqual(SECRET.findall(answer.text + answer.err), [])

    def test_no_secret_is_left_in_a_copy(self):
        folder = self.evidence()
        for mode in ("secrets", "all"):
            with self.subTest(mode):
                out = self.scratch() / "out"
                answer = run("redact", folder, "-o", out, "--redact", mode)
                self.assertEqual(answer.code, 0, str(answer))
                self.assertEqual(len(os.listdir(out)), len(FILES))
                for path in out.iterdir():
                    text = path.name + path.read_text()
                    self.assertEqual(SECRET.findall(text), [], path.name)
                    source = folder / path.name
                    if source.exists():
                        self.assertEqual(
                            len(text.splitlines()), len(source.read_text().splitlines()))

    def test_none_shows_everything(self):
        answer = run("facts", self.evidence(), "--format", "json", "--redact", "none")
        self.assertIn("S3cr3t", answer.text)

    def test_redacted_evidence_is_diagnosed_alike(self):
        folders = [p.parent for root in (CASES, INCIDENTS) for p in root.glob("*/case.json")]
        only = os.environ.get("TRIAGE_ONLY", "").split()
        jobs = [(f, mode) for f in sorted(folders) for mode in ("secrets", "all")
                if not only or f.name in only]
        with concurrent.futures.ThreadPoolExecutor(max_workers=os.cpu_count() or 2) as pool:
            wrong = [line for line in pool.map(compare, jobs) if line]
        self.assertEqual(wrong, [], "\n".join(wrong))

    def test_pseudonyms_are_those_of_the_key(self):
        folder = self.copy_case("big-keys")
        keys = [self.scratch() / name for name in ("a", "b")]
        for key in keys:
            key.write_text(f"the key called {key.name}, long enough")
        texts = [
            run("diagnose", folder, "--redact", "all", *option, "--format", "json").text
            for option in ((), (), ("--redact-key", keys[0]), ("--redact-key", keys[1]))]
        self.assertEqual(texts[0], texts[1])
        self.assertEqual(len(set(texts)), 3)
        plain = run("diagnose", folder, "--format", "json").text
        for address in set(re.findall(r"\b10\.\d+\.\d+\.\d+\b", plain)):
            self.assertNotIn(f" {address}:", texts[2])
        keys[0].write_text("short")
        done = run("diagnose", folder, "--redact", "all", "--redact-key", keys[0])
        self.expect_one_line(done, "--redact-key", "at least 16")

    def test_it_writes_over_nothing(self):
        folder = self.evidence()
        out = self.scratch()
        (out / "mine").write_text("keep")
        self.expect_one_line(run("redact", folder, "-o", out), "not empty")
        self.assertEqual(os.listdir(out), ["mine"])
        self.expect_one_line(run("redact", folder, "-o", out / "mine"), "exists")
        link = self.scratch() / "link"
        link.symlink_to(self.scratch() / "nowhere")
        self.assertEqual(run("redact", folder, "-o", link).code, 2)
        self.assertEqual(run("redact", folder, "-o", "").code, 2)
        self.assertEqual(run("redact", "-", "-o", out / "new").code, 2)

    def test_what_is_no_text_is_left_out(self):
        folder = self.evidence()
        (folder / "dump.rdb").write_bytes(b"REDIS0011" + bytes(range(256)))
        out = self.scratch() / "out"
        answer = run("redact", folder, "-o", out)
        self.assertEqual(answer.code, 0, str(answer))
        self.assertIn("left out", answer.err)
        self.assertFalse((out / "dump.rdb").exists())

    def test_the_schema_holds(self):
        answer = run("diagnose", self.evidence(), "--format", "json", "--redact", "all")
        self.assertEqual(json.loads(answer.out)["schema"], "triage/diagnosis/v1")
