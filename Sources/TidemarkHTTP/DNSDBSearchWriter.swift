import DNSWire
import TidemarkModel
import TidemarkQuery

/// How rows of flexible searches are written, in the frame of version 2, the only one that has
/// them.
struct DNSDBSearchStyle: Sendable {
  /// Rows have a count and times.
  let isVerbose: Bool
  let showsTimesAsText: Bool

  fileprivate func append(_ type: RRType, to out: inout [UInt8]) {
    ASCII.append(",\"rrtype\":\"", to: &out)
    type.appendMnemonic(to: &out)
    out.append(ASCII.quote)
  }

  /// Appends count and times, if they are wanted and known.
  fileprivate func append(_ seen: SeenSpan?, to out: inout [UInt8]) {
    guard isVerbose, let seen else { return }
    ASCII.append(",\"count\":", to: &out)
    DNSDBText.append(count: seen.count, to: &out)
    DNSDBText.append(
      first: seen.timeFirst, last: seen.timeLast, isZone: false, asText: showsTimesAsText,
      to: &out)
  }
}

/// Writes names, or names and types, that a pattern fits.
struct DNSDBNameWriter: DNSDBWriter {
  let style: DNSDBSearchStyle

  /// Appends `rrname` and `rrtype`.
  func append(_ row: borrowing NameRow, to out: inout [UInt8]) {
    ASCII.append("{\"obj\":{\"rrname\":", to: &out)
    DNSDBText.append(name: row.rrname.span, to: &out)
    if let type = row.rrtype { style.append(type, to: &out) }
    style.append(row.seen, to: &out)
    ASCII.append("}}\n", to: &out)
  }
}

/// Writes rdata that a pattern fits.
struct DNSDBRDataWriter: DNSDBWriter {
  let style: DNSDBSearchStyle

  /// Appends `rdata`, `rrtype`, and `raw_rdata`, with which clients go on to a look-up.
  func append(_ row: borrowing RDataRow, to out: inout [UInt8]) {
    ASCII.append("{\"obj\":{\"rdata\":", to: &out)
    let isLossy = row.isLossy
    DNSDBText.append(rdata: row.rdata.span, type: row.rrtype, isLossy: isLossy, to: &out)
    style.append(row.rrtype, to: &out)
    ASCII.append(",\"raw_rdata\":\"", to: &out)
    DNSDBText.append(hexadecimal: row.rdata.span, to: &out)
    out.append(ASCII.quote)
    style.append(row.seen, to: &out)
    ASCII.append("}}\n", to: &out)
  }
}
