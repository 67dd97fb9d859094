import DNSWire
import HTTPTypes
import TidemarkQuery

/// What a path of the DNSDB interface asks for.
enum DNSDBRequest {
  /// Rows.
  case lookup(DNSDBLookup)
  /// How many rows, how often and when.
  case summary(DNSDBLookup)
  /// Names or rdata that a pattern fits.
  case search(DNSDBSearch)

  /// Reads the segments behind the version.
  ///
  /// - Throws: ``Problem``: 404 when the first segment is unknown, 400 for anything behind it.
  init(_ path: DNSDBPath) throws(Problem) {
    let rest = path.segments.dropFirst()
    switch path.segments.first.map({ String(decoding: $0, as: UTF8.self) }) {
    case "lookup": self = .lookup(try DNSDBLookup(rest))
    case "summarize": self = .summary(try DNSDBLookup(rest))
    case "regex" where path.version == .v2: self = .search(try DNSDBSearch(rest, .regex))
    case "glob" where path.version == .v2: self = .search(try DNSDBSearch(rest, .glob))
    default: throw Problem(.notFound, "nothing is served under this path")
    }
  }
}

/// The path of a look-up: `rrset` or `rdata`, the kind of value, the value, a type, a bailiwick.
struct DNSDBLookup {
  /// What is looked for.
  let subject: RecordQuery.Subject
  /// Whether rows are RRsets, or single rdata.
  let grouping: RRsetCursor.Grouping
  let types: DNSDBTypes
  let bailiwick: DomainName?

  init(_ segments: ArraySlice<ArraySlice<UInt8>>) throws(Problem) {
    let parts = Array(segments)
    guard parts.count >= 3 else {
      throw Problem(
        .badRequest, "the path needs rrset or rdata, then name, ip or raw, then a value")
    }
    guard parts.allSatisfy({ !$0.isEmpty }) else {
      throw Problem(.badRequest, "a segment of the path is empty")
    }
    let kind = parts[..<2].map { String(decoding: $0, as: UTF8.self) }.joined(separator: "/")
    guard parts.count <= (kind == "rrset/name" ? 5 : 4) else {
      throw Problem(.badRequest, "the path goes on behind the record type")
    }
    let types = parts.count > 3 ? try DNSDBTypes(parts[3]) : DNSDBTypes()
    bailiwick = parts.count > 4 ? try DNSDBValue.plainName(parts[4]) : nil
    grouping = kind.hasPrefix("rrset") ? .rrsets : .rdata
    subject = try DNSDBLookup.subject(kind, parts[2], types)
    // Each type that an address may be looked up with finds both families.
    self.types = kind == "rdata/ip" ? DNSDBTypes() : types
  }

  private static func subject(
    _ kind: String, _ value: ArraySlice<UInt8>, _ types: DNSDBTypes
  ) throws(Problem) -> RecordQuery.Subject {
    switch kind {
    case "rrset/name":
      switch try DNSDBValue.name(value) {
      case .exact(let name): return .owner(name)
      case .atOrBelow(let name): return .ownerAtOrBelow(name)
      case .oneBelow(let name): return .ownerOneBelow(name)
      case .startingWith(let name): return .ownerStartingWith(name)
      }
    case "rdata/name":
      switch try DNSDBValue.name(value) {
      case .exact(let name): return .rdataName(name)
      case .atOrBelow(let name): return .rdataNameAtOrBelow(name)
      case .oneBelow(let name): return .rdataNameOneBelow(name)
      case .startingWith(let name): return .rdataNameStartingWith(name)
      }
    case "rdata/ip":
      guard types.isForAddresses else {
        throw Problem(.badRequest, "addresses are looked up with the type A, AAAA or ANY")
      }
      return try DNSDBValue.addresses(value)
    case "rrset/raw": return .owner(try rawName(value))
    case "rdata/raw": return .rdata(try rawData(value, types))
    default:
      throw Problem(
        .badRequest, "a look-up is rrset/name, rrset/raw, rdata/name, rdata/ip or rdata/raw")
    }
  }

  private static func rawName(_ value: ArraySlice<UInt8>) throws(Problem) -> DomainName {
    let octets = try DNSDBValue.hexadecimal(value)
    do {
      return try DomainName(wire: octets)
    } catch {
      throw Problem(.badRequest, "the raw value is not a name in wire form: \(error)")
    }
  }

  /// The octets as the store has them: with a type it is known where their names are.
  private static func rawData(
    _ value: ArraySlice<UInt8>, _ types: DNSDBTypes
  ) throws(Problem) -> [UInt8] {
    let octets = try DNSDBValue.hexadecimal(value)
    guard octets.count <= DNSLimits.rdataOctetsMax else {
      throw Problem(.badRequest, "the raw value is longer than rdata can be")
    }
    var canonical: [UInt8] = []
    guard types.included.count == 1, let type = types.included.first,
      RDataCanonicalizer.append(octets.span, type: type, to: &canonical)
    else { return octets }
    return canonical
  }

  /// True when the first rows come without a long search.
  var isQuick: Bool {
    switch subject {
    case .owner, .rdataName: true
    case .network(let network): network.bits == network.octets.count * 8
    default: false
    }
  }
}

/// The path of a flexible search: `rrnames` or `rdata`, the pattern, a type.
struct DNSDBSearch {
  /// How the pattern is written.
  enum Method {
    case regex, glob
  }

  let method: Method
  /// True to search in rdata, false in owner names.
  let isInRData: Bool
  /// Decoded.
  let pattern: String
  let types: DNSDBTypes

  init(_ segments: ArraySlice<ArraySlice<UInt8>>, _ method: Method) throws(Problem) {
    let parts = Array(segments)
    guard (2...3).contains(parts.count), parts.allSatisfy({ !$0.isEmpty }) else {
      throw Problem(.badRequest, "the path needs rrnames or rdata, a pattern, and at most a type")
    }
    switch String(decoding: parts[0], as: UTF8.self) {
    case "rrnames": isInRData = false
    case "rdata": isInRData = true
    default: throw Problem(.badRequest, "patterns are searched in rrnames or in rdata")
    }
    self.method = method
    pattern = String(decoding: try DNSDBValue.text(parts[1]), as: UTF8.self)
    types = parts.count > 2 ? try DNSDBTypes(parts[2]) : DNSDBTypes()
    guard !types.hasDNSSEC else {
      throw Problem(.badRequest, "DNSSEC types cannot be searched by pattern")
    }
    guard isInRData, !types.isAny else { return }
    if let other = types.included.subtracting(RDataPatternQuery.searchedTypes).min() {
      throw Problem(.badRequest, "rdata of type \(other) cannot be searched by pattern")
    }
  }
}
