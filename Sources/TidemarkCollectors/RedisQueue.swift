/// A list of a Redis server that others push to at its left end, as d4-core does with the lines for
/// its analyzers. Taken from are the oldest, in batches that get lost by no crash.
///
/// A batch moves, in one step of the server, from the queue to a list of ours, under a random
/// token. It stays there until it is acknowledged; until then taking gives the same batch with the
/// same token again, after whatever crash of whom. Whoever stores the token in the same atomic step
/// as the batch's content therefore takes in every entry exactly once:
///
///     take → store content and token → acknowledge
///
/// a crash before the store has the batch brings it again; one after that brings it with the token
/// that the store has, so that it is only acknowledged.
///
/// The names of our lists hold an id of the consumer, so that two consumers never get the same
/// batch. `tidemark:consumers:<list>` is the set of the ids.
///
/// - Concurrency: one thread at a time.
public final class RedisQueue {
  /// Bounds on batches.
  public struct Limits: Sendable {
    /// Entries of a batch.
    public var entriesMax = 8_192
    /// Octets of a batch; one entry may go beyond.
    public var octetsMax = 8 << 20
    /// Octets of an entry that are taken; of a longer one the rest is left out, and the reader
    /// counts it as too long.
    public var entryOctetsMax = (1 << 20) + 1

    /// The standard bounds.
    public init() {}
  }

  /// Entries that were taken together.
  public struct Batch: Sendable, Equatable {
    /// Tells the batch from all others.
    public let token: [UInt8]
    /// The entries, the oldest first, each ended by a line feed.
    public let octets: [UInt8]
    /// How many they are.
    public let entries: Int
  }

  /// Octets of a token.
  public static let tokenOctets = 32

  private let connection: RedisConnection
  private let list: String
  private let held: String
  private let limits: Limits

  /// Uses a connection for a queue.
  ///
  /// - Parameters:
  ///   - list: the key of the list.
  ///   - consumer: an id that nobody else has, and that stays: letters and digits.
  public init(
    _ connection: RedisConnection, list: String, consumer: String, limits: Limits = Limits()
  ) throws(RedisError) {
    self.connection = connection
    self.list = list
    self.limits = limits
    held = RedisQueue.heldName(list, consumer)
    _ = try connection.call(["SADD", RedisQueue.consumersName(list), consumer])
  }

  private static func heldName(_ list: String, _ consumer: String) -> String {
    "tidemark:taken:\(consumer):\(list)"
  }

  private static func consumersName(_ list: String) -> String { "tidemark:consumers:\(list)" }

  /// The oldest entries, or those that were taken last and never acknowledged; nil when there are
  /// none.
  public func take() throws(RedisError) -> Batch? {
    let words = [
      "EVAL", RedisQueue.taking, "3", list, held, held + ":token", String(limits.entriesMax),
      String(limits.octetsMax), String(limits.entryOctetsMax), RedisQueue.makeToken(),
    ]
    let reply = try connection.call(words)
    if reply == .none { return nil }
    guard let parts = reply.elements, parts.count == 2, let token = parts[0].text,
      token.count == RedisQueue.tokenOctets, let entries = parts[1].elements
    else { throw .unexpectedReply(command: "EVAL") }
    var octets: [UInt8] = []
    for entry in entries {
      guard let text = entry.text else { throw .unexpectedReply(command: "EVAL") }
      octets.append(contentsOf: text)
      octets.append(0x0A)
    }
    return Batch(token: token, octets: octets, entries: entries.count)
  }

  /// Ends a batch. One that is gone already is fine.
  public func acknowledge(_ batch: Batch) throws(RedisError) {
    let token = String(decoding: batch.token, as: UTF8.self)
    _ = try connection.call(
      ["EVAL", RedisQueue.acknowledging, "2", held, held + ":token", token])
  }

  /// Entries that wait.
  public func waiting() throws(RedisError) -> Int64 {
    try connection.call(["LLEN", list]).number ?? 0
  }

  /// Batches that other consumers took and never acknowledged: those of another store at work, or
  /// of one that is gone.
  public func heldByOthers() throws(RedisError) -> [(name: String, entries: Int64)] {
    let consumers = try connection.call(["SMEMBERS", RedisQueue.consumersName(list)])
    var found: [(name: String, entries: Int64)] = []
    for consumer in consumers.elements ?? [] {
      let name = RedisQueue.heldName(list, String(decoding: consumer.text ?? [], as: UTF8.self))
      guard name != held else { continue }
      let entries = try connection.call(["LLEN", name]).number ?? 0
      if entries > 0 { found.append((name, entries)) }
    }
    return found
  }

  /// An id for a consumer or a batch.
  static func makeToken() -> String {
    var text = ""
    for _ in 0..<(tokenOctets / 2) {
      let octet = UInt8.random(in: .min ... .max)
      text += (octet < 16 ? "0" : "") + String(octet, radix: 16)
    }
    return text
  }

  /// Keys: queue, list of ours, token. Arguments: entries, octets, octets of one, a new token.
  private static let taking = """
    local count = redis.call('LLEN', KEYS[2])
    if count == 0 then
      local octets = 0
      while count < tonumber(ARGV[1]) and octets < tonumber(ARGV[2]) do
        local entry = redis.call('RPOP', KEYS[1])
        if not entry then break end
        redis.call('RPUSH', KEYS[2], entry)
        count = count + 1
        octets = octets + string.len(entry)
      end
      if count == 0 then return false end
      redis.call('SET', KEYS[3], ARGV[4])
    end
    local token = redis.call('GET', KEYS[3])
    if not token then
      token = ARGV[4]
      redis.call('SET', KEYS[3], token)
    end
    local entries = redis.call('LRANGE', KEYS[2], 0, -1)
    for index = 1, #entries do
      entries[index] = string.sub(entries[index], 1, tonumber(ARGV[3]))
    end
    return {token, entries}
    """

  /// Keys: list of ours, token. Argument: the batch's token.
  private static let acknowledging = """
    if redis.call('GET', KEYS[2]) == ARGV[1] then
      redis.call('DEL', KEYS[1], KEYS[2])
      return 1
    end
    return 0
    """
}
