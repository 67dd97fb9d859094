/// Cuts a stream of PowerDNS protobuf messages (recursor and dnsdist, `protobufServer` and its
/// kin) into messages: each has its length in front, big-endian, in two octets or, from recursor
/// 5.5 on when so configured, in four. There is no handshake and no magic number.
public struct PowerDNSStreamParser: Sendable {
  /// How the length of a message is written.
  public enum Framing: Int, Sendable, CaseIterable {
    /// Two octets.
    case twoOctets = 2
    /// Four octets, the option `frame4`.
    case fourOctets = 4
  }

  /// Longest message that four octets of length may announce. Two announce 65,535.
  public static let messageOctetsMax = 1 << 20
  /// A window of this many octets always suffices.
  public static let windowOctetsMax = messageOctetsMax + 4

  /// Octets of the stream before the current place.
  public private(set) var fileOffset: UInt64 = 0
  private let framing: Framing
  private var hasEnded = false

  /// A parser at the start of a stream.
  public init(framing: Framing = .twoOctets) { self.framing = framing }

  /// What a step found.
  public enum Step: Equatable, Sendable {
    /// A message, as a range of the window.
    case message(Range<Int>)
    /// Come back with a window that starts at the new `offset` and holds at least so many octets.
    case needMoreBytes(atLeast: Int)
    /// The stream ends inside the message that starts at `fileOffset`. Reported once, then
    /// ``end``.
    case truncated(fileOffset: UInt64)
    /// A message claims more than ``PowerDNSStreamParser/messageOctetsMax``: the framing is
    /// another one. Reported once, then ``end``.
    case tooLong(fileOffset: UInt64)
    /// No more messages.
    case end
  }

  /// Takes the next message.
  ///
  /// - Parameters:
  ///   - window: consecutive octets of the stream.
  ///   - offset: where in `window` to go on; moved over what has been used.
  ///   - isFinal: true when the stream ends with this window.
  public mutating func next(_ window: RawSpan, at offset: inout Int, isFinal: Bool) -> Step {
    precondition(offset >= 0 && offset <= window.byteCount, "offset outside the window")
    guard !hasEnded else { return .end }
    let available = window.byteCount - offset
    if available == 0, isFinal {
      hasEnded = true
      return .end
    }
    let header = framing.rawValue
    guard available >= header else { return wait(for: header, isFinal: isFinal) }
    let length =
      framing == .twoOctets
      ? Int(window.big(offset, as: UInt16.self)) : Int(window.big(offset, as: UInt32.self))
    guard length <= Self.messageOctetsMax else {
      hasEnded = true
      return .tooLong(fileOffset: fileOffset)
    }
    guard available >= header + length else {
      return wait(for: header + length, isFinal: isFinal)
    }
    let message = offset + header..<offset + header + length
    offset = message.upperBound
    fileOffset &+= UInt64(header + length)
    return .message(message)
  }

  private mutating func wait(for octets: Int, isFinal: Bool) -> Step {
    guard isFinal else { return .needMoreBytes(atLeast: octets) }
    hasEnded = true
    return .truncated(fileOffset: fileOffset)
  }
}
