"""What exporters of Prometheus show of a real Redis and of this host, against what these say."""
import os
import shutil
import subprocess
import time
import urllib.request

import support
from live_redis import Server, encoded, free_port


class Exporters(support.TestCase):
    def scrape(self, program, *options):
        """The answer of an exporter that listens on a free port."""
        path = shutil.which(program)
        self.assertTrue(path, f"no {program}: scripts/setup test installs it")
        address = f"127.0.0.1:{free_port()}"
        process = subprocess.Popen(
            [path, *(option.replace("ADDRESS", address) for option in options)],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        until = time.monotonic() + 20
        while True:
            try:
                with urllib.request.urlopen(f"http://{address}/metrics", timeout=10) as answer:
                    return answer.read().decode()
            except OSError:
                if time.monotonic() > until:
                    raise
                time.sleep(0.1)

    def facts(self, name, text):
        path = self.scratch() / name
        path.write_text(text)
        answer = support.run("facts", "--format", "json", path)
        self.assertEqual(answer.code, 0, answer)
        listing = answer.json()
        account = listing["inputs"][0]
        self.assertEqual((account["status"], account["warnings"]), ("read", []), name)
        facts = {(fact["fact"], fact.get("part")): fact["value"] for fact in listing["facts"]}
        return account["kind"], facts

    def redis_metrics(self, port):
        return self.scrape("prometheus-redis-exporter", "-web.listen-address=ADDRESS",
                           f"-redis.addr=redis://127.0.0.1:{port}")

    def test_redis_is_seen_as_info_tells(self):
        server = Server(self, "--maxmemory", "64mb", "--maxclients", "500")
        server.fill(
            encoded("SET", f"session:{number}", "x" * 50, *(("EX", 86400) if number % 2 else ()))
            for number in range(300))
        server.ask("KEYS", "*")
        server.wait_until_ttl_is_known()
        metrics = self.redis_metrics(server.port)
        info = server.ask("INFO", "ALL")
        kind, theirs = self.facts("metrics.txt", metrics)
        self.assertEqual(kind, "prometheus-metrics")
        _, ours = self.facts("info.txt", info)
        self.assertGreater(len(theirs), 60)
        self.assertEqual(theirs["redis.keyspace.keys", "db0"], 300)
        self.assertEqual(theirs["redis.keyspace.expires", "db0"], 150)
        self.assertEqual(theirs["redis.memory.maxmemory", None], 64 << 20)
        self.assertEqual(theirs["redis.commandstats.calls", "keys"], 1)
        # Every one that it shows is one of INFO, and what does not change meanwhile is the same.
        moving = {"redis.keyspace.avg_ttl", "redis.server.uptime_in_seconds"}
        for key, value in theirs.items():
            name = key[0]
            if name in ("redis.slowlog.length", "redis.exporter.up"):
                continue
            self.assertIn(key, ours)
            if name in moving or name.startswith(("redis.stats.total_", "redis.memory.mem_frag")):
                continue
            if isinstance(value, str):
                self.assertEqual(value, ours[key], key)
            elif name.startswith("redis.memory.") and name != "redis.memory.maxmemory":
                # Each client that is there at the moment has buffers of some kilobytes.
                room = max(0.5 * max(value, ours[key]), 128 << 10)
                self.assertLess(abs(value - ours[key]), room, key)
            elif not name.startswith(("redis.commandstats.", "redis.clients.")):
                self.assertAlmostEqual(value, ours[key], delta=1e-3 * abs(value) + 1e-9, msg=key)

    def test_a_redis_that_is_down(self):
        metrics = self.redis_metrics(free_port())
        path = self.scratch() / "metrics.txt"
        path.write_text(metrics)
        # Why, not every version of the exporter tells.
        answer = support.run("facts", path)
        self.assertIn(b"the exporter did not reach Redis", answer.out, answer)
        diagnosis = support.run("diagnose", path)
        self.assertIn(b"its exporter does not reach Redis", b" ".join(diagnosis.out.split()))
        self.assertEqual(diagnosis.code, 3, diagnosis)

    def test_this_host_is_seen_as_proc_tells(self):
        _, facts = self.facts("node.txt", self.scrape(
            "prometheus-node-exporter", "--web.listen-address=ADDRESS"))
        meminfo = {}
        with open("/proc/meminfo", encoding="ascii") as lines:
            for line in lines:
                name, value = line.split(":")
                meminfo[name] = int(value.split()[0]) * 1024
        self.assertEqual(facts["host.memory.MemTotal", None], meminfo["MemTotal"])
        self.assertEqual(facts["host.memory.SwapTotal", None], meminfo["SwapTotal"])
        self.assertEqual(facts["host.cpus", None], os.cpu_count())
        with open("/proc/uptime", encoding="ascii") as text:
            uptime = float(text.read().split()[0])
        self.assertAlmostEqual(facts["host.uptime", None], uptime, delta=30)
        self.assertIn(("host.load1", None), facts)
