import Model
import Testing

@testable import Readers

/// What the main process of a Celery worker says of its children.
@Suite struct CeleryTests {
  @Test func countsKilledProcessesOfCelery() {
    let head = "[2026-11-21 01:39:56,071: ERROR/MainProcess] "
    let page = readPage(
      head + "Process 'ForkPoolWorker-3' pid:303 exited with 'signal 9 (SIGKILL)'\n" + head
        + "Task handler raised error: WorkerLostError('Worker exited prematurely: signal 9 (SIGKILL) Job: 3.')\n"
        + head + "Process 'ForkPoolWorker-4' pid:304 exited with 'exitcode 1'\n",
      with: ApplicationLogReader.self)
    #expect(page.number("app.celery.killed") == 1)
    #expect(page.line("app.celery.killed") == 1)
    #expect(page.number("app.redis.errors") == 0)
  }
}
