import DNSWire
import TidemarkModel

/// Pieces of DNSDB objects: pure ASCII, names with their final dot.
enum DNSDBText {
  /// Appends a JSON string of a name in wire form.
  static func append(name: Span<UInt8>, to out: inout [UInt8]) {
    JSONText.appendString(to: &out) { DomainName.appendText(of: name, finalDot: true, to: &$0) }
  }

  /// Appends a JSON string of rdata.
  ///
  /// - Parameter isLossy: the octets are text of a feed that does not give rdata completely. It
  ///   gets the final dot of a lone name, or the quotes, so that clients need not tell the two
  ///   apart.
  static func append(
    rdata: Span<UInt8>, type: RRType, isLossy: Bool, to out: inout [UInt8]
  ) {
    JSONText.appendString(to: &out) { text in
      if isLossy {
        append(lossy: rdata, type, to: &text)
      } else {
        RDataText.append(rdata, type: type, style: .dnsdb, to: &text)
      }
    }
  }

  private static func append(lossy rdata: Span<UInt8>, _ type: RRType, to out: inout [UInt8]) {
    let start = out.count
    let isQuoted = !rdata.isEmpty && rdata[0] == ASCII.quote
    if type == .txt || type == .spf, !isQuoted { return RDataText.appendQuoted(rdata, to: &out) }
    for index in rdata.indices { out.append(rdata[index]) }
    switch type {
    case .ns, .cname, .ptr, .dname, .mx, .soa, .srv:
      let isName = out[start...].allSatisfy { $0 > ASCII.space }
      if isName, out.last != ASCII.dot || out.count == start { out.append(ASCII.dot) }
    default: break
    }
  }

  /// Appends first and last seen with their names: `,"time_first":…,"time_last":…`.
  static func append(
    first: UnixSeconds, last: UnixSeconds, isZone: Bool, asText: Bool, to out: inout [UInt8]
  ) {
    ASCII.append(isZone ? ",\"zone_time_first\":" : ",\"time_first\":", to: &out)
    append(first, asText: asText, to: &out)
    ASCII.append(isZone ? ",\"zone_time_last\":" : ",\"time_last\":", to: &out)
    append(last, asText: asText, to: &out)
  }

  /// Appends a count, never above the largest number that clients can hold.
  static func append(count: UInt64, to out: inout [UInt8]) {
    ASCII.appendDecimal(min(count, COFWriter.numberMax), to: &out)
  }

  /// Appends octets in hexadecimal.
  static func append(hexadecimal octets: Span<UInt8>, to out: inout [UInt8]) {
    for index in octets.indices {
      for digit in [octets[index] >> 4, octets[index] & 15] {
        out.append(digit < 10 ? ASCII.zero + digit : UInt8(ascii: "a") + digit - 10)
      }
    }
  }

  /// Seconds, or `"YYYY-MM-DDTHH:MM:SSZ"`.
  private static func append(_ time: UnixSeconds, asText: Bool, to out: inout [UInt8]) {
    guard asText else { return ASCII.appendDecimal(UInt64(time), to: &out) }
    let date = ActivityDays.civil(time / TimeLimits.secondsPerDay)
    let second = time % TimeLimits.secondsPerDay
    out.append(ASCII.quote)
    ASCII.appendDecimal(UInt64(date.year), to: &out)
    appendPair("-", date.month, to: &out)
    appendPair("-", date.day, to: &out)
    appendPair("T", second / 3_600, to: &out)
    appendPair(":", second / 60 % 60, to: &out)
    appendPair(":", second % 60, to: &out)
    ASCII.append("Z\"", to: &out)
  }

  private static func appendPair(
    _ separator: StaticString, _ number: UInt32, to out: inout [UInt8]
  ) {
    ASCII.append(separator, to: &out)
    out.append(ASCII.zero + UInt8(truncatingIfNeeded: number / 10))
    out.append(ASCII.zero + UInt8(truncatingIfNeeded: number % 10))
  }
}
