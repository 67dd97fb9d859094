import TidemarkCompression

/// The body of an answer, collected within a bound. Servers are asked not to pack it; what one
/// packs with gzip all the same is unpacked, and the bound counts what comes out.
struct OutboundBody: ~Copyable {
  private(set) var octets: [UInt8] = []
  /// True when there was more.
  private(set) var isCut = false
  private let octetsMax: Int
  private var unpacker: Unpacker?
  /// Answers without a body, such as 304, name a coding as well.
  private var hasBegun = false

  /// Starts without octets.
  ///
  /// - Parameter encodings: values of `Content-Encoding`.
  /// - Throws: ``OutboundFault/Encoded`` for any coding but gzip, or several.
  init(encodings: [String], octetsMax: Int) throws(OutboundFault.Encoded) {
    self.octetsMax = octetsMax
    let names = encodings.map { $0.lowercased() }.filter { $0 != "identity" && !$0.isEmpty }
    guard let name = names.first else { return }
    guard names.count == 1, ["gzip", "x-gzip"].contains(name) else {
      throw OutboundFault.Encoded()
    }
    // The end of what is wanted is a cut, as without a coding, and not a fault.
    unpacker = Unpacker(.gzip, octetsMax: Int.max, pieceOctets: 1 << 14)
  }

  /// Adds what came.
  ///
  /// - Returns: false when nothing more is wanted.
  /// - Throws: what the unpacker says of damage.
  mutating func append(_ part: Span<UInt8>) throws(Unpacker.Fault) -> Bool {
    hasBegun = true
    guard unpacker != nil else { return take(part) }
    return try unpack(part, isLast: false)
  }

  /// Checks that what is packed came to its end.
  mutating func finish() throws(Unpacker.Fault) {
    guard hasBegun, !isCut else { return }
    let none: [UInt8] = []
    _ = try unpack(none.span, isLast: true)
  }

  private mutating func unpack(
    _ part: Span<UInt8>, isLast: Bool
  ) throws(Unpacker.Fault) -> Bool {
    var at = 0
    var piece: [UInt8] = []
    while try unpacker?.next(part, at: &at, isLast: isLast, into: &piece) ?? false {
      guard take(piece.span) else { return false }
    }
    return true
  }

  private mutating func take(_ part: Span<UInt8>) -> Bool {
    let count = min(part.count, octetsMax - octets.count)
    for index in 0..<count { octets.append(part[index]) }
    isCut = count < part.count
    return !isCut
  }
}
