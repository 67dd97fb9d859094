import DNSWire
import TidemarkModel
import TidemarkQuery

/// Writes rows of look-ups, one object a line: the cursor makes several rows of an RRset
/// that would be too long for one.
struct DNSDBRowWriter: Sendable {
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
  /// The line up to its rdata.
  private var start: [UInt8] = []

  init(_ options: Options) { self.options = options }

  /// Appends a row.
  mutating func append(_ row: borrowing RRsetRow, to out: inout [UInt8]) {
    makeStart(row)
    out.append(contentsOf: start)
    for (index, octets) in row.rdata.enumerated() {
      if index > 0 { out.append(UInt8(ascii: ",")) }
      let isLossy = row.isLossy
      DNSDBText.append(rdata: octets.span, type: row.rrtype, isLossy: isLossy, to: &out)
    }
    finish(to: &out)
  }

  private mutating func makeStart(_ row: borrowing RRsetRow) {
    start.removeAll(keepingCapacity: true)
    DNSDBText.append(options.isFramed ? "{\"obj\":{\"count\":" : "{\"count\":", to: &start)
    DNSDBText.append(count: row.count, to: &start)
    DNSDBText.append(
      first: row.timeFirst, last: row.timeLast, isZone: row.isZone,
      asText: options.showsTimesAsText, to: &start)
    DNSDBText.append(",\"rrname\":", to: &start)
    DNSDBText.append(name: row.rrname.span, to: &start)
    DNSDBText.append(",\"rrtype\":\"", to: &start)
    row.rrtype.appendMnemonic(to: &start)
    start.append(ASCII.quote)
    if row.bailiwick != .unknown {
      DNSDBText.append(",\"bailiwick\":", to: &start)
      appendBailiwick(row)
    }
    DNSDBText.append(options.rdataIsArray ? ",\"rdata\":[" : ",\"rdata\":", to: &start)
  }

  /// The last labels of the owner.
  private mutating func appendBailiwick(_ row: borrowing RRsetRow) {
    let name = row.rrname.span
    var labels = DomainName.labelCount(ofWire: name)
    var at = 0
    while labels > Int(row.bailiwick.rawValue), name[at] != 0 {
      at += 1 + Int(name[at])
      labels -= 1
    }
    DNSDBText.append(name: name.extracting(at..<name.count), to: &start)
  }

  private func finish(to out: inout [UInt8]) {
    if options.rdataIsArray { out.append(UInt8(ascii: "]")) }
    DNSDBText.append(options.isFramed ? "}}\n" : "}\n", to: &out)
  }
}
