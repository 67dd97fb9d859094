/// Puts messages together from the frames that a WebSocket server sends (RFC 6455 section 5), and
/// holds it to the rules. Pure: whoever reads frames asks this what they mean.
///
/// No extension is ever negotiated, so reserved bits are a fault, compressed messages with them.
/// Text is not checked to be UTF-8: the reader of rows does so row by row.
public struct WebSocketMessages: Sendable {
  /// What a frame means.
  public enum Step: Equatable, Sendable {
    /// Part of a message, or nothing that asks for anything.
    case none
    /// A message is whole; it lies in ``WebSocketMessages/message`` until the next call.
    case message
    /// The other side wants to know whether we are here.
    case ping
    /// It is here.
    case pong
    /// It ends the connection, perhaps saying why.
    case close(code: UInt16?)
  }

  /// What a server may not do.
  public enum Fault: Error, Equatable, Sendable {
    /// A reserved bit is set though no extension was agreed on.
    case reservedBits
    /// No such kind of frame.
    case unknownOpcode
    /// Servers do not mask (section 5.1).
    case masked
    /// A control frame with more than 125 octets, or in fragments.
    case badControlFrame
    /// The end of a message that never began.
    case unexpectedContinuation
    /// A message begins while another is under way.
    case interruptedMessage
    /// A message longer than the bound, or in more fragments.
    case messageTooLong
    /// A reason to close that is none.
    case badClose

    /// The status to close with (section 7.4.1).
    public var closeCode: UInt16 { self == .messageTooLong ? 1_009 : 1_002 }
  }

  /// Longest message, octets: a chunk of rows.
  public static let messageOctetsMax = 4 << 20
  /// Most fragments of a message, so that one of nothing does not go on for ever.
  public static let fragmentsMax = 4_096
  /// Longest control frame, octets (section 5.5).
  public static let controlOctetsMax = 125

  /// The message that was given last, ended by a line feed.
  public private(set) var message: [UInt8] = []

  private let messageOctetsMax: Int
  private var fragments = 0
  private var isGiven = false

  /// Makes the state at the start of a connection.
  public init(messageOctetsMax: Int = WebSocketMessages.messageOctetsMax) {
    self.messageOctetsMax = messageOctetsMax
  }

  /// True when a message is under way.
  public var isInsideMessage: Bool { fragments > 0 }

  /// Takes a frame.
  ///
  /// - Parameters:
  ///   - opcode: its kind, 0 to 15.
  ///   - isFinal: FIN is set.
  ///   - hasReservedBits: one of RSV1 to RSV3 is set.
  ///   - isMasked: MASK is set.
  ///   - payload: unmasked.
  public mutating func take(
    opcode: UInt8, isFinal: Bool, hasReservedBits: Bool, isMasked: Bool, payload: Span<UInt8>
  ) throws(Fault) -> Step {
    if isGiven {
      isGiven = false
      message.removeAll(keepingCapacity: true)
    }
    if hasReservedBits { throw .reservedBits }
    if isMasked { throw .masked }
    switch opcode {
    case 0:
      guard isInsideMessage else { throw .unexpectedContinuation }
      return try append(payload, isFinal: isFinal)
    case 1, 2:
      guard !isInsideMessage else { throw .interruptedMessage }
      return try append(payload, isFinal: isFinal)
    case 8, 9, 10:
      guard isFinal, payload.count <= WebSocketMessages.controlOctetsMax else {
        throw .badControlFrame
      }
      if opcode == 8 { return .close(code: try WebSocketMessages.code(payload)) }
      return opcode == 9 ? .ping : .pong
    default: throw .unknownOpcode
    }
  }

  private mutating func append(
    _ payload: Span<UInt8>, isFinal: Bool
  ) throws(Fault) -> Step {
    fragments += 1
    guard message.count + payload.count <= messageOctetsMax,
      fragments <= WebSocketMessages.fragmentsMax
    else { throw .messageTooLong }
    unsafe payload.withUnsafeBufferPointer { unsafe message.append(contentsOf: $0) }
    guard isFinal else { return .none }
    message.append(PositionLine.lineFeed)
    fragments = 0
    isGiven = true
    return .message
  }

  private static func code(_ payload: Span<UInt8>) throws(Fault) -> UInt16? {
    guard payload.count > 0 else { return nil }
    guard payload.count >= 2 else { throw .badClose }
    let code = UInt16(payload[0]) << 8 | UInt16(payload[1])
    guard (1_000...4_999).contains(code), ![1_004, 1_005, 1_006].contains(code) else {
      throw .badClose
    }
    return code
  }
}
