import DNSWire
import TidemarkModel
import TidemarkQuery

/// Writes rows of look-ups, one object a line: the cursor makes several rows of an RRset
/// that would be too long for one.
struct DNSDBRowWriter: DNSDBWriter {
  /// How objects are written.
  struct Options: Sendable {
    /// Each object is the value of `obj` in another one.
    var isFramed: Bool
    /// Times as RFC 3339 text.
    var showsTimesAsText: Bool
    /// Rdata as an array; otherwise rows must have one each, a string.
    var rdataIsArray: Bool
  }

  private let options: Options

  init(_ options: Options) { self.options = options }

  /// Appends a row.
  func append(_ row: borrowing RRsetRow, to out: inout [UInt8]) {
    appendStart(row, to: &out)
    for (index, octets) in row.rdata.enumerated() {
      if index > 0 { out.append(UInt8(ascii: ",")) }
      let isLossy = row.isLossy
      DNSDBText.append(rdata: octets.span, type: row.rrtype, isLossy: isLossy, to: &out)
    }
    finish(to: &out)
  }

  /// The line up to its rdata.
  private func appendStart(_ row: borrowing RRsetRow, to out: inout [UInt8]) {
    ASCII.append(options.isFramed ? "{\"obj\":{\"count\":" : "{\"count\":", to: &out)
    DNSDBText.append(count: row.count, to: &out)
    DNSDBText.append(
      first: row.timeFirst, last: row.timeLast, isZone: row.isZone,
      asText: options.showsTimesAsText, to: &out)
    ASCII.append(",\"rrname\":", to: &out)
    DNSDBText.append(name: row.rrname.span, to: &out)
    ASCII.append(",\"rrtype\":\"", to: &out)
    row.rrtype.appendMnemonic(to: &out)
    out.append(ASCII.quote)
    if row.bailiwick != .unknown {
      ASCII.append(",\"bailiwick\":", to: &out)
      appendBailiwick(row, to: &out)
    }
    ASCII.append(options.rdataIsArray ? ",\"rdata\":[" : ",\"rdata\":", to: &out)
  }

  /// The last labels of the owner.
  private func appendBailiwick(_ row: borrowing RRsetRow, to out: inout [UInt8]) {
    let name = row.rrname.span
    var labels = DomainName.labelCount(ofWire: name)
    var at = 0
    while labels > Int(row.bailiwick.rawValue), name[at] != 0 {
      at += 1 + Int(name[at])
      labels -= 1
    }
    DNSDBText.append(name: name.extracting(at..<name.count), to: &out)
  }

  private func finish(to out: inout [UInt8]) {
    if options.rdataIsArray { out.append(UInt8(ascii: "]")) }
    ASCII.append(options.isFramed ? "}}\n" : "}\n", to: &out)
  }
}
