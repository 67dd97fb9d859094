import DNSWire

/// What a record points to: the address of A and AAAA, or the leading name of types that have one.
public enum RDataTarget: Sendable, Equatable {
  /// The whole rdata.
  case address
  /// Where a complete wire name lies in the rdata.
  case name(Range<Int>)

  /// Finds the target; nil for other types, for lossy rows, for damaged rdata, and where a service
  /// points to its own owner.
  public init?(_ row: TextRow, rdata: Span<UInt8>) {
    guard row.vantage != .text else { return nil }
    let start: Int
    switch row.rrtype {
    case .a where rdata.count == 4, .aaaa where rdata.count == 16:
      self = .address
      return
    case .ns, .cname, .dname, .ptr, .soa: start = 0
    case .mx, .svcb, .https, .afsdb, .rt, .kx: start = 2
    case .srv: start = 6
    default: return nil
    }
    guard let end = RDataTarget.nameEnd(rdata, from: start), end - start > 1 else { return nil }
    self = .name(start..<end)
  }

  /// Behind the name at `start`; nil when it does not end within the rdata.
  private static func nameEnd(_ rdata: Span<UInt8>, from start: Int) -> Int? {
    var at = start
    while at < rdata.count, rdata[at] <= UInt8(DNSLimits.labelOctetsMax) {
      if rdata[at] == 0 { return at + 1 - start <= DNSLimits.nameOctetsMax ? at + 1 : nil }
      at += 1 + Int(rdata[at])
    }
    return nil
  }
}
