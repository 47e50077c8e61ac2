/// Facts that the Host readers record.
let hostFacts: [FactGroup] = [
  memoryFacts, vmstatFacts, sysstatFacts, sysstatDiskFacts, loadFacts, sysctlFacts, hugePageFacts,
  pressureFacts, cgroupFacts,
  diskFacts, ethernetFacts, tcpFacts,
  captureFacts, reachabilityFacts, kernelFacts, kernelOOMFacts, kernelTaskFacts, systemLogFacts,
]

private let memoryFacts = FactGroup(
  subject: .host, source: "https://man7.org/linux/man-pages/man5/proc_meminfo.5.html",
  collect: "cat /proc/meminfo",
  [
    .init("host.memory.MemTotal", .bytes, "Usable memory of the host."),
    .init("host.memory.MemFree", .bytes, "Memory that nobody uses, not even as cache."),
    .init(
      "host.memory.MemAvailable", .bytes, "Memory that new work could get without swapping."),
    .init("host.memory.SwapTotal", .bytes, "Swap space."),
    .init("host.memory.SwapFree", .bytes, "Swap space that is free."),
    .init("host.memory.Committed_AS", .bytes, "Memory promised to processes."),
    .init("host.memory.CommitLimit", .bytes, "What may be promised where overcommit is strict."),
    .init("host.memory.AnonPages", .bytes, "Memory of processes that is no file's."),
    .init("host.memory.Cached", .bytes, "Memory that holds files."),
    .init("host.memory.Buffers", .bytes, "Memory that holds blocks of disks."),
    .init("host.memory.Dirty", .bytes, "Memory that waits to be written to disk."),
    .init("host.memory.AnonHugePages", .bytes, "Memory of processes in huge pages."),
  ])

private let vmstatFacts = FactGroup(
  subject: .host, source: "https://man7.org/linux/man-pages/man8/vmstat.8.html",
  collect: "vmstat -t 2 15",
  [
    .init("host.vmstat.samples", .count, "Rows that the other figures of vmstat come from."),
    .init("host.vmstat.swap_in", .bytesPerSecond, "Mean rate of reading from swap."),
    .init("host.vmstat.swap_out", .bytesPerSecond, "Mean rate of writing to swap."),
    .init("host.vmstat.swap_active_share", .fraction, "Share of samples that swapped at all."),
    .init("host.vmstat.run_queue", .count, "Median of tasks running or waiting for a CPU."),
    .init("host.vmstat.blocked", .count, "Median of tasks waiting for I/O."),
    .init("host.vmstat.blocked_peak", .count, "Most tasks waiting for I/O.", fold: .max),
    .init("host.vmstat.cpu_user", .fraction, "Median share of CPU time in programs."),
    .init("host.vmstat.cpu_system", .fraction, "Median share of CPU time in the kernel."),
    .init("host.vmstat.cpu_idle", .fraction, "Median share of idle CPU time."),
    .init("host.vmstat.cpu_iowait", .fraction, "Median share of CPU time waiting for I/O."),
    .init("host.vmstat.cpu_steal", .fraction, "Median share of CPU time taken by other guests."),
    .init(
      "host.vmstat.iowait_peak", .fraction, "Highest share of CPU time waiting for I/O.",
      fold: .max),
    .init(
      "host.vmstat.steal_peak", .fraction, "Highest share of CPU time taken by other guests.",
      fold: .max),
    .init(
      "host.vmstat.iowait_share_over_10", .fraction,
      "Share of samples with more than 10 % of CPU time waiting for I/O."),
    .init(
      "host.vmstat.steal_share_over_10", .fraction,
      "Share of samples with more than 10 % of CPU time taken by other guests."),
  ])

private let sysstatFacts = FactGroup(
  subject: .host, source: "https://man7.org/linux/man-pages/man1/sar.1.html",
  collect: "LC_ALL=C S_TIME_FORMAT=ISO sar -A",
  [
    .init(
      "host.sysstat.iowait_share_over_10", .fraction,
      "Share of samples with more than 10 % of CPU time waiting for I/O."),
    .init(
      "host.sysstat.iowait_for", .seconds,
      "Longest time in a row with more than 10 % of CPU time waiting for I/O.", fold: .max),
    .init(
      "host.sysstat.iowait_peak", .fraction, "Highest share of CPU time waiting for I/O.",
      fold: .max),
    .init(
      "host.sysstat.steal_share_over_10", .fraction,
      "Share of samples with more than 10 % of CPU time taken by other guests."),
    .init(
      "host.sysstat.steal_for", .seconds,
      "Longest time in a row with more than 10 % of CPU time taken by other guests.", fold: .max),
    .init(
      "host.sysstat.steal_peak", .fraction, "Highest share of CPU time taken by other guests.",
      fold: .max),
    .init(
      "host.sysstat.memory_low_for", .seconds,
      "Longest time in a row with less than 10 % of memory available.", fold: .max),
    .init(
      "host.sysstat.available_lowest_share", .fraction, "Least share of memory available.",
      fold: .min),
    .init(
      "host.sysstat.swapping_share", .fraction,
      "Share of samples with more than 500 pages a second to or from swap."),
    .init(
      "host.sysstat.swapping_for", .seconds,
      "Longest time in a row with more than 500 pages a second to or from swap.", fold: .max),
    .init("host.sysstat.restarts", .count, "Boots among the samples.", fold: .sum),
  ])

private let sysstatDiskFacts = FactGroup(
  subject: .host, source: "https://man7.org/linux/man-pages/man1/iostat.1.html",
  collect: "iostat -xt 2 15",
  [
    .init(
      "host.sysstat.disk_waits_share", .fraction,
      "Share of samples in which requests to a disk took more than 100 ms, or 10 ms with more than 10 in "
        + "its queue, by disk.",
      fold: .max),
    .init(
      "host.sysstat.disk_waits_for", .seconds,
      "Longest time in a row of such samples, by disk.", fold: .max),
    .init(
      "host.sysstat.disk_wait_peak", .seconds,
      "Longest mean time of a sample that requests to a disk took, by disk.", fold: .max),
    .init(
      "host.sysstat.disk_queue_peak", .count, "Longest mean queue of a sample, by disk.",
      fold: .max),
  ])

private let loadFacts = FactGroup(
  subject: .host, source: "https://man7.org/linux/man-pages/man1/top.1.html",
  collect: "top -b -n 2 | head -40",
  [
    .init("host.load1", .count, "Load over one minute.", collect: "uptime"),
    .init("host.load5", .count, "Load over five minutes.", collect: "uptime"),
    .init("host.load15", .count, "Load over fifteen minutes.", collect: "uptime"),
    .init("host.uptime", .seconds, "Time since the boot.", collect: "uptime"),
    .init("host.cpus", .count, "CPUs of the host.", collect: "nproc"),
    .init("host.tasks", .count, "Processes of the host."),
    .init("host.cpu.user", .fraction, "Share of CPU time in programs."),
    .init("host.cpu.system", .fraction, "Share of CPU time in the kernel."),
    .init("host.cpu.idle", .fraction, "Share of idle CPU time."),
    .init("host.cpu.iowait", .fraction, "Share of CPU time waiting for I/O."),
    .init("host.cpu.steal", .fraction, "Share of CPU time taken by other guests."),
  ])

private let sysctlFacts = FactGroup(
  subject: .host, source: "https://docs.kernel.org/admin-guide/sysctl/", collect: "sysctl -a",
  [
    .init(
      "host.sysctl.vm.overcommit_memory", .count,
      "0: obvious overcommits are refused, a fork may fail; 1: never refused; 2: strict limit.",
      collect: "sysctl vm.overcommit_memory"),
    .init(
      "host.sysctl.vm.overcommit_ratio", .count,
      "Percentage of RAM that counts towards the limit where overcommit is strict.",
      collect: "sysctl vm.overcommit_ratio"),
    .init(
      "host.sysctl.vm.swappiness", .count, "How willingly the kernel swaps, 0 to 200.",
      collect: "sysctl vm.swappiness"),
    .init(
      "host.sysctl.vm.dirty_ratio", .count,
      "Percentage of memory that may be dirty before writers must wait.",
      collect: "sysctl vm.dirty_ratio"),
    .init(
      "host.sysctl.net.core.somaxconn", .count, "Limit of the backlog of a listening socket.",
      collect: "sysctl net.core.somaxconn"),
    .init(
      "host.sysctl.net.ipv4.tcp_max_syn_backlog", .count,
      "Limit of connections that are being set up.",
      collect: "sysctl net.ipv4.tcp_max_syn_backlog"),
    .init(
      "host.sysctl.fs.file-max", .count, "Limit of open files of the host.",
      collect: "sysctl fs.file-max"),
    .init(
      "host.sysctl.net.netfilter.nf_conntrack_count", .count,
      "Connections in the table of the kernel's firewall.",
      collect: "sysctl net.netfilter.nf_conntrack_count net.netfilter.nf_conntrack_max"),
    .init(
      "host.sysctl.net.netfilter.nf_conntrack_max", .count,
      "How many that table holds; where it is full, packets of new connections are dropped.",
      collect: "sysctl net.netfilter.nf_conntrack_count net.netfilter.nf_conntrack_max"),
  ])

private let hugePageFacts = FactGroup(
  subject: .host, source: "https://docs.kernel.org/admin-guide/mm/transhuge.html",
  collect: "cat /sys/kernel/mm/transparent_hugepage/enabled",
  [
    .init(
      "host.thp", .text, "Whether transparent huge pages are used.",
      values: ["always", "madvise", "never"])
  ])

private let pressureFacts = FactGroup(
  subject: .host, source: "https://docs.kernel.org/accounting/psi.html",
  collect: "grep . /proc/pressure/*",
  ["cpu", "memory", "io"].flatMap { resource in
    ["some", "full"].flatMap { share in
      ["10", "60", "300"].map { seconds in
        .init(
          "host.pressure.\(resource).\(share)_avg\(seconds)", .fraction,
          "Share of the last \(seconds) seconds in which \(share == "some" ? "some" : "all") "
            + "tasks waited for \(resource == "io" ? "I/O" : resource == "cpu" ? "a CPU" : resource)."
        )
      }
    }
  })

private let cgroupFacts = FactGroup(
  subject: .host, source: "https://docs.kernel.org/admin-guide/cgroup-v2.html#memory",
  collect: "docker stats --no-stream",
  [
    .init("host.cgroup.usage", .bytes, "Memory that a cgroup uses, by container where named."),
    .init(
      "host.cgroup.usage_max", .bytes, "The most memory that a cgroup used.", fold: .max,
      collect: "cat /sys/fs/cgroup/memory.peak"),
    .init(
      "host.cgroup.usage_slope", .bytesPerSecond,
      "Median growth of a cgroup's memory over a series of samples."),
    .init("host.cgroup.limit", .bytes, "Limit of a cgroup's memory, by container where named."),
    .init(
      "host.cgroup.oom_kills", .count, "Processes of a cgroup killed for want of memory.",
      fold: .max, collect: "cat /sys/fs/cgroup/memory.events"),
  ])

private let diskFacts = FactGroup(
  subject: .host, source: "https://man7.org/linux/man-pages/man1/df.1.html", collect: "df -PT",
  [
    .init("host.disk.size", .bytes, "Size of each file system, by where it is mounted."),
    .init(
      "host.disk.available", .bytes, "Room for those who are not root, by file system.", fold: .min),
    .init(
      "host.disk.used_share", .fraction, "Share of each file system that is used.", fold: .max),
    .init(
      "host.disk.inodes_used_share", .fraction, "Share of each file system's inodes that is used.",
      fold: .max, collect: "df -iP"),
  ])

private let captureFacts = FactGroup(
  subject: .host,
  source: "https://www.gnu.org/software/coreutils/manual/html_node/date-invocation.html",
  collect: "date -u",
  [
    .init("capture.time", .time, "When the files beside this one were captured."),
    .init("capture.is_zoned", .flag, "The capture's time states its zone, or one was given."),
    .init(
      "capture.services", .count,
      "Servers that a look at all processes of the box found, by kind: redis, gunicorn, nginx."),
  ])

private let reachabilityFacts = FactGroup(
  subject: .host, source: "https://man7.org/linux/man-pages/man1/ssh.1.html",
  collect: "date -u; ssh -o ConnectTimeout=10 {host} true",
  [
    .init("host.ssh_unreachable", .count, "Times that ssh got no answer; 0: it got one."),
    .init("host.ping_loss", .fraction, "Share of pings without an answer."),
  ])

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
    .init(
      "host.oom_kills_counted", .count,
      "Processes that the kernel killed for want of memory between two scrapes, as its counter shows "
        + "(node_vmstat_oom_kill); of the host and of containers at their limit alike.", fold: .sum),
    .init(
      "host.services_killed", .count,
      "Services and containers without a limit of their own that their manager says were killed for "
        + "want of memory.", fold: .sum),
    .init(
      "host.services.failed", .count,
      "Units that failed and are no server that is judged, as systemctl --failed lists them.",
      fold: .sum),
  ])
