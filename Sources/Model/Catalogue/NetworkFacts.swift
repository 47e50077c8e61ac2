/// What the network adapter of EC2 counts, since the boot.
let ethernetFacts = FactGroup(
  subject: .host,
  source:
    "https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/monitoring-network-performance-ena.html",
  collect: "for i in 1 2; do date -u; ethtool -S eth0 | grep allowance; sleep 60; done",
  [
    .init(
      "host.network.allowance_exceeded", .count,
      "Packets that EC2 queued or dropped since the instance gets no more of the network, by allowance "
        + "(bw_in, bw_out, pps, conntrack, linklocal) and interface.",
      fold: .sum)
  ])

/// What the kernel counts of TCP, since the boot, and the queues of listening sockets.
let tcpFacts = FactGroup(
  subject: .host, source: "https://docs.kernel.org/networking/snmp_counter.html",
  collect: "for i in 1 2; do date -u; nstat -az; sleep 60; done",
  [
    .init(
      "host.network.listen_overflows", .count,
      "Connections that were dropped since the queue of the socket was full that they were for."),
    .init(
      "host.network.listen_drops", .count,
      "Connections that a listening socket dropped for any reason."),
    .init("host.network.segments_sent", .count, "TCP segments sent."),
    .init("host.network.segments_retransmitted", .count, "TCP segments sent again."),
    .init(
      "host.network.full_listeners", .count,
      "Listening sockets whose queue is full: what comes is dropped.", fold: .max,
      collect: "ss -lnt; ss -lnx"),
    .init(
      "host.network.listen_queue", .count,
      "Connections that no program took yet, of the full queue that has most above its limit.",
      collect: "ss -lnt; ss -lnx"),
    .init(
      "host.network.listen_backlog", .count, "How many may wait there.",
      collect: "ss -lnt; ss -lnx"),
    .init(
      "host.network.tcp_in_use", .count, "TCP sockets that are open.", fold: .max,
      collect: "cat /proc/net/sockstat"),
    .init(
      "host.network.tcp_time_wait", .count,
      "Connections that were closed on this side, whose local port is kept for a minute more.",
      fold: .max, collect: "cat /proc/net/sockstat"),
    .init(
      "host.network.local_ports", .count,
      "Local ports for connections that this host makes; each server can be connected to once from each.",
      collect: "sysctl net.ipv4.ip_local_port_range"),
  ])
