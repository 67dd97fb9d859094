/// A connection to one database of a Redis server: commands in, replies out, a time limit on every
/// step and a bound on every reply.
///
/// Errors leave the connection of no use: make another one. A command that the server refuses is no
/// error of the connection.
///
/// - Concurrency: one thread at a time.
public final class RedisConnection {
  /// Bounds.
  public struct Limits: Sendable {
    /// Seconds in which a connection, and each further step, must get on. Who stops waits so long.
    public var seconds = 10
    /// Longest reply, octets: several times the largest batch of a queue.
    public var replyOctetsMax = 32 << 20

    /// The standard bounds.
    public init() {}
  }

  private static let readOctets = 65_536

  private let socket: StreamSocket
  private let replies: RedisReplyReader
  private let limits: Limits
  private var room: [UInt8] = []

  /// Connects, says who we are, and chooses the database.
  public init(
    _ address: RedisAddress, limits: Limits = Limits()
  ) throws(RedisError) {
    self.limits = limits
    replies = RedisReplyReader(octetsMax: limits.replyOctetsMax)
    do throws(TransferError) {
      socket = try StreamSocket.connect(
        host: address.host, port: address.port, seconds: limits.seconds)
    } catch {
      throw .connection(RedisConnection.text(error))
    }
    if let password = address.password { try authenticate(address.user, password) }
    if address.database != 0 { _ = try call(["SELECT", String(address.database)]) }
  }

  private func authenticate(_ user: String?, _ password: String) throws(RedisError) {
    do throws(RedisError) {
      _ = try call(["AUTH"] + (user.map { [$0] } ?? []) + [password])
    } catch {
      guard case .refused = error else { throw error }
      // Servers that do not know the command repeat it, with the password.
      throw .refused("the server does not take the password")
    }
  }

  /// Sends a command of texts and waits for its reply.
  ///
  /// - Throws: ``RedisError``; a refusal by the server among them.
  public func call(_ words: [String]) throws(RedisError) -> RedisReply {
    try call(words.map { Array($0.utf8) })
  }

  /// Sends a command and waits for its reply.
  ///
  /// - Throws: ``RedisError``; a refusal by the server among them.
  public func call(_ words: [[UInt8]]) throws(RedisError) -> RedisReply {
    guard let reply = try pipeline([words]).first else { throw .protocolBroken }
    if case .failure(let text) = reply {
      throw .refused(String((text.split(whereSeparator: \.isNewline).first ?? "").prefix(200)))
    }
    return reply
  }

  /// Sends commands together and waits for all replies, in their order. Refusals are replies.
  public func pipeline(_ commands: [[[UInt8]]]) throws(RedisError) -> [RedisReply] {
    var octets: [UInt8] = []
    for command in commands { RedisConnection.append(command, to: &octets) }
    do throws(TransferError) {
      try socket.send(octets, seconds: limits.seconds)
    } catch {
      throw .connection(RedisConnection.text(error))
    }
    var found: [RedisReply] = []
    found.reserveCapacity(commands.count)
    while found.count < commands.count {
      if let reply = try replies.next() {
        found.append(reply)
      } else {
        try receive()
      }
    }
    return found
  }

  private func receive() throws(RedisError) {
    let isOpen: Bool
    do throws(TransferError) {
      isOpen = try socket.receive(
        into: &room, count: RedisConnection.readOctets, seconds: limits.seconds)
    } catch {
      throw .connection(RedisConnection.text(error))
    }
    guard isOpen else { throw .connection("the server closed the connection") }
    try replies.feed(room)
  }

  /// A command as the protocol writes it: an array of octet strings.
  static func append(_ words: [[UInt8]], to out: inout [UInt8]) {
    out.append(contentsOf: "*\(words.count)\r\n".utf8)
    for word in words {
      out.append(contentsOf: "$\(word.count)\r\n".utf8)
      out.append(contentsOf: word)
      out.append(contentsOf: "\r\n".utf8)
    }
  }

  private static func text(_ error: TransferError) -> String {
    switch error {
    case .closedEarly: "the server closed the connection"
    default: error.description
    }
  }
}
