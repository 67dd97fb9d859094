/// Rdata that comes as uncompressed wire octets outside a message, as feeds of other collectors
/// give it: checked and brought to the form that ``MessageParser`` gives to the same rdata in a
/// message, so that both make the same record.
public enum RDataCanonicalizer {
  /// Appends the canonical form of `rdata`.
  ///
  /// As in messages, the structure must be right where addresses or names are expected; rdata
  /// of other types is kept whatever it holds. A compression pointer is no name here.
  ///
  /// - Returns: false when the rdata is not of its type or is too long; `out` is unchanged then.
  public static func append(
    _ rdata: Span<UInt8>, type: RRType, to out: inout [UInt8]
  ) -> Bool {
    guard rdata.count <= DNSLimits.rdataOctetsMax else { return false }
    guard type == .a || type == .aaaa || RDataSchema.hasDecompressibleNames(type) else {
      for index in rdata.indices { out.append(rdata[index]) }
      return true
    }
    guard RDataSchema.isWellFormed(rdata, type: type) else { return false }
    RDataSchema.appendCanonical(rdata, type: type, to: &out)
    return true
  }

  /// Appends one complete uncompressed wire name, lowered.
  ///
  /// - Returns: false when the octets are not exactly one name; `out` is unchanged then.
  public static func appendName(_ wire: Span<UInt8>, to out: inout [UInt8]) -> Bool {
    guard RDataSchema.nameEnd(in: wire, from: 0) == wire.count else { return false }
    for index in wire.indices { out.append(ASCII.lowered(wire[index])) }
    return true
  }
}
