import Model
import Testing

@testable import Readers

@Suite struct DiskSpaceTests {
  @Test(
    arguments: [
      (
        """
        Filesystem     Type 1024-blocks     Used Available Capacity Mounted on
        /dev/nvme0n1p1 ext4    30298176 30298156        20     100% /
        tmpfs          tmpfs     400000        0    400000       0% /run
        fs-1:/         nfs4           -        -         -        - /mnt/share
        """, 20.0 * 1024
      ),
      (
        """
        $ df -h
        Filesystem      Size  Used Avail Use% Mounted on
        /dev/nvme0n1p1   29G   29G   20K 100% /
        tmpfs           391M     0  391M   0% /run
        """, 20.0 * 1024
      ),
    ])
  func whatIsLeftIsRead(_ text: String, _ left: Double) {
    let page = readPage(text, with: DiskSpaceReader.self)
    let root = page.facts.filter { $0.part == "/" }
    #expect(root.first { $0.name == "host.disk.available" }?.value == .number(left))
    #expect(root.first { $0.name == "host.disk.used_share" }?.value == .number(1))
    #expect(page.facts.count == 6)
    #expect(page.warnings.isEmpty)
  }

  @Test(
    arguments: [
      """
      Filesystem     Inodes  IUsed IFree IUse% Mounted on
      /dev/root     1966080 1966080    0  100% /
      /dev/vda15          0       0    0     - /boot/efi
      tmpfs          124523       5 124518    1% /run
      """,
      """
      Filesystem     Type  Inodes IUsed IFree IUse% Mounted on
      /dev/root      ext4    1.9M  1.9M     0  100% /
      tmpfs          tmpfs   122K     5  122K    1% /run
      """,
      // BusyBox.
      """
      Filesystem              Inodes      Used Available Use% Mounted on
      /dev/mapper/ubuntu--vg-ubuntu--lv
                             1966080   1966080         0 100% /
      tmpfs                   124523         5    124518   1% /run
      """,
      """
      Filesystem      Size  Used Avail Use% Inodes IUsed IFree IUse% Mounted on
      /dev/root        29G   12G   17G  42%   1.9M  1.9M     0  100% /
      tmpfs           391M     0  391M   0%   122K     5  122K    1% /run
      """,
    ])
  func inodesAreRead(_ text: String) {
    #expect(DiskSpaceReader.recognises(Sample(name: "", head: Array(text.utf8))) == .certain)
    let page = readPage(text, with: DiskSpaceReader.self)
    let shares = page.facts.filter { $0.name == "host.disk.inodes_used_share" }
    #expect(shares.map(\.part) == ["/", "/run"])
    #expect(shares.map(\.value) == [.number(1), .number(0.01)])
    let space = page.facts.filter { $0.name == "host.disk.used_share" }.map(\.value)
    #expect(space == (text.contains("Avail Use%") ? [.number(0.42), .number(0)] : []))
    #expect(page.warnings.isEmpty)
  }

  @Test func aNameMayFillALine() {
    let text = """
      4
      Filesystem           1K-blocks      Used Available Use% Mounted on
      /dev/mapper/ubuntu--vg-ubuntu--lv
                            30298176  30298156        20 100% /
      tmpfs                   400000         0    400000   0% /run
      word
      400000 0 400000 0% /not/indented
      """
    let page = readPage(text, with: DiskSpaceReader.self)
    let shares = page.facts.filter { $0.name == "host.disk.used_share" }
    #expect(shares.map(\.part) == ["/", "/run"])
    #expect(shares.first?.value == .number(1))
    #expect(shares.first?.origin.line == 4)
  }

  @Test(arguments: [
    "Filesystem Inodes Mounted on\n/dev/vda 1 /",
    "Filesystem is full, said the log", "",
  ])
  func othersAreNotClaimed(_ text: String) {
    #expect(DiskSpaceReader.recognises(Sample(name: "df.txt", head: Array(text.utf8))) == .no)
  }

  @Test func aManifestTellsWhatIsMissing() {
    let text = """
      { "schema": "triage/collection/v1", "ended": "2026-11-21T12:00:09Z",
        "missing": [
          { "what": "redis://127.0.0.1:6379", "reason": "fault", "why": "it hangs" },
          { "what": "the kernel's log", "reason": "privilege", "why": "root may" } ] }
      """
    let sample = Sample(name: "manifest.json", head: Array(text.utf8))
    #expect(CollectionManifestReader.recognises(sample) == .certain)
    let page = readPage(text, with: CollectionManifestReader.self)
    #expect(
      page.warnings.map(\.message) == [
        "incomplete: redis://127.0.0.1:6379: it hangs", "not seen: the kernel's log: root may",
      ])
    #expect(page.warnings.first?.line == 3)
    #expect(page.facts.contains { $0.name == "capture.time" })
  }
}
