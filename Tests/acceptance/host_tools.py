"""What the tools of a host print, as they run on this one, is read, with each of their clocks."""
import os
import socket
import subprocess

import support


def printed(command, **environment):
    done = subprocess.run(command, shell=True, capture_output=True, text=True, timeout=60,
                          env={**os.environ, "LC_ALL": "C", **environment})
    assert done.returncode == 0, f"{command}: {done.stderr}"
    return done.stdout


class Sysstat(support.TestCase):
    def read(self, name, text):
        (self.folder / name).write_text(text)
        answer = support.run("facts", "--format", "json", "--tz", "+00:00", self.folder / name)
        self.assertEqual(answer.code, 0, answer)
        listing = answer.json()
        account = listing["inputs"][0]
        self.assertEqual((account["kind"], account["status"], account["warnings"]),
                         ("sysstat", "read", []), name)
        facts = {fact["fact"]: fact["value"] for fact in listing["facts"]}
        self.assertEqual(facts["host.cpus"], os.cpu_count(), name)
        return facts

    def test_each_tool_is_read(self):
        self.folder = self.scratch()
        data = self.folder / "sa"
        printed(f"/usr/lib/sysstat/sadc -S XALL 1 6 {data}")
        for clock in ({}, {"S_TIME_FORMAT": "ISO"}):
            # A date such as 11/12/26 has two meanings; only the other form has one.
            if not clock and int(printed("date +%d")) <= 12:
                continue
            facts = self.read("sar.txt", printed(f"TZ=UTC sar -A -f {data}", **clock))
            for fact in ("iowait_for", "steal_peak", "memory_low_for", "swapping_share",
                         "disk_waits_share"):
                self.assertIn("host.sysstat." + fact, facts)
            self.assertLess(facts["host.sysstat.available_lowest_share"], 1)
            facts = self.read("iostat.txt", printed("iostat -xt 1 6", **clock))
            self.assertIn("host.sysstat.disk_queue_peak", facts)
            self.assertIn("host.sysstat.iowait_for", facts)
        self.read("mpstat.txt", printed("mpstat -P ALL 1 2", S_TIME_FORMAT="ISO"))

    def test_the_box_itself_is_seen_as_the_tools_see_it(self):
        """/proc/diskstats, read live, against what iostat says of the time since the boot."""
        def disks(report):
            table = report.split("\nDevice")[1].split("\n\n")[0]
            rows = [line.split() for line in table.split("\n")]
            head = ["Device", *rows[0]]
            return {row[0]: (float(row[head.index("r/s")]), float(row[head.index("w/s")]))
                    for row in rows[1:] if row}

        place = self.scratch() / "bundle"
        support.run("collect", "-o", place)
        theirs = {name: rates for name, rates in disks(printed("iostat -xd")).items() if any(rates)}
        if not theirs:
            self.skipTest("this machine shows no disks")
        ours = disks((place / "host/iostat.txt").read_text())
        for name, rates in theirs.items():
            for mine, their in zip(ours[name], rates):
                self.assertAlmostEqual(mine, their, delta=1 + 0.05 * their, msg=name)
        # A partition is no disk of its own.
        self.assertLessEqual(set(ours), set(disks(printed("iostat -xd"))))

    def test_file_systems_are_seen_as_df_sees_them(self):
        def read(path):
            listing = support.run("facts", "--format", "json", path).json()
            return {(fact["fact"], fact["part"]): fact["value"] for fact in listing["facts"]
                    if fact["fact"].endswith("_share")}

        place = self.scratch()
        support.run("collect", "-o", place / "bundle")
        (place / "df.txt").write_text(printed("df -PT; df -iPT"))
        ours, theirs = read(place / "bundle/host/df.txt"), read(place / "df.txt")
        self.assertTrue(any(fact == "host.disk.inodes_used_share" for fact, _ in ours))
        for key, share in ours.items():
            # What else runs writes files meanwhile.
            self.assertAlmostEqual(share, theirs[key], delta=0.02, msg=key)

    def test_what_is_not_read_is_named(self):
        folder = self.scratch()
        for name, command, says in (
                ("iostat.txt", "iostat -x", "since the boot"),
                ("pidstat.txt", "pidstat 1 1", "sar -A"),
                ("sar.json", "iostat -xt -o JSON 1 2", "sar -A")):
            (folder / name).write_text(printed(command, S_TIME_FORMAT="ISO"))
            listing = support.run("facts", "--format", "json", folder).json()
            account = next(i for i in listing["inputs"] if i["path"].endswith(name))
            said = " ".join(warning["message"] for warning in account["warnings"])
            self.assertIn(says, said, name)


class Network(support.TestCase):
    """A socket that nobody accepts from, as each tool of this machine shows it."""

    CAPTURES = {
        "proc.txt": "date -u; cat /proc/net/netstat /proc/net/snmp",
        "netstat.txt": "date -u; netstat -s", "nstat.txt": "date -u; nstat -az",
        "ss.txt": "date -u; ss -lnt; ss -lnx",
    }

    def setUp(self):
        self.folder = self.scratch()
        self.sockets = []
        self.addCleanup(lambda: [each.close() for each in self.sockets])

    def capture(self):
        for name, command in self.CAPTURES.items():
            with open(self.folder / name, "a", encoding="utf-8") as file:
                file.write(printed(command))

    def listen(self, family, address, backlog):
        server = socket.socket(family)
        self.sockets.append(server)
        server.bind(address)
        server.listen(backlog)
        return server.getsockname()

    def connect(self, family, address, count):
        for _ in range(count):
            client = socket.socket(family)
            self.sockets.append(client)
            client.setblocking(False)
            try:
                client.connect(address)
            except BlockingIOError:
                pass

    def facts(self, name):
        answer = support.run("facts", "--format", "json", self.folder / name)
        self.assertEqual(answer.code, 0, answer)
        listing = answer.json()
        account = listing["inputs"][0]
        self.assertEqual((account["kind"], account["status"], account["warnings"]),
                         ("network-counters", "read", []), name)
        found = {}
        for fact in listing["facts"]:
            found.setdefault(fact["fact"], []).append(fact["value"])
        return found

    def test_a_queue_that_overflows(self):
        address = self.listen(socket.AF_INET, ("127.0.0.1", 0), 3)
        path = str(self.folder / "app.sock")
        self.listen(socket.AF_UNIX, path, 2)
        self.capture()
        self.connect(socket.AF_INET, address, 30)
        self.connect(socket.AF_UNIX, path, 6)
        # The kernel tries again after a second.
        printed("sleep 2.5")
        self.capture()
        for name in ("proc.txt", "netstat.txt", "nstat.txt"):
            counts = self.facts(name)["host.network.listen_overflows"]
            self.assertGreaterEqual(max(counts) - min(counts), 20, name)
            self.assertTrue(self.facts(name)["host.network.segments_sent"], name)
        queues = self.facts("ss.txt")
        self.assertGreaterEqual(max(queues["host.network.full_listeners"]), 1)
        # One more than may wait is let in.
        self.assertIn(4, queues["host.network.listen_queue"])
        self.assertIn(3, queues["host.network.listen_backlog"])
        report = support.run("diagnose", self.folder / "nstat.txt").text
        self.assertIn("INCONCLUSIVE: Connections are dropped", report)

    def test_sockets_are_counted_as_by_ss(self):
        """Connections that this side closed wait for a minute: five more than before."""
        with socket.create_server(("127.0.0.1", 0)) as server:
            for _ in range(5):
                client = socket.create_connection(server.getsockname())
                other, _ = server.accept()
                client.close()
                other.close()
        (self.folder / "kernel.txt").write_text(
            printed("cat /proc/net/sockstat; sysctl net.ipv4.ip_local_port_range"))
        (self.folder / "ss.txt").write_text(printed("ss -s"))
        kernel, ss = self.facts("kernel.txt"), self.facts("ss.txt")
        for fact in ("host.network.tcp_time_wait", "host.network.tcp_in_use"):
            # Other tests connect meanwhile.
            self.assertAlmostEqual(kernel[fact][0], ss[fact][0], delta=60, msg=fact)
        self.assertGreaterEqual(kernel["host.network.tcp_time_wait"][0], 5)
        first, last = printed("cat /proc/sys/net/ipv4/ip_local_port_range").split()
        ports = kernel["host.network.local_ports"]
        self.assertEqual(ports, [int(last) - int(first) + 1])

    def test_live(self):
        """The same counters, read from /proc by the program itself."""
        place = self.folder / "bundle"
        support.run("collect", "-o", place)
        theirs = int(printed("nstat -az TcpOutSegs | awk '/OutSegs/ { print $2 }'"))
        self.folder = place / "host"
        ours = self.facts("network.txt")["host.network.segments_sent"]
        self.assertLessEqual(max(ours), theirs)
        self.assertGreater(max(ours), 0.9 * theirs - 1000)
        self.assertIn("host.network.tcp_time_wait", self.facts("network.txt"))
