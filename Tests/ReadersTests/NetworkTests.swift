import Model
import Testing

@testable import Readers

/// What real `ethtool`, `netstat`, `nstat` and `ss` print stands in `Tests/acceptance/host_tools.py`.
@Suite struct NetworkTests {
  @Test(
    "Sockets are counted by ss, in two forms, and by the kernel",
    arguments: [
      ("Total: 162\nTCP:   8003 (estab 2, closed 8000, orphaned 0, timewait 7999)\n", 3.0, 7999.0),
      ("TCP:   12 (estab 5, closed 4, orphaned 0, synrecv 0, timewait 3/0), ports 0\n", 8, 3),
      ("sockets: used 41\nTCP: inuse 37 orphan 0 tw 28090 alloc 40 mem 3\n", 37, 28_090),
    ])
  func socketsAreCounted(_ text: String, _ open: Double, _ waiting: Double) {
    #expect(recognition(of: text, by: NetworkReader.self) == .certain)
    let page = readPage(text, with: NetworkReader.self)
    #expect(page.number("host.network.tcp_in_use") == open)
    #expect(page.number("host.network.tcp_time_wait") == waiting)
    #expect(page.warnings.isEmpty)
  }

  @Test(arguments: [
    ("net.ipv4.ip_local_port_range = 32768\t60999\n", 28_232.0 as Double?, 0),
    ("$ cat /proc/sys/net/ipv4/ip_local_port_range\n32768\t40767\n", 8000, 0),
    ("/proc/sys/net/ipv4/ip_local_port_range:1024 65535\n", 64_512, 0),
    ("net.ipv4.ip_local_port_range = 60999 32768\nvm.swappiness = 60\n", nil, 1),
    ("net.ipv4.ip_local_port_range = 32768\nvm.swappiness = 60\n", nil, 1),
  ])
  func localPortsAreRead(_ text: String, _ count: Double?, _ skipped: Int) {
    let page = readPage(text, with: SysctlReader.self)
    #expect(page.number("host.network.local_ports") == count)
    #expect(page.skippedLines == skipped)
  }

  private func read(_ text: String) -> Page { readPage(text, with: NetworkReader.self) }

  @Test("What ENA counts, by adapter and capture, with a date above each")
  func allowances() {
    let page = read(
      """
      ubuntu@web-1:~$ date -u; ethtool -S eth0
      Sun Nov 22 10:00:00 UTC 2026
      NIC statistics:
           tx_timeout: 0
           bw_in_allowance_exceeded: 0
           pps_allowance_exceeded: 81204
           queue_0_tx_cnt: 1204418
      ubuntu@web-1:~$ date -u; ethtool -S ens6 | grep allowance
      Sun Nov 22 10:01:00 UTC 2026
           bw_in_allowance_exceeded: 3
           conntrack_allowance_available: 136812
           pps_allowance_exceeded: 0
      """)
    #expect(page.all("host.network.allowance_exceeded").count == 4)
    #expect(page.number("host.network.allowance_exceeded", part: "pps of eth0") == 81204)
    #expect(page.line("host.network.allowance_exceeded", part: "bw_in of ens6") == 10)
    let time = page.all("host.network.allowance_exceeded").last?.time
    #expect(time?.description == "2026-11-22T10:01:00Z")
    #expect(page.warnings.isEmpty)
    #expect(page.subjects.count == 1)
  }

  @Test("Again and again without a prompt, each round is a sample")
  func rounds() {
    let round = "     bw_out_allowance_exceeded: 1\n     pps_allowance_exceeded: 2\n"
    let page = read("2026-11-22T10:00:00Z\n\(round)2026-11-22T10:01:00Z\n\(round)")
    let times = page.all("host.network.allowance_exceeded").compactMap { $0.time?.description }
    #expect(Set(times) == ["2026-11-22T10:00:00Z", "2026-11-22T10:01:00Z"])
    #expect(times.count == 4)
  }

  @Test(
    "netstat -s leaves out counters of zero: in a whole report they are zero, in a part unknown")
  func report() {
    let head =
      "Tcp:\n    10 segments received\n    2000 segments send out\n    30 segments retransmited\n"
    let whole = read(head + "TcpExt:\n    12 delayed acks sent\nIpExt:\n    InOctets: 12\n")
    #expect(whole.number("host.network.listen_overflows") == 0)
    #expect(whole.line("host.network.listen_overflows") == 5)
    #expect(whole.number("host.network.segments_sent") == 2000)
    #expect(whole.number("host.network.segments_retransmitted") == 30)
    let part = read("    30 segments retransmitted\n")
    #expect(part.number("host.network.segments_retransmitted") == 30)
    #expect(part.all("host.network.listen_overflows").isEmpty)
    let full = read(head + "TcpExt:\n    7 times the listen queue of a socket overflowed\n")
    #expect(full.number("host.network.listen_overflows") == 7)
  }

  @Test("nstat, and the tables of the kernel")
  func tables() {
    let list = read(
      "#kernel\nIpInReceives                    1457324            0.0\n"
        + "TcpExtListenOverflows           104                0.0\n")
    #expect(list.number("host.network.listen_overflows") == 104)
    let table = read(
      """
      TcpExt: SyncookiesSent ListenOverflows ListenDrops
      TcpExt: 0 5 6
      Tcp: RtoAlgorithm RtoMin OutSegs RetransSegs
      Tcp: 1 200 900 -1
      TcpExt: SyncookiesSent ListenOverflows ListenDrops
      TcpExt: 0 7
      """)
    #expect(table.number("host.network.listen_overflows") == 5)
    #expect(table.number("host.network.listen_drops") == 6)
    #expect(table.number("host.network.segments_sent") == 900)
    #expect(table.all("host.network.segments_retransmitted").isEmpty)
  }

  @Test("Queues of listening sockets: full is more than may wait; other sockets count bytes")
  func queues() {
    let page = read(
      """
      State  Recv-Q Send-Q Local Address:Port  Peer Address:Port Process
      LISTEN 129    128          0.0.0.0:8000       0.0.0.0:*    users:(("gunicorn",pid=7,fd=5))
      LISTEN 511    511        127.0.0.1:6379       0.0.0.0:*
      ESTAB  90000  12         127.0.0.1:6379     127.0.0.1:55012
      """)
    #expect(page.number("host.network.full_listeners") == 1)
    #expect(page.number("host.network.listen_queue") == 129)
    #expect(page.number("host.network.listen_backlog") == 128)
    #expect(page.line("host.network.listen_queue") == 2)
    let both = read(
      """
      Netid State  Recv-Q Send-Q     Local Address:Port Peer Address:Port
      u_str LISTEN 3      2      /run/gunicorn.sock 5301             * 0
      State  Recv-Q Send-Q Local Address:Port  Peer Address:Port
      LISTEN 0      128          0.0.0.0:22       0.0.0.0:*
      """)
    #expect(both.all("host.network.full_listeners").map(\.value) == [.number(1), .number(0)])
    #expect(both.number("host.network.listen_queue") == 3)
  }

  @Test("What only looks like them is not taken")
  func recognised() {
    #expect(recognition(of: "     pps_allowance_exceeded: 0\n", by: NetworkReader.self) == .certain)
    #expect(recognition(of: "State Recv-Q Send-Q Local Peer\n", by: NetworkReader.self) == .no)
    #expect(
      recognition(of: "allowance_exceeded: the quota of a user\n", by: NetworkReader.self) == .no)
    #expect(recognition(of: "12 segments of a customer\n", by: NetworkReader.self) == .no)
    #expect(
      recognition(of: "Tcp: RtoAlgorithm RtoMin\nTcp: 1 200\n", by: NetworkReader.self) == .certain)
  }

  @Test("node_exporter counts the same")
  func exporter() {
    let page = readPage(
      """
      node_time_seconds 1.7948448e+09
      node_netstat_TcpExt_ListenOverflows 9
      node_nf_conntrack_entries 65000
      node_nf_conntrack_entries_limit 65536
      node_ethtool_pps_allowance_exceeded{device="eth0"} 44

      """, with: PrometheusReader.self)
    #expect(page.number("host.network.listen_overflows") == 9)
    #expect(page.number("host.sysctl.net.netfilter.nf_conntrack_max") == 65536)
    #expect(page.number("host.network.allowance_exceeded", part: "pps of eth0") == 44)
  }
}
