import Model
import Testing

@testable import Readers

@Suite struct GunicornLogTests {
  private func page(_ text: String, context: ReadingContext = ReadingContext()) -> Page {
    readPage(text, with: GunicornLogReader.self, context: context)
  }

  private func stamped(_ clock: String, _ pid: Int, _ text: String, level: String = "INFO")
    -> String
  {
    "[2024-05-01 \(clock) +0000] [\(pid)] [\(level)] \(text)\n"
  }

  @Test(arguments: [
    "[2024-11-26 13:03:04 +0000] [7] [CRITICAL] WORKER TIMEOUT (pid:61)",
    "[CRITICAL] WORKER TIMEOUT (pid:61)",
    "2010-07-28 23:01:19 [5869] [CRITICAL] WORKER TIMEOUT (pid:61)",
    "GUNICORN: [254] [CRITICAL] [2023-11-28 17:19:33 +0000] WORKER TIMEOUT (pid:61)",
    "2025-07-05T12:18:53.958748844Z [2025-07-05 12:18:53 +0000] [7] [CRITICAL] WORKER TIMEOUT (pid:61)",
    "flask_1    | [2020-09-10 05:37:48 +0000] [17] [CRITICAL] WORKER TIMEOUT (pid:61)",
    "Mar 12 09:42:00 host gunicorn[7]: [2024-03-12 09:42:00 +0000] [7] [CRITICAL] WORKER TIMEOUT (pid:61)",
    "Mar 12 09:42:00 host web[7]: [CRITICAL] WORKER TIMEOUT (pid:61)",
  ])
  func readsEveryForm(_ line: String) {
    let page = page("noise\n" + line + "\r\n")
    #expect(page.number("gunicorn.log.timeouts") == 1)
    #expect(page.line("gunicorn.log.timeouts") == 2)
    #expect(recognition(of: line, by: GunicornLogReader.self) >= .possible)
  }

  @Test func takesTheTimeOfTheLine() {
    let page = page("[2024-05-01 10:00:00 +0900] [7] [CRITICAL] WORKER TIMEOUT (pid:61)\n")
    #expect(page.events.first?.time.description == "2024-05-01T01:00:00Z")
    #expect(page.events.first?.isZoned == true)
    #expect(page.events.first?.isImpact == true)
  }

  @Test func recordsZeroTallies() {
    let page = page(
      stamped("10:00:00", 7, "Starting gunicorn 22.0.0")
        + stamped("11:00:00", 7, "Handling signal: hup"))
    for name in [
      "timeouts", "sigkills", "sigkills_unexplained", "autorestarts", "boot_failures",
      "port_in_use", "request_errors",
    ] {
      #expect(page.number("gunicorn.log." + name) == 0)
      #expect(page.line("gunicorn.log." + name) == 1)
    }
    let span = page.all("gunicorn.log.timeouts").first?.coverage
    #expect(span?.upperBound.description == "2024-05-01T11:00:00Z")
    #expect(page.text("gunicorn.log.version") == "22.0.0")
  }

  struct Kill: Sendable {
    let before: String
    let unexplained: Double
  }

  @Test(arguments: [
    Kill(
      before: "[2024-05-01 09:59:59 +0000] [7] [CRITICAL] WORKER TIMEOUT (pid:61)", unexplained: 0),
    Kill(
      before: "[2024-05-01 09:59:59 +0000] [7] [CRITICAL] WORKER TIMEOUT (pid:62)", unexplained: 1),
    Kill(before: "[2024-05-01 09:59:30 +0000] [7] [INFO] Handling signal: term", unexplained: 0),
    Kill(before: "[2024-05-01 09:59:30 +0000] [7] [INFO] Handling signal: hup", unexplained: 0),
    Kill(before: "[2024-05-01 08:00:00 +0000] [7] [INFO] Handling signal: hup", unexplained: 1),
    Kill(before: "[2024-05-01 09:59:30 +0000] [7] [INFO] nothing", unexplained: 1),
  ])
  func tellsItsOwnKillsFromOthers(_ kill: Kill) {
    for text in [
      "[ERROR] Worker (pid:61) was sent SIGKILL! Perhaps out of memory?",
      "[WARNING] Worker with pid 61 was terminated due to signal 9",
    ] {
      let page = page(kill.before + "\n[2024-05-01 10:00:00 +0000] [7] " + text + "\n")
      #expect(page.number("gunicorn.log.sigkills") == 1)
      #expect(page.number("gunicorn.log.sigkills_unexplained") == kill.unexplained)
      #expect(page.number("gunicorn.log.sigkills_after_timeout") == 1 - kill.unexplained)
      #expect(page.events.contains { $0.name == "worker-killed" } == (kill.unexplained == 1))
    }
  }

  @Test func aRestartIsAShortDowntime() {
    let page = page(
      stamped("10:00:00", 7, "Starting gunicorn 22.0.0")
        + stamped("10:00:01", 8, "Booting worker with pid: 8")
        + stamped("10:05:00", 7, "Handling signal: term")
        + stamped("10:05:01", 7, "Shutting down: Master")
        + stamped("10:05:04", 17, "Starting gunicorn 22.0.0")
        + stamped("10:05:05", 18, "Booting worker with pid: 18"))
    #expect(page.value("gunicorn.log.down") == .flag(false))
    #expect(page.number("gunicorn.log.longest_down") == 5)
    #expect(page.line("gunicorn.log.longest_down") == 3)
    let down = page.events.first { $0.name == "app-down" }
    #expect(down?.isImpact == false)
    #expect(down?.until?.description == "2024-05-01T10:05:05Z")
    #expect(page.number("gunicorn.log.starts") == 2)
    #expect(page.number("gunicorn.log.shutdowns") == 1)
  }

  @Test func anUpgradeIsNoDowntime() {
    let page = page(
      stamped("10:00:00", 7, "Starting gunicorn 22.0.0")
        + stamped("10:00:01", 8, "Booting worker with pid: 8")
        + stamped("10:05:00", 7, "Handling signal: usr2")
        + stamped("10:05:01", 17, "Starting gunicorn 22.0.0")
        + stamped("10:05:02", 18, "Booting worker with pid: 18")
        + stamped("10:06:00", 7, "Handling signal: quit")
        + stamped("10:06:00", 7, "Shutting down: Master"))
    #expect(page.value("gunicorn.log.down") == .flag(false))
    #expect(page.value("gunicorn.log.longest_down") == nil)
  }

  @Test func aFailedBootLeavesItDown() {
    let trace = """
      Traceback (most recent call last):
        File "/v/lib/python3.11/site-packages/gunicorn/arbiter.py", line 752, in spawn_worker
          worker.init_process()
      127.0.0.1 - - [01/May/2024:10:05:05 +0000] "GET / HTTP/1.1" 200 3
        File "/v/lib/python3.11/site-packages/gunicorn/workers/base.py", line 150, in load_wsgi
          self.wsgi = self.app.wsgi()
                      ^^^^^^^^^^^^^^^
        File "/srv/app/wsgi.py", line 1, in <module>
          import payments
      ModuleNotFoundError: No module named 'payments'

      """
    let page = page(
      stamped("10:00:00", 7, "Starting gunicorn 22.0.0")
        + stamped("10:00:01", 8, "Booting worker with pid: 8")
        + stamped("10:05:00", 7, "Handling signal: term")
        + stamped("10:05:04", 17, "Starting gunicorn 22.0.0")
        + stamped("10:05:05", 18, "Booting worker with pid: 18")
        + stamped("10:05:05", 18, "Exception in worker process", level: "ERROR") + trace
        + stamped("10:05:05", 18, "Worker exiting (pid: 18)")
        + stamped("10:05:06", 19, "Booting worker with pid: 19")
        + stamped("10:05:06", 17, "Worker (pid:18) exited with code 3", level: "ERROR")
        + stamped("10:05:06", 17, "Shutting down: Master", level: "ERROR")
        + stamped("10:05:06", 17, "Reason: Worker failed to boot.", level: "ERROR")
        + stamped("10:06:06", 17, "some later line"))
    #expect(page.number("gunicorn.log.boot_failures") == 1)
    #expect(page.line("gunicorn.log.boot_failures") == 6)
    #expect(
      page.text("gunicorn.log.boot_error") == "ModuleNotFoundError: No module named 'payments'")
    #expect(page.line("gunicorn.log.boot_error") == 16)
    #expect(page.value("gunicorn.log.down") == .flag(true))
    #expect(page.line("gunicorn.log.down") == 3)
    #expect(page.value("gunicorn.log.ends_in_failed_boot") == .flag(true))
    #expect(page.line("gunicorn.log.ends_in_failed_boot") == 21)
    #expect(page.number("gunicorn.log.longest_down") == 66)
    #expect(page.events.contains { $0.name == "app-down" && $0.isImpact })
  }

  private var halt: String {
    stamped("10:05:05", 17, "Starting gunicorn 22.0.0")
      + stamped("10:05:06", 18, "Booting worker with pid: 18")
      + stamped("10:05:07", 17, "Worker (pid:18) exited with code 3", level: "ERROR")
      + stamped("10:05:07", 17, "Shutting down: Master", level: "ERROR")
      + stamped("10:05:07", 17, "Reason: Worker failed to boot.", level: "ERROR")
  }

  @Test func aGoodStartMendsAFailedBoot() {
    let page = page(
      halt + stamped("10:05:30", 27, "Starting gunicorn 22.0.0")
        + stamped("10:05:31", 28, "Booting worker with pid: 28"))
    #expect(page.number("gunicorn.log.boot_failures") == 1)
    #expect(page.value("gunicorn.log.ends_in_failed_boot") == .flag(false))
  }

  /// A service that is taken away in order after the deploy that failed was mended.
  @Test func anOrderlyStopIsNoFailedBoot() {
    let page = page(
      halt + stamped("10:05:30", 27, "Starting gunicorn 22.0.0")
        + stamped("10:05:31", 28, "Booting worker with pid: 28")
        + stamped("11:00:00", 27, "Handling signal: term")
        + stamped("11:00:01", 27, "Shutting down: Master"))
    #expect(page.value("gunicorn.log.down") == .flag(true))
    #expect(page.value("gunicorn.log.ends_in_failed_boot") == .flag(false))
  }

  private var addressTaken: String {
    stamped("10:06:00", 37, "Starting gunicorn 22.0.0")
      + stamped("10:06:00", 37, "Connection in use: ('0.0.0.0', 8000)", level: "ERROR")
      + stamped("10:06:05", 37, "Can't connect to ('0.0.0.0', 8000)", level: "ERROR")
  }

  @Test func anAddressThatIsTakenKeepsItDown() {
    let page = page(
      stamped("10:05:00", 7, "Handling signal: term")
        + stamped("10:05:01", 7, "Shutting down: Master") + addressTaken)
    #expect(page.number("gunicorn.log.boot_failures") == 1)
    #expect(page.text("gunicorn.log.boot_error") == "Can't connect to ('0.0.0.0', 8000)")
    #expect(page.line("gunicorn.log.boot_error") == 5)
    #expect(page.value("gunicorn.log.ends_in_failed_boot") == .flag(true))
  }

  /// Who holds the address may be the gunicorn that serves.
  @Test func aSecondStartBesideOneThatServesIsNoFailedBoot() {
    let first =
      stamped("10:04:00", 7, "Starting gunicorn 22.0.0")
      + stamped("10:04:01", 8, "Booting worker with pid: 8")
    let stop =
      stamped("10:03:00", 6, "Handling signal: term")
      + stamped("10:03:01", 6, "Shutting down: Master")
    for before in [first, stop + first] {
      let page = page(before + addressTaken)
      #expect(page.number("gunicorn.log.boot_failures") == 0)
      #expect(page.value("gunicorn.log.ends_in_failed_boot") == .flag(false))
    }
    #expect(page(addressTaken).value("gunicorn.log.ends_in_failed_boot") == nil)
  }

  /// The later of two rotated files shows that somebody serves, though not the start.
  @Test func workersThatTimeOutServed() {
    let page = page(
      stamped("10:00:00", 7, "WORKER TIMEOUT (pid:8)", level: "CRITICAL")
        + stamped("10:10:00", 7, "WORKER TIMEOUT (pid:9)", level: "CRITICAL"))
    #expect(page.value("gunicorn.log.down") == .flag(false))
    #expect(page.value("gunicorn.log.ends_in_failed_boot") == .flag(false))
  }

  @Test func namesWhereWorkersWaited() {
    let page = page(
      """
      [2024-05-01 10:00:00 +0000] [7] [CRITICAL] WORKER TIMEOUT (pid:8)
      [2024-05-01 10:00:00 +0000] [8] [ERROR] Error handling request GET /pay
      Traceback (most recent call last):
        File "/v/lib/python3.11/site-packages/gunicorn/workers/sync.py", line 141, in handle
        File "/srv/pay/src/app.py", line 20, in pay
        File "/v/lib/python3.11/site-packages/requests/adapters.py", line 696, in send
        File "/usr/lib/python3.11/socket.py", line 706, in readinto
        File "/v/lib/python3.11/site-packages/gunicorn/workers/base.py", line 200, in handle_abort
          sys.exit(1)
      SystemExit: 1

      """)
    #expect(page.text("gunicorn.log.blocked_in") == "requests/adapters.py send")
    #expect(page.line("gunicorn.log.blocked_in") == 6)
    #expect(page.text("gunicorn.log.blocked_app") == "app.py:20 pay")
    #expect(page.number("gunicorn.log.request_errors") == 1)
    #expect(page.number("gunicorn.log.boot_failures") == 0)
  }

  /// A client connected and sent nothing: no frame but gunicorn's own stood there.
  @Test func tellsOfWorkersThatWaitedForAClient() {
    let page = page(
      """
      [2024-05-01 10:00:00 +0000] [7] [CRITICAL] WORKER TIMEOUT (pid:8)
      [2024-05-01 10:00:00 +0000] [8] [ERROR] Error handling request (no URI read)
      Traceback (most recent call last):
        File "/v/lib/python3.12/site-packages/gunicorn/workers/sync.py", line 134, in handle
        File "/v/lib/python3.12/site-packages/gunicorn/http/message.py", line 257, in __init__
        File "/v/lib/python3.12/site-packages/gunicorn/http/unreader.py", line 81, in chunk
        File "/v/lib/python3.12/site-packages/gunicorn/workers/base.py", line 204, in handle_abort
          sys.exit(1)
      SystemExit: 1

      """)
    #expect(page.number("gunicorn.log.waits_for_client") == 1)
    #expect(page.line("gunicorn.log.waits_for_client") == 6)
    #expect(page.text("gunicorn.log.blocked_in") == nil)
  }

  @Test func measuresWorkersLives() {
    var text = ""
    for (index, end) in ["10:01:00", "10:02:00", "10:04:00"].enumerated() {
      text += stamped("10:00:00", index + 1, "Booting worker with pid: \(index + 1)")
      text += stamped(end, index + 1, "Autorestarting worker after current request.")
      text += stamped(end, index + 1, "Worker exiting (pid: \(index + 1))")
    }
    let page = page(text)
    #expect(page.number("gunicorn.log.worker_life") == 120)
    #expect(page.number("gunicorn.log.autorestarts") == 3)
  }

  @Test func aJournalOfAccessLinesAloneCountsNothing() {
    let text =
      "Mar 12 09:42:00 web-1 gunicorn[367]: 127.0.0.1 - - [12/Mar/2024:09:42:00 +0000] \"GET / HTTP/1.0\" 200 3\n"
    #expect(recognition(of: text, by: GunicornLogReader.self) == .certain)
    let page = page(text)
    #expect(page.facts.isEmpty)
    #expect(page.warnings.count == 1)
    #expect(page.relations.first?.kind == .runsOn)
    #expect(page.coverage?.lowerBound.description == "2024-03-12T09:42:00Z")
  }

  @Test func readsOnlyTheWindow() {
    var context = ReadingContext()
    context.window.since = Instant(year: 2024, month: 5, day: 1, hour: 12)
    let page = page(
      stamped("10:00:00", 7, "WORKER TIMEOUT (pid:61)", level: "CRITICAL")
        + stamped("13:00:00", 7, "WORKER TIMEOUT (pid:62)", level: "CRITICAL"), context: context)
    #expect(page.number("gunicorn.log.timeouts") == 1)
    #expect(page.line("gunicorn.log.timeouts") == 2)
  }

  @Test func countsRedisErrorsThatTheStreamHolds() {
    let page = page(
      stamped("10:00:00", 7, "Error handling request /x", level: "ERROR")
        + "Traceback (most recent call last):\n  File \"/a.py\", line 1, in f\n"
        + "redis.exceptions.ConnectionError: Error 111 connecting to 10.0.0.5:6379. Connection refused.\n"
    )
    #expect(page.number("app.redis.refused") == 1)
    #expect(page.line("app.redis.refused") == 4)
    #expect(page.value("app.redis.timeouts") == nil)
  }

  @Test(arguments: [
    "10.0.0.1 - - [12/Mar/2024:09:42:00 +0000] \"GET / HTTP/1.0\" 200 3\n",
    "2024/05/01 10:00:00 [error] 25909#0: *1 upstream timed out\n",
    "1:M 10 May 2024 01:25:13.411 * Ready to accept connections\n",
    "Mar 12 09:42:00 host kernel: Out of memory: Killed process 12 (gunicorn)\n",
    "2026-11-21 01:39:56,071 ERROR gateway.redis [t08] redis unavailable\n",
    "Mar 12 09:42:00 host systemd[1]: x\nMar 12 09:42:00 host sshd[1]: y\nMar 12 09:42:00 host gunicorn[1]: z\n",
  ])
  func doesNotClaim(_ text: String) {
    #expect(recognition(of: text, name: "x.log", by: GunicornLogReader.self) == .no)
  }

  @Test func isTheSameInChunks() {
    let text =
      stamped("10:00:00", 7, "Starting gunicorn 22.0.0") + "garbage \u{0}\u{FFFD} [[[[ ]]] [\n"
      + stamped("10:00:01", 8, "Booting worker with pid: 8") + "\n[INFO]\n[1] [INFO\nTraceback"
      + " (most recent call last):\n  File \"\n  File \"x\", line\n:\nFile \"\n"
      + stamped("10:05:00", 7, "WORKER TIMEOUT (pid:", level: "CRITICAL")
    let whole = readPage(text, with: GunicornLogReader.self)
    for chunk in [1, 7, 64] {
      let parts = readPage(text, with: GunicornLogReader.self, chunk: chunk)
      #expect(parts.facts == whole.facts)
      #expect(parts.events == whole.events)
    }
    #expect(page("").facts.isEmpty)
  }
}
