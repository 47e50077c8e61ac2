/// Facts that the Host readers record.
let hostFacts: [FactGroup] = [
  kernelFacts, kernelOOMFacts, kernelTaskFacts, systemLogFacts,
]

private let dmesg = "sudo dmesg -T"

private let kernelFacts = FactGroup(
  subject: .host,
  source: "https://docs.kernel.org/admin-guide/ and the kernel's own messages", collect: dmesg,
  [
    .init(
      "kernel.hung_tasks", .count, "Reports of tasks blocked in the kernel for minutes.",
      fold: .sum, tally: true),
    .init(
      "kernel.nvme_timeouts", .count, "Time-outs of I/O to NVMe disks, which EBS volumes are.",
      fold: .sum, tally: true),
    .init(
      "kernel.io_errors", .count, "Errors of disks and file systems.", fold: .sum, tally: true),
    .init(
      "kernel.failing_device", .text, "The disk that the first error or time-out names."),
    .init(
      "kernel.soft_lockups", .count, "Reports of a CPU stuck in the kernel.", fold: .sum,
      tally: true),
    .init("kernel.panics", .count, "Kernel panics.", fold: .sum, tally: true),
    .init(
      "kernel.boot_failures", .count,
      "Messages of a boot that fails: no root file system, fsck, SELinux, emergency mode, no lease.",
      fold: .sum, tally: true, collect: "aws ec2 get-console-output --instance-id {instance}"),
    .init(
      "kernel.boot_failure", .text, "The first message of a boot that fails.",
      collect: "aws ec2 get-console-output --instance-id {instance}"),
    .init(
      "kernel.unit_start_failures", .count, "Services that failed to start, as the console shows.",
      fold: .sum, tally: true, collect: "aws ec2 get-console-output --instance-id {instance}"),
    .init(
      "kernel.clocksource_xen", .count, "Times the kernel chose xen as its clock source.",
      fold: .sum, tally: true),
    .init("kernel.boots", .count, "Boots.", fold: .sum, tally: true),
    .init(
      "kernel.mce", .count, "Hardware errors that the processor or the memory reported.",
      fold: .sum, tally: true),
    .init(
      "kernel.syn_floods", .count, "Warnings that a listening socket's queue overflowed.",
      fold: .sum, tally: true),
    .init(
      "kernel.conntrack_drops", .count, "Warnings that the connection table is full.",
      fold: .sum, tally: true),
  ])

private let kernelOOMFacts = FactGroup(
  subject: .host, source: "https://docs.kernel.org/admin-guide/mm/concepts.html#oom-killer",
  collect: dmesg,
  [
    .init(
      "kernel.oom_kills", .count, "Processes that the kernel killed for want of memory.",
      fold: .sum, tally: true),
    .init(
      "kernel.oom_kills.global", .count, "Processes killed because the host ran out of memory.",
      fold: .sum, tally: true),
    .init(
      "kernel.oom_kills.cgroup", .count,
      "Processes killed because a memory cgroup (a container, a unit) reached its limit.",
      fold: .sum, tally: true),
    .init(
      "kernel.oom_kills.gunicorn", .count, "gunicorn processes killed for want of memory.",
      fold: .sum, tally: true),
    .init(
      "kernel.oom_kills.redis", .count, "Redis or Valkey processes killed for want of memory.",
      fold: .sum, tally: true),
    .init(
      "kernel.oom_reports", .count,
      "Reports of the OOM killer, also those whose end the log does not hold.", fold: .sum,
      tally: true),
    .init("kernel.oom_last", .time, "When the last process was killed for want of memory."),
    .init("kernel.oom_victim", .text, "The process most often killed for want of memory."),
    .init(
      "kernel.oom_victims", .count, "Kills for want of memory by name of process.", fold: .sum),
    .init(
      "kernel.oom_victim_rss", .bytes, "Anonymous memory of the largest process killed.",
      fold: .max),
    .init("kernel.oom_memcg", .text, "The memory cgroup that reached its limit."),
    .init("kernel.oom_cgroup_limit", .bytes, "The limit of the memory cgroup that reached it."),
    .init(
      "kernel.oom_total_ram", .bytes, "The host's memory as the OOM report states it.", fold: .max),
  ])

private let kernelTaskFacts = FactGroup(
  subject: .host, source: "https://docs.kernel.org/admin-guide/sysctl/vm.html#oom-dump-tasks",
  collect: dmesg,
  [
    .init(
      "kernel.oom_table.processes", .count,
      "Tasks by name in the table of the last complete OOM report.", fold: .sum),
    .init(
      "kernel.oom_table.rss", .bytes,
      "Resident memory by name of task in the last complete OOM report.", fold: .sum),
    .init(
      "kernel.oom_table.top", .text,
      "The name whose tasks hold most memory in the last complete OOM report."),
    .init("kernel.oom_table.top_rss", .bytes, "The resident memory of that name's tasks."),
    .init("kernel.oom_table.top_count", .count, "The number of that name's tasks."),
  ])

private let systemLogFacts = FactGroup(
  subject: .host, source: "https://www.freedesktop.org/software/systemd/man/journalctl.html",
  collect: "sudo journalctl --since -2h",
  [
    .init("host.log.gap", .seconds, "The longest silence of a log with regular lines.", fold: .max),
    .init("host.log.median_gap", .seconds, "The median time between the log's lines."),
    .init(
      "host.log.gaps", .count,
      "Silences longer than five minutes and three times the median.", fold: .max, tally: true),
    .init("host.log.service_failures", .count, "Services that failed.", fold: .sum, tally: true),
    .init(
      "host.log.failed_units", .count, "Failures by systemd unit.", fold: .sum),
    .init(
      "host.log.service_kills", .count, "Services whose main process was killed with SIGKILL.",
      fold: .sum, tally: true),
    .init(
      "host.log.oom_messages", .count,
      "Messages of systemd, systemd-oomd or earlyoom about processes killed for want of memory.",
      fold: .sum, tally: true),
    .init(
      "host.log.redis_killed", .count, "Times that Redis' service was killed with SIGKILL.",
      fold: .sum, tally: true),
  ])
