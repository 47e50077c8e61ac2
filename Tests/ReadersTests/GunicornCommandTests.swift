import Model
import Testing

@testable import Readers

@Suite struct GunicornCommandTests {
  private func page(_ text: String, name: String = "file") -> Page {
    readPage(text, name: name, with: GunicornCommandReader.self)
  }

  @Test func readsAUnitOverContinuationLines() {
    let page = page(
      """
      [Unit]
      Description=notes
      [Service]
      Environment="WEB_CONCURRENCY=6" DEBUG=1
      # ExecStart=/old/gunicorn --workers 99 app:app
      ExecStart=/srv/venv/bin/gunicorn --timeout 0 \\
                -b unix:/run/notes.sock \\
                --max-requests-jitter=50 \\
                notes.wsgi:application
      Restart=on-failure
      MemoryMax=512M
      CPUQuota=150%
      """, name: "notes.service")
    #expect(page.number("gunicorn.workers") == 6)
    #expect(page.line("gunicorn.workers") == 4)
    #expect(page.number("gunicorn.timeout") == 0)
    #expect(page.line("gunicorn.timeout") == 6)
    #expect(page.text("gunicorn.bind") == "unix:/run/notes.sock")
    #expect(page.line("gunicorn.bind") == 7)
    #expect(page.line("gunicorn.max_requests_jitter") == 8)
    #expect(page.number("gunicorn.max_requests") == 0)
    #expect(page.line("gunicorn.max_requests") == nil)
    #expect(page.text("app.restart") == "on-failure")
    #expect(page.number("app.memory_limit") == 536_870_912)
    #expect(page.number("app.cpus") == 1.5)
    #expect(page.subjects.first?.keys == [.serviceName("notes")])
  }

  @Test func aUnitWithoutRestartIsNotRestarted() {
    let page = page("[Service]\nExecStart=/usr/bin/gunicorn app:app\n")
    #expect(page.text("app.restart") == "no")
    #expect(page.line("app.restart") == nil)
    // What a live look writes of a process says nothing of what restarts it.
    let found = self.page(
      "# Written by triage from /proc/7, as a unit would state it.\n[Service]\n"
        + "ExecStart=/usr/bin/gunicorn app:app\n")
    #expect(found.text("app.restart") == nil)
  }

  @Test(arguments: [
    ("web: gunicorn app:app -w 4", 4.0),
    ("web: gunicorn app:app -w4", 4),
    ("web: gunicorn app:app --workers=4 --workers 5", 5),
    ("release: python manage.py migrate\nweb: newrelic-admin run-program gunicorn -w 3 a:b", 3),
    ("web: poetry run python -m gunicorn -w 3 a:b", 3),
    ("web: FOO=1 exec gunicorn --workers ${N:-48} a:b", 48),
    ("web: sh -c \"cd /srv && gunicorn -w 2 a:b\"", 2),
    ("web: gunicorn a:b -w 1 && echo --workers 9", 1),
    ("web: GUNICORN_CMD_ARGS='--workers 7' gunicorn a:b", 7),
    ("web: GUNICORN_CMD_ARGS='--workers 7' gunicorn a:b -w 2", 2),
    ("web: export WEB_CONCURRENCY=3; exec gunicorn a:b", 3),
  ])
  func findsGunicornInAProcfile(_ text: String, workers: Double) {
    #expect(recognition(of: text, name: "Procfile", by: GunicornCommandReader.self) == .certain)
    #expect(page(text, name: "Procfile").number("gunicorn.workers") == workers)
  }

  @Test func marksWhatOnlyTheShellKnows() {
    let page = page("web: gunicorn a:b -w $(nproc) --timeout $T $OPTS\n", name: "Procfile")
    #expect(page.value("gunicorn.workers") == nil)
    #expect(page.text("gunicorn.computed", part: "workers") != nil)
    #expect(page.text("gunicorn.computed", part: "timeout") != nil)
    #expect(page.value("gunicorn.max_requests") == nil)
  }

  @Test func leavesDefaultsToTheConfigFileThatIsNamed() {
    let page = page("web: gunicorn -c conf.py --threads 2 a:b\n", name: "Procfile")
    #expect(page.text("gunicorn.config_file") == "conf.py")
    #expect(page.number("gunicorn.threads") == 2)
    #expect(page.value("gunicorn.workers") == nil)
  }

  @Test func readsADockerfile() {
    let page = page(
      """
      FROM python:3.12 AS build
      RUN pip install gunicorn
      CMD ["gunicorn", "old:app", "-w", "99"]
      FROM python:3.12-slim
      ENV GUNICORN_CMD_ARGS="--timeout 90 --workers 7" \\
          WEB_CONCURRENCY=3
      HEALTHCHECK --interval=1m30s CMD curl -f http://localhost/health
      ENTRYPOINT ["gunicorn"]
      CMD [
        "app:app",
        "--workers",
        "8"
      ]
      """, name: "Dockerfile")
    #expect(page.number("gunicorn.timeout") == 90)
    #expect(page.line("gunicorn.timeout") == 5)
    #expect(page.text("app.healthcheck") == "curl -f http://localhost/health")
    #expect(page.number("app.healthcheck_interval") == 90)
  }

  @Test func citesTheElementOfAnArrayOverSeveralLines() {
    let page = page(
      """
      FROM python
      CMD ["gunicorn", "app:app", \\
           "--workers", \\
           "8"]
      """, name: "Dockerfile")
    #expect(page.number("gunicorn.workers") == 8)
    #expect(page.line("gunicorn.workers") == 4)
  }

  @Test func readsShellFormAndInheritedStages() {
    let page = page(
      "FROM python AS base\nENV N=5\nFROM base\nCMD gunicorn -w ${N:-2} a:b\n", name: "Dockerfile")
    #expect(page.number("gunicorn.workers") == 5)
  }

  @Test func readsACompose() {
    let page = page(
      """
      services:
        web:
          command: >
            gunicorn app:app
            --bind 0.0.0.0:8000
            --workers 17
          environment:
            - GUNICORN_CMD_ARGS=--timeout 45
          mem_limit: 512m
          cpus: 1.5
          restart: always
        redis:
          image: redis:7
          mem_limit: 1g
      """, name: "docker-compose.yml")
    #expect(page.number("gunicorn.workers") == 17)
    #expect(page.line("gunicorn.workers") == 6)
    #expect(page.line("gunicorn.bind") == 5)
    #expect(page.number("gunicorn.timeout") == 45)
    #expect(page.number("app.memory_limit") == 536_870_912)
    #expect(page.number("app.cpus") == 1.5)
    #expect(page.text("app.restart") == "always")
    #expect(page.subjects.first?.keys == [.serviceName("web"), .port(8000)])
  }

  @Test func takesTheLimitOfTheOnlyServiceThatCanBeTheApplication() {
    let page = page(
      """
      services:
        api:
          build: .
          deploy: {resources: {limits: {memory: 256M}}}
        db:
          image: postgres:16
          mem_limit: 2g
      """)
    #expect(page.number("app.memory_limit") == 268_435_456)
    #expect(page.all("app.memory_limit").count == 1)
  }

  @Test func readsSupervisor() {
    let page = page(
      """
      [supervisord]
      nodaemon=true
      [program:web]
      command=/venv/bin/gunicorn app:app
        --workers 4
      autorestart=true
      [program:worker]
      command=celery -A app worker
      """)
    #expect(page.number("gunicorn.workers") == 4)
    #expect(page.line("gunicorn.workers") == 5)
    #expect(page.subjects.first?.keys == [.serviceName("web")])
  }

  @Test func readsAScript() {
    let page = page(
      "#!/bin/bash\nset -e\npip install gunicorn\nexec gunicorn app:app \\\n  --workers 3\n",
      name: "entrypoint.sh")
    #expect(page.number("gunicorn.workers") == 3)
    #expect(page.line("gunicorn.workers") == 5)
  }

  @Test(arguments: [
    "gunicorn -w 3 app:app", "gunicorn shop.wsgi -w 3", "gunicorn app -w 3",
    "gunicorn $APP --workers 3",
  ])
  func readsACommandAlone(_ text: String) {
    #expect(recognition(of: text, name: "note.txt", by: GunicornCommandReader.self) == .certain)
    #expect(readPage(text, with: GunicornCommandReader.self).number("gunicorn.workers") == 3)
  }

  @Test(arguments: [
    ("redis.service", "[Service]\nExecStart=/usr/bin/redis-server\n"),
    ("Procfile", "web: uwsgi --ini x.ini\n"),
    ("Dockerfile", "FROM python\nRUN pip install gunicorn\nCMD [\"python\", \"app.py\"]\n"),
    ("docker-compose.yml", "services:\n  r:\n    image: redis\n"),
    ("application.yml", "spring:\n  redis: {host: x}\n"),
    ("notes.txt", "we run gunicorn with 8 workers\n"),
    ("oom.txt", "gunicorn invoked oom-killer: gfp_mask=0x140cca, order=0, oom_score_adj=0\n"),
    ("chat.txt", "gunicorn is down\ngunicorn: what?\n"),
    ("kill.sh", "#!/bin/sh\npkill -f gunicorn\n"),
    ("gunicorn.log", "[2024-11-26 13:02:10 +0000] [1] [INFO] Starting gunicorn 27.0.1\n"),
  ])
  func doesNotClaim(_ name: String, _ text: String) {
    #expect(recognition(of: text, name: name, by: GunicornCommandReader.self) == .no)
  }

  @Test(arguments: [
    "services: [", "services:\n  a: &a\n    b: *a\n", "FROM x\nCMD [\"gunicorn\"",
    "web: gunicorn '",
    "web: gunicorn ${", "web: gunicorn -w", "web: gunicorn $(", "[Service]\nExecStart=",
    "FROM\nCMD\nENTRYPOINT\nENV\nHEALTHCHECK", "#!/bin/sh\ngunicorn \\",
  ])
  func survives(_ text: String) {
    _ = page(text)
  }
}
