/// Figures as people read them: `1.2 GiB`, `43 ms`, `12.5 days`, `80 %`, `7.98 /s`, `70,560`.
///
/// Statements and reports use the same words for a value, so that what a report says and what its
/// evidence quotes never differ. ASCII only: a rescue console shows nothing else.
package func wording(_ value: Value, unit: Unit) -> String {
  switch value {
  case .number(let number): wording(number, unit: unit)
  case .text(let text): text
  case .flag(let flag): flag ? "yes" : "no"
  case .time(let time): wording(time)
  }
}

package func wording(_ number: Double, unit: Unit) -> String {
  guard number.isFinite else { return "?" }
  return switch unit {
  case .count, .text: countWording(number)
  case .bytes: bytesWording(number)
  case .seconds: secondsWording(number)
  case .fraction: figure(number * 100) + " %"
  case .perSecond: rateWording(number)
  case .bytesPerSecond: byteRateWording(number)
  case .time: Instant(seconds: number).map { wording($0) } ?? "?"
  case .flag: number == 0 ? "no" : "yes"
  }
}

/// `98 %` of a probability; never 0 or 100, since nothing here is that sure.
package func percent(_ probability: Double) -> String {
  switch probability {
  case 0.995...: ">99 %"
  case ..<0.005: "<1 %"
  default: decimal(probability * 100, places: 0) + " %"
  }
}

/// `2024-03-05 02:07:00Z`.
package func wording(_ time: Instant) -> String {
  String(time.description.map { $0 == "T" ? " " : $0 })
}

/// `2024-03-05 02:07:00Z to 02:19:30Z`; the date is said once where both ends share it.
package func wording(_ span: TimeSpan) -> String {
  let from = wording(span.lowerBound)
  let to = wording(span.upperBound)
  if span.lowerBound == span.upperBound { return from }
  let sameDay = from.prefix(10) == to.prefix(10)
  return from + " to " + (sameDay ? String(to.dropFirst(11)) : to)
}

/// `value` with `places` decimals, without exponent. Rounds the shortest decimal that stands for
/// the value half away from zero, as people do: 1.005 is 1.01, although the nearest binary number
/// is a little less. `?` where it is no number.
package func decimal(_ value: Double, places: Int) -> String {
  guard value.isFinite else { return "?" }
  let places = min(max(places, 0), 400)
  // The shortest form is digits with an optional point and exponent: `-12.5`, `5e-324`, `1.5e+20`.
  var digits: [UInt8] = []
  var pointAt: Int?
  var exponent = 0
  let text = Array(value.magnitude.description.utf8)
  for (index, byte) in text.enumerated() {
    if byte == UInt8(ascii: ".") {
      pointAt = digits.count
    } else if byte == UInt8(ascii: "e") {
      exponent = Int(String(decoding: text[(index + 1)...], as: UTF8.self)) ?? 0
      break
    } else {
      digits.append(byte - UInt8(ascii: "0"))
    }
  }
  // The value is 0.d1d2d3... times ten to the power of `whole`.
  var whole = (pointAt ?? digits.count) + exponent
  if whole < 0 {
    digits.insert(contentsOf: repeatElement(0, count: -whole), at: 0)
    whole = 0
  }
  let kept = whole + places
  if digits.count > kept {
    let roundsUp = digits[kept] >= 5
    digits.removeSubrange(kept...)
    if roundsUp {
      var index = kept - 1
      while index >= 0, digits[index] == 9 {
        digits[index] = 0
        index -= 1
      }
      if index >= 0 {
        digits[index] += 1
      } else {
        digits.insert(1, at: 0)
        whole += 1
      }
    }
  } else {
    digits.append(contentsOf: repeatElement(0, count: kept - digits.count))
  }
  let isZero = digits.allSatisfy { $0 == 0 }
  let ascii = digits.map { $0 + UInt8(ascii: "0") }
  let integral = ascii[..<whole].drop { $0 == UInt8(ascii: "0") }
  var result = value < 0 && !isZero ? "-" : ""
  result += integral.isEmpty ? "0" : String(decoding: integral, as: UTF8.self)
  if places > 0 { result += "." + String(decoding: ascii[whole...], as: UTF8.self) }
  return result
}

/// Three significant digits, whole numbers in full, no trailing zeros: `7.98`, `12.5`, `1,024`.
package func figure(_ number: Double) -> String {
  guard number.isFinite else { return "?" }
  let size = number.magnitude
  guard size < 1e21 else { return number.description }
  if size == 0 { return "0" }
  var places = 2
  if size >= 100 {
    places = 0
  } else if size >= 10 {
    places = 1
  } else {
    var scaled = size
    while scaled < 1, places < 15 {
      scaled *= 10
      places += 1
    }
  }
  var text = decimal(number, places: places)
  if text.contains(".") {
    while text.hasSuffix("0") { text.removeLast() }
    if text.hasSuffix(".") { text.removeLast() }
  }
  return grouped(text)
}

private func countWording(_ number: Double) -> String {
  number == number.rounded() && number.magnitude < 1e21
    ? grouped(decimal(number, places: 0)) : figure(number)
}

private func bytesWording(_ bytes: Double) -> String {
  if bytes.magnitude < 1024 {
    let text = figure(bytes)
    return text + (text == "1" ? " byte" : " bytes")
  }
  var amount = bytes
  var unit = ""
  for name in ["KiB", "MiB", "GiB", "TiB", "PiB", "EiB"] {
    amount /= 1024
    unit = name
    // What would be rounded to 1,024 is one of the next unit.
    if amount.magnitude < 1023.5 { break }
  }
  return figure(amount) + " " + unit
}

private func secondsWording(_ seconds: Double) -> String {
  let size = seconds.magnitude
  if size == 0 { return "0 s" }
  if size < 1 { return figure(seconds * 1000) + " ms" }
  if size < 120 { return figure(seconds) + " s" }
  if size < 7200 { return figure(seconds / 60) + " min" }
  if size < 2 * 86_400 { return figure(seconds / 3600) + " h" }
  if size < 730 * 86_400 { return figure(seconds / 86_400) + " days" }
  return figure(seconds / (365.25 * 86_400)) + " years"
}

/// Slow rates per hour or per day: `0.0002 /s` says nothing to anyone.
private func rateWording(_ rate: Double) -> String {
  let size = rate.magnitude
  if size == 0 || size >= 0.01 { return figure(rate) + " /s" }
  if size * 3600 >= 1 { return figure(rate * 3600) + " /h" }
  return figure(rate * 86_400) + " /day"
}

private func byteRateWording(_ rate: Double) -> String {
  let size = rate.magnitude
  if size == 0 || size >= 1024 { return bytesWording(rate) + "/s" }
  return bytesWording(rate * 86_400) + "/day"
}

/// Commas between thousands of the whole part.
private func grouped(_ number: String) -> String {
  let sign = number.hasPrefix("-") ? "-" : ""
  let unsigned = number.dropFirst(sign.count)
  let whole = unsigned.prefix { $0 != "." }
  guard whole.count > 3 else { return number }
  var result = ""
  for (index, digit) in whole.enumerated() {
    if index > 0, (whole.count - index).isMultiple(of: 3) { result.append(",") }
    result.append(digit)
  }
  return sign + result + unsigned.dropFirst(whole.count)
}
