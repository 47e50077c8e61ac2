#if canImport(Musl)
  import Musl
#else
  import Glibc
#endif

/// What /proc, /sys and the kernel's log say of this box.
struct HostCollector {
  static let settings = [
    "vm.overcommit_memory", "vm.overcommit_ratio", "vm.swappiness", "vm.dirty_ratio",
    "net.core.somaxconn", "net.ipv4.tcp_max_syn_backlog", "fs.file-max",
    "net.netfilter.nf_conntrack_count", "net.netfilter.nf_conntrack_max",
    "net.ipv4.ip_local_port_range",
  ]

  let files: SystemFiles
  let findings: Findings
  /// As a prompt can show it.
  let name: String

  init(files: SystemFiles, findings: Findings) {
    self.files = files
    self.findings = findings
    let stated = files.textIfAny("/proc/sys/kernel/hostname", limit: 256) ?? ""
    let plain = stated.filter { $0.isASCII && ($0.isLetter || $0.isNumber || "-._".contains($0)) }
    name = plain.isEmpty ? "localhost" : plain
  }

  /// The line above an answer that says whose it is and how anybody gets the same.
  func prompt(_ command: String) -> String { "triage@\(name):~$ \(command)\n" }

  /// What is asked once.
  func collectSettings() {
    findings.begin("settings of the kernel")
    var text = ""
    for key in HostCollector.settings {
      let path = "/proc/sys/" + String(key.map { $0 == "." ? "/" : $0 })
      guard let value = files.textIfAny(path, limit: 256) else { continue }
      text += "\(key) = \(value.split(whereSeparator: \.isNewline).first ?? "")\n"
    }
    let hugePages = "/sys/kernel/mm/transparent_hugepage/enabled"
    if let value = files.textIfAny(hugePages, limit: 256) {
      text += "==> \(hugePages) <==\n\(value)"
    }
    if !text.isEmpty {
      findings.add(
        CollectedFile("host/sysctl.txt", from: "/proc/sys", text: prompt("sysctl -a") + text))
    }
    if let stat = files.textIfAny("/proc/stat", limit: 1 << 20) {
      let count = stat.split(separator: "\n").count { line in
        line.hasPrefix("cpu") && line.dropFirst(3).first?.isNumber == true
      }
      if count > 0 {
        findings.add(
          CollectedFile("host/nproc.txt", from: "/proc/stat", text: prompt("nproc") + "\(count)\n"))
      }
    }
    collectMounts()
  }

  /// Size and room of the file systems that lie on a disk or in memory, as `df -PT` and `df -iPT` print
  /// them. A network's may hang whoever asks, so those are only listed.
  private func collectMounts() {
    guard let mounts = files.textIfAny("/proc/self/mounts", limit: 1 << 20) else { return }
    findings.begin("file systems")
    let onDisk: Set<Substring> = [
      "ext2", "ext3", "ext4", "xfs", "btrfs", "f2fs", "zfs", "tmpfs", "overlay", "vfat",
    ]
    let remote: Set<Substring> = ["nfs", "nfs4", "cifs", "fuse.sshfs", "ceph", "glusterfs", "efs"]
    var text = prompt("df -PT")
    text += "Filesystem Type 1024-blocks Used Available Capacity Mounted on\n"
    var inodes = "Filesystem Type Inodes IUsed IFree IUse% Mounted on\n"
    var seen: Set<Substring> = []
    for line in mounts.split(separator: "\n") {
      let words = line.split(separator: " ")
      guard words.count >= 3, seen.count < 200 else { continue }
      if remote.contains(words[2]) {
        text += "\(words[0]) \(words[2]) - - - - \(words[1])\n"
        continue
      }
      guard onDisk.contains(words[2]), !words[1].hasPrefix("/proc"), !words[1].hasPrefix("/sys"),
        words[2] == "tmpfs" || words[2] == "overlay" || seen.insert(words[0]).inserted
      else { continue }
      guard let space = DiskSpace(at: files.root + String(words[1])), space.size > 0 else {
        continue
      }
      let used = space.size - space.free
      let share = DiskSpace.percent(used, of: used + space.available)
      text += "\(words[0]) \(words[2]) \(space.size >> 10) \(used >> 10) \(space.available >> 10)"
      text += " \(share)% \(words[1])\n"
      // Some have as many as there is room for, and say that they have none.
      guard space.inodes > 0 else { continue }
      let taken = space.inodes - min(space.freeInodes, space.inodes)
      inodes += "\(words[0]) \(words[2]) \(space.inodes) \(taken) \(space.freeInodes)"
      inodes += " \(DiskSpace.percent(taken, of: space.inodes))% \(words[1])\n"
    }
    text += prompt("df -iPT") + inodes
    findings.add(CollectedFile("host/df.txt", from: "/proc/self/mounts, statvfs", text: text))
  }

  /// The kernel's messages; where they are closed to us, what a daemon or the journal keeps of them.
  func collectKernelLog(since: WallClock, by deadline: Deadline) {
    findings.begin("the kernel's log")
    let fault: FileFault
    do throws(FileFault) {
      let text = try KernelLog(files: files, since: since).text(by: deadline)
      guard !text.isEmpty else {
        return findings.add(
          CollectionGap(
            "the kernel's log", .absent, "it says nothing since \(since.utc) (--since)"))
      }
      let command = prompt("dmesg --time-format=iso")
      findings.add(CollectedFile("host/kernel.log", from: KernelLog.path, text: command + text))
      return
    } catch {
      fault = error
    }
    for path in ["/var/log/kern.log", "/var/log/messages", "/var/log/syslog"] {
      do throws(FileFault) {
        let file = try files.open(path, readableBy: (0, 0))
        let size = file.size
        let tail = LogTail(since: since, limit: 2 << 20)
        let start = tail.start(in: file, size: size)
        let name = path.split(separator: "/").last.map(String.init) ?? "messages"
        findings.add(
          CollectedFile("host/\(name)", from: path, .range(file, start: start, size: size - start)))
        return
      } catch { continue }
    }
    let journal = UnitJournal(files: files, since: since, limit: 2 << 20)
    if case .text(let lines) = journal.kernelText(by: deadline) {
      if !lines.text.isEmpty {
        findings.add(
          CollectedFile("host/kernel-journal.log", from: "journal, kernel", text: lines.text))
      }
      guard lines.isCut else { return }
      return findings.add(
        CollectionGap(
          "older lines of the kernel", .absent,
          "the newest alone were taken from the journal: journalctl -k has the rest"))
    }
    let isDenied = fault == .denied || fault == .other("operation not permitted")
    findings.add(
      isDenied
        ? CollectionGap(
          "the kernel's log", .privilege,
          "\(KernelLog.path): \(fault.words); root may read it, and members of adm the files in "
            + "/var/log")
        : CollectionGap(
          "the kernel's log", .absent,
          "\(KernelLog.path): \(fault.words); in a container the host has it"))
  }
}

/// What changes from moment to moment; sampled once or several times.
struct HostSamples {
  let host: HostCollector
  private var meminfo = ""
  private var uptime = ""
  private var pressure = ""
  private var network = ""
  private var adapters = ""
  private(set) var vmstat: VmstatTable
  private(set) var iostat: IostatTable

  init(host: HostCollector) {
    self.host = host
    vmstat = VmstatTable(files: host.files)
    iostat = IostatTable(files: host.files)
  }

  /// A row of `vmstat` and a report of `iostat` alone: cheap enough for every second.
  mutating func sampleRates() {
    vmstat.sample()
    iostat.sample()
  }

  mutating func sample() {
    host.findings.begin("memory and load")
    let files = host.files
    let stamp = WallClock.now.utc + "\n"
    if let text = files.textIfAny("/proc/meminfo") { meminfo += stamp + text }
    if let line = uptimeLine() { uptime += stamp + line }
    var waits = ""
    for resource in ["cpu", "memory", "io"] {
      let path = "/proc/pressure/\(resource)"
      if let text = files.textIfAny(path), !text.isEmpty { waits += "==> \(path) <==\n\(text)" }
    }
    if !waits.isEmpty { pressure += stamp + waits }
    // The host's, where a container sees its processes.
    let counters = ["snmp", "netstat", "sockstat"].compactMap {
      files.textIfAny("/proc/1/net/\($0)") ?? files.textIfAny("/proc/net/\($0)")
    }.joined().split(separator: "\n").filter { $0.hasPrefix("Tcp") || $0.hasPrefix("TCP: inuse ") }
    if !counters.isEmpty { network += stamp + counters.joined(separator: "\n") + "\n" }
    for (name, counts) in AdapterCounters.allowances(files) {
      adapters += stamp + host.prompt("ethtool -S \(name) | grep allowance")
      for count in counts { adapters += "     \(count.name): \(count.value)\n" }
    }
  }

  /// ` 09:52:18 up 33 days,  4:40,  0 users,  load average: 9.81, 8.77, 5.02`
  private func uptimeLine() -> String? {
    guard let loads = host.files.textIfAny("/proc/loadavg", limit: 256)?.split(separator: " "),
      loads.count >= 3,
      let seconds = host.files.textIfAny("/proc/uptime", limit: 256)?.split(separator: " ").first
        .flatMap({ Double($0) }), seconds >= 0, seconds < 1e10
    else { return nil }
    let minutes = Int(seconds / 60)
    let (days, hours, rest) = (minutes / 1440, minutes / 60 % 24, minutes % 60)
    let clock = hours == 0 ? "\(rest) min" : "\(hours):\(rest < 10 ? "0" : "")\(rest)"
    let up = (days > 0 ? "\(days) day\(days == 1 ? "" : "s"), " : "") + clock
    return " \(WallClock.now.timeOfDay) up \(up), 0 users, load average: \(loads[0]), \(loads[1]), "
      + "\(loads[2])\n"
  }

  var files: [CollectedFile] {
    func file(_ name: String, _ command: String, _ text: String) -> CollectedFile? {
      text.isEmpty
        ? nil
        : CollectedFile("host/\(name).txt", from: "/proc", text: host.prompt(command) + text)
    }
    return [
      file("meminfo", "cat /proc/meminfo", meminfo), file("uptime", "uptime", uptime),
      file("pressure", "tail /proc/pressure/*", pressure),
      file("network", "cat /proc/net/snmp /proc/net/netstat /proc/net/sockstat", network),
      adapters.isEmpty
        ? nil : CollectedFile("host/ethtool.txt", from: "SIOCETHTOOL", text: adapters),
      vmstat.rows > 0 ? file("vmstat", "vmstat -t", vmstat.text) : nil,
      // The first speaks of the time since the boot.
      iostat.reports > 1 ? file("iostat", "iostat -xdt", iostat.text) : nil,
    ].compactMap { $0 }
  }
}

/// The room of a file system.
struct DiskSpace {
  /// Bytes.
  let size: Int
  let free: Int
  /// For those who are not root.
  let available: Int
  /// How many files it can hold, and how many more; 0 where it has no fixed number.
  let inodes: Int
  let freeInodes: Int

  init?(at path: String) {
    var status = statvfs()
    guard statvfs(path, &status) == 0 else { return nil }
    func bytes(_ blocks: fsblkcnt_t) -> Int {
      Int(clamping: blocks.multipliedReportingOverflow(by: status.f_frsize).partialValue)
    }
    (size, free) = (bytes(status.f_blocks), bytes(status.f_bfree))
    available = bytes(status.f_bavail)
    inodes = Int(clamping: status.f_files)
    freeInodes = Int(clamping: status.f_ffree)
  }

  /// Rounded up, as `df` does.
  static func percent(_ part: Int, of all: Int) -> Int {
    all > 0 ? Int((100 * Double(part) / Double(all)).rounded(.up)) : 0
  }
}
