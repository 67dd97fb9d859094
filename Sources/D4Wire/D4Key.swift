import Crypto

/// The secret that a sensor shares with its server.
public struct D4Key: Sendable, Equatable {
  /// Longest key, octets. The Go client reads no more of its key file; the server's registration
  /// keeps no more.
  public static let octetCountMax = 100
  /// The key that comes with every D4 program, and protects nothing.
  public static let sample = "private key to change"

  /// The octets of the secret.
  public let octets: [UInt8]
  /// The computation behind its first block, which is the key's.
  private let start: HMAC<SHA256>

  /// Takes octets as they are: what file formats put behind a key is not part of it.
  ///
  /// - Parameter octets: 1 to ``octetCountMax``, without CR, LF and NUL: the clients differ in what
  ///   they make of those.
  public init(octets: [UInt8]) throws(D4KeyError) {
    guard !octets.isEmpty else { throw .empty }
    guard octets.count <= D4Key.octetCountMax else { throw .tooLong }
    guard !octets.contains(where: { $0 == 0x0D || $0 == 0x0A || $0 == 0 }) else {
      throw .controlOctet
    }
    self.octets = octets
    start = HMAC<SHA256>(key: SymmetricKey(data: octets))
  }

  /// Reads a key file as the Go client does: the first ``octetCountMax`` octets, less one LF and
  /// then one CR at their end.
  ///
  /// - Throws: see ``init(octets:)``.
  public init(file content: [UInt8]) throws(D4KeyError) {
    var octets = Array(content.prefix(D4Key.octetCountMax))
    if octets.last == 0x0A { octets.removeLast() }
    if octets.last == 0x0D { octets.removeLast() }
    try self.init(octets: octets)
  }

  /// True for the key of the examples, which everybody knows.
  public var isSample: Bool { octets == Array(D4Key.sample.utf8) }

  /// Whether a packet was made by somebody who has the key. Takes the same time wherever the codes
  /// differ.
  ///
  /// - Parameter payload: the whole of it; of another length than the header says, it is refused.
  public func authenticates(_ header: D4Header, payload: Span<UInt8>) -> Bool {
    payload.count == Int(header.size) && code(of: header, payload: payload) == header.code
  }

  /// The code of a packet: over the header with a zero code, and over the payload.
  public func code(of header: D4Header, payload: Span<UInt8>) -> D4Code {
    var octets: [UInt8] = []
    octets.reserveCapacity(D4Header.octetCount)
    header.encode(with: .zero, into: &octets)
    var computation = start
    computation.update(data: octets)
    unsafe payload.withUnsafeBufferPointer { unsafe computation.update(data: $0) }
    return D4Code(octets: Array(computation.finalize()).span)
  }

  /// Compares in a time that depends on the lengths only.
  public static func == (one: D4Key, other: D4Key) -> Bool {
    guard one.octets.count == other.octets.count else { return false }
    var difference: UInt8 = 0
    for index in one.octets.indices { difference |= one.octets[index] ^ other.octets[index] }
    return difference == 0
  }
}

/// Why octets are not a key.
public enum D4KeyError: Error, Equatable, Sendable, CustomStringConvertible {
  /// There are none.
  case empty
  /// More than ``D4Key/octetCountMax``.
  case tooLong
  /// CR, LF or NUL.
  case controlOctet

  /// One sentence for people. Never holds the key.
  public var description: String {
    switch self {
    case .empty: "the key is empty"
    case .tooLong: "the key has more than \(D4Key.octetCountMax) octets"
    case .controlOctet: "the key holds CR, LF or NUL, of which every client makes something else"
    }
  }
}
