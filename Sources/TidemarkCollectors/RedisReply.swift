import CHiredis

/// What a Redis server answers to a command.
public enum RedisReply: Sendable, Equatable {
  /// Octets.
  case octets([UInt8])
  /// A status such as `OK`.
  case status(String)
  /// A number.
  case number(Int64)
  /// Nothing.
  case none
  /// Several replies.
  case array([RedisReply])
  /// The command failed; the first word tells the kind.
  case failure(String)

  /// The octets of a text; nil for anything else.
  public var text: [UInt8]? {
    switch self {
    case .octets(let octets): octets
    case .status(let text): Array(text.utf8)
    default: nil
    }
  }

  /// The elements of an array; nil for anything else.
  public var elements: [RedisReply]? {
    if case .array(let elements) = self { elements } else { nil }
  }

  /// The number; nil for anything else.
  public var number: Int64? {
    if case .number(let number) = self { number } else { nil }
  }
}

/// Replies out of octets: hiredis reads the protocol, the octets come from a socket of our own, so
/// that every step has a time limit and every reply a bound.
@safe final class RedisReplyReader {
  private let reader: UnsafeMutablePointer<redisReader>?
  /// Octets fed since a reply was complete.
  private var octetsHeld = 0
  private let octetsMax: Int

  init(octetsMax: Int) {
    self.octetsMax = octetsMax
    unsafe reader = redisReaderCreate()
  }

  deinit {
    if let reader = unsafe reader { unsafe redisReaderFree(reader) }
  }

  /// Takes octets of the stream.
  func feed(_ octets: [UInt8]) throws(RedisError) {
    octetsHeld += octets.count
    guard octetsHeld <= octetsMax else { throw .tooLarge }
    let code = unsafe octets.withUnsafeBytes { bytes in
      unsafe redisReaderFeed(
        reader, bytes.baseAddress?.assumingMemoryBound(to: CChar.self), bytes.count)
    }
    guard code == REDIS_OK else { throw .protocolBroken }
  }

  /// The next reply; nil when more octets are needed.
  func next() throws(RedisError) -> RedisReply? {
    var found: UnsafeMutableRawPointer?
    guard unsafe redisReaderGetReply(reader, &found) == REDIS_OK else { throw .protocolBroken }
    guard let found = unsafe found else { return nil }
    defer { unsafe freeReplyObject(found) }
    octetsHeld = 0
    return try unsafe RedisReplyReader.value(of: found.assumingMemoryBound(to: redisReply.self))
  }

  private static func value(
    of reply: UnsafeMutablePointer<redisReply>
  ) throws(RedisError) -> RedisReply {
    switch unsafe reply.pointee.type {
    case REDIS_REPLY_STRING: return .octets(unsafe octets(of: reply))
    case REDIS_REPLY_STATUS:
      return .status(String(decoding: unsafe octets(of: reply), as: UTF8.self))
    case REDIS_REPLY_ERROR:
      return .failure(String(decoding: unsafe octets(of: reply), as: UTF8.self))
    case REDIS_REPLY_INTEGER: return .number(unsafe reply.pointee.integer)
    case REDIS_REPLY_NIL: return .none
    case REDIS_REPLY_ARRAY:
      var elements: [RedisReply] = []
      let count = unsafe reply.pointee.elements
      elements.reserveCapacity(count)
      for index in 0..<count {
        guard let element = unsafe reply.pointee.element[index] else { throw .protocolBroken }
        elements.append(try unsafe value(of: element))
      }
      return .array(elements)
    default: throw .protocolBroken
    }
  }

  private static func octets(of reply: UnsafeMutablePointer<redisReply>) -> [UInt8] {
    guard let start = unsafe reply.pointee.str else { return [] }
    return unsafe Array(UnsafeRawBufferPointer(start: start, count: reply.pointee.len))
  }
}

/// Why a Redis server could not be asked.
public enum RedisError: Error, Sendable, Equatable, CustomStringConvertible {
  /// No connection, or it ended or hung.
  case connection(String)
  /// What came is not the protocol.
  case protocolBroken
  /// A reply is longer than anything that was asked for.
  case tooLarge
  /// The server refuses the command.
  case refused(String)
  /// The reply is of another kind than the command's.
  case unexpectedReply(command: String)

  /// One line for people.
  public var description: String {
    switch self {
    case .connection(let text): "Redis: \(text)"
    case .protocolBroken: "Redis: what answers there does not speak the protocol"
    case .tooLarge: "Redis: a reply is too large"
    case .refused(let text): "Redis: \(text)"
    case .unexpectedReply(let command): "Redis: an odd reply to \(command)"
    }
  }
}
