/// What the first lines of a log say of whose log it is.
struct HostLogShape {
  /// Programs of the system rather than of an application.
  private static let systemTags: Set<String> = [
    "kernel", "systemd", "CRON", "cron", "crond", "anacron", "run-parts", "sshd", "sshd-session",
    "sudo", "su", "login", "dhclient", "dhcpcd", "NetworkManager", "chronyd", "ntpd", "rsyslogd",
    "auditd", "audit", "polkitd", "dbus-daemon", "dbus", "irqbalance", "snapd", "dockerd",
    "containerd", "amazon-ssm-agent", "ec2net", "logrotate", "earlyoom", "multipathd", "udisksd",
    "fstrim", "blkdeactivate", "unattended-upgr", "apt.systemd.daily", "postfix", "rtkit-daemon",
    "useradd", "passwd", "mdadm", "smartd", "agetty", "haveged", "ModemManager", "networkd-dispat",
  ]

  private(set) var lines = 0
  /// Lines with a kernel's stamp or the tag `kernel`.
  private(set) var kernel = 0
  /// Syslog lines of system programs, the kernel's among them.
  private(set) var system = 0
  /// Syslog lines of anything else.
  private(set) var other = 0
  /// Lines without a prefix that only the OOM killer writes.
  private(set) var bareOOM = 0

  init(_ sample: Sample) {
    for text in sample.lines {
      let bytes = Array(text.utf8)
      let line = bytes.span
      let isBlank = !text.contains { !$0.isWhitespace }
      if isBlank || line.hasPrefix("-- ") { continue }
      lines += 1
      let prefix = LogPrefix(line, offset: 0)
      if prefix.isKernel {
        kernel += 1
        system += 1
      } else if let tag = prefix.tag {
        let name = line.text(tag)
        if HostLogShape.systemTags.contains(name) || name.hasPrefix("systemd")
          || name.hasPrefix("cloud-init")
        {
          system += 1
        } else {
          other += 1
        }
      } else if prefix.stamp == nil {
        if line.contains("invoked oom-killer: ") || line.contains("illed process ")
          || line.contains("or sacrifice child") || line.hasPrefix("oom-kill:constraint")
        {
          bareOOM += 1
        }
      }
    }
  }

  var isMostlySystem: Bool { system * 2 >= lines && system > other }
}
