import Testing

@testable import Model

@Suite struct WordingTests {
  @Test(arguments: [
    (0, 0, "0"), (0, 2, "0.00"), (1.005, 2, "1.01"), (2.5, 0, "3"), (-2.5, 0, "-3"),
    (-0.001, 2, "0.00"), (0.99996, 4, "1.0000"), (999.999, 2, "1000.00"), (0.05, 1, "0.1"),
    (0.04, 1, "0.0"), (1e-7, 4, "0.0000"), (1e-300, 3, "0.000"), (1e21, 0, "1" + zeros(21)),
    (1.5e20, 1, "15" + zeros(19) + ".0"), (123_456_789.125, 2, "123456789.13"),
    (0.6, 0, "1"), (0.4, 0, "0"), (12, 3, "12.000"),
  ])
  func decimals(value: Double, places: Int, text: String) {
    #expect(decimal(value, places: places) == text)
  }

  @Test func noNumberHasNoDecimals() {
    #expect(decimal(.nan, places: 2) == "?")
    #expect(decimal(.infinity, places: 2) == "?")
    #expect(decimal(.greatestFiniteMagnitude, places: 0).count == 309)
    #expect(decimal(1, places: .max).count == 402)
    #expect(decimal(1.6, places: .min) == "2")
  }

  @Test(arguments: figures)
  func numbers(number: Double, unit: Model.Unit, text: String) {
    #expect(wording(.number(number), unit: unit) == text)
  }

  @Test func otherValues() throws {
    #expect(wording(.flag(false), unit: .flag) == "no")
    #expect(wording(.text("noeviction"), unit: .text) == "noeviction")
    let from = try #require(Instant(year: 2024, month: 3, day: 5, hour: 2, minute: 7))
    #expect(wording(.time(from), unit: .time) == "2024-03-05 02:07:00Z")
    #expect(wording(from...from.advanced(by: 90)) == "2024-03-05 02:07:00Z to 02:08:30Z")
    #expect(
      wording(from...from.advanced(by: 86_400)) == "2024-03-05 02:07:00Z to 2024-03-06 02:07:00Z")
    #expect(wording(from...from) == "2024-03-05 02:07:00Z")
  }
}

private func zeros(_ count: Int) -> String { String(repeating: "0", count: count) }

private let figures: [(Double, Model.Unit, String)] = [
  (70_560, .count, "70,560"), (0, .count, "0"), (-1, .count, "-1"), (999, .count, "999"),
  (1000, .count, "1,000"), (1_234_567, .count, "1,234,567"), (7.984, .count, "7.98"),
  (0.00123456, .count, "0.00123"), (1234.56, .count, "1,235"), (-1234567.5, .count, "-1,234,568"),
  (18_446_744_073_709_551_616, .count, "18,446,744,073,709,552,000"), (1e300, .count, "1e+300"),
  (0, .bytes, "0 bytes"), (1, .bytes, "1 byte"), (512, .bytes, "512 bytes"),
  (1024, .bytes, "1 KiB"), (1_288_490_189, .bytes, "1.2 GiB"), (1_048_575, .bytes, "1 MiB"),
  (1_073_741_824, .bytes, "1 GiB"), (1_000 * 1_048_576, .bytes, "1,000 MiB"),
  (1e300, .bytes, figure(1e300 / 1_152_921_504_606_846_976) + " EiB"),
  (-2_147_483_648, .bytes, "-2 GiB"),
  (0, .seconds, "0 s"), (0.043, .seconds, "43 ms"), (0.000015, .seconds, "0.015 ms"),
  (3.25, .seconds, "3.25 s"), (90, .seconds, "90 s"), (300, .seconds, "5 min"),
  (86_400, .seconds, "24 h"), (1_080_000, .seconds, "12.5 days"),
  (2_147_483_647, .seconds, "68 years"), (-1, .seconds, "-1 s"),
  (0.8, .fraction, "80 %"), (1.5, .fraction, "150 %"), (0.0625, .fraction, "6.25 %"),
  (0, .fraction, "0 %"), (0.29, .fraction, "29 %"),
  (7.98, .perSecond, "7.98 /s"), (0, .perSecond, "0 /s"), (0.005, .perSecond, "18 /h"),
  (0.0001, .perSecond, "8.64 /day"), (12_345, .perSecond, "12,345 /s"),
  (2_097_152, .bytesPerSecond, "2 MiB/s"), (500, .bytesPerSecond, "41.2 MiB/day"),
  (0, .bytesPerSecond, "0 bytes/s"), (1, .flag, "yes"),
  (1_709_604_420, .time, "2024-03-05 02:07:00Z"), (-5, .time, "?"), (.nan, .count, "?"),
]
