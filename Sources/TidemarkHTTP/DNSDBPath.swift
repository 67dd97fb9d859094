import DNSWire

/// A path of the DNSDB interface, told by its beginning: version 1 at the root and under
/// `/dnsdb/v1`, version 2 under `/dnsdb/v2`.
///
/// Clients put one slash too many in front when their base ends in one, and one at the end when
/// they leave the type out.
struct DNSDBPath {
  /// The versions differ in framing, and in what an answer without rows is.
  enum Version: Sendable {
    /// Objects, and 404 for none.
    case v1
    /// Objects in lines that say how the answer began and ended.
    case v2
  }

  let version: Version
  /// What follows the prefix, cut at slashes, still percent-encoded.
  let segments: ArraySlice<ArraySlice<UInt8>>

  /// Nil when the path belongs to nobody here.
  init?(_ path: ArraySlice<UInt8>) {
    let slash = UInt8(ascii: "/")
    var cut = path.drop { $0 == slash }
    while cut.last == slash { cut = cut.dropLast() }
    let segments = cut.split(separator: slash, omittingEmptySubsequences: false)
    if DNSDBPath.starts(segments, "dnsdb", "v2") {
      self.init(.v2, segments.dropFirst(2))
    } else if DNSDBPath.starts(segments, "dnsdb", "v1") {
      self.init(.v1, segments.dropFirst(2))
    } else if DNSDBPath.starts(segments, "lookup") || DNSDBPath.starts(segments, "summarize") {
      self.init(.v1, segments[...])
    } else {
      return nil
    }
  }

  private init(_ version: Version, _ segments: ArraySlice<ArraySlice<UInt8>>) {
    self.version = version
    self.segments = segments
  }

  /// `ping`, which is answered without a key.
  var isPing: Bool {
    version == .v2 && segments.count == 1 && DNSDBPath.starts(Array(segments), "ping")
  }

  /// `rate_limit`, where it is in each version.
  var isRateLimit: Bool {
    switch version {
    case .v1: segments.count == 2 && DNSDBPath.starts(Array(segments), "lookup", "rate_limit")
    case .v2: segments.count == 1 && DNSDBPath.starts(Array(segments), "rate_limit")
    }
  }

  private static func starts(_ segments: [ArraySlice<UInt8>], _ words: String...) -> Bool {
    segments.count >= words.count && zip(segments, words).allSatisfy { $0.elementsEqual($1.utf8) }
  }
}
