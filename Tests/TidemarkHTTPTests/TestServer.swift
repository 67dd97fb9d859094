import NIOCore
import NIOPosix
import Synchronization
import TidemarkAccess
import TidemarkDomains
import TidemarkHTTP
import TidemarkIngest
import TidemarkModel
import TidemarkStore

/// A server on a free port of loopback, for the time of a test.
struct TestServer: Sendable {
  let port: Int

  /// 2024-06-01, the clock of every test.
  static let now: UnixSeconds = 1_717_200_000

  /// Serves a store while `test` runs.
  static func serving(
    _ store: any RecordStore, origin: String = "https://pdns.example.com/",
    access: AccessControl = .open, tokenField: String? = nil,
    adjust: (inout TidemarkServer.Settings) -> Void = { _ in },
    clock: @escaping @Sendable () -> UnixSeconds = { now },
    _ test: @Sendable (TestServer) async throws -> Void
  ) async throws {
    var settings = TidemarkServer.Settings()
    settings.port = 0
    settings.origin = origin
    settings.clock = clock
    settings.access = access
    settings.tokenField = tokenField
    settings.sensors = SensorShelf()
    // A busy machine is no reason to show less.
    settings.pageTimes = PageTimes(all: .seconds(120))
    settings.domainTools.suffixes = try PublicSuffixList.standard()
    adjust(&settings)
    let server = try TidemarkServer(store: store, settings: settings)
    let (ports, port) = AsyncStream.makeStream(of: Int.self)
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask {
        defer { port.finish() }
        try await server.run(stopsOnSignals: false) { port.yield($0) }
      }
      if let listening = await ports.first(where: { _ in true }) {
        try await test(TestServer(port: listening))
      }
      group.cancelAll()
    }
  }

  /// Sends octets on a connection of its own and returns all that comes until the server closes.
  func exchange(_ request: [UInt8]) async throws -> [UInt8] {
    try await connect { reader, writer in
      try await writer.write(ByteBuffer(bytes: request))
      var received: [UInt8] = []
      for try await buffer in reader { received += Array(buffer: buffer) }
      return received
    }
  }

  /// Opens a connection for `body`.
  func connect<Value: Sendable>(
    _ body: (
      NIOAsyncChannelInboundStream<ByteBuffer>, NIOAsyncChannelOutboundWriter<ByteBuffer>
    ) async throws -> Value
  ) async throws -> Value {
    let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
      .channelOption(.socketOption(.so_rcvbuf), value: 65_536)
      .connect(host: "127.0.0.1", port: port) { channel in
        channel.eventLoop.makeCompletedFuture {
          try NIOAsyncChannel<ByteBuffer, ByteBuffer>(wrappingChannelSynchronously: channel)
        }
      }
    return try await channel.executeThenClose(body)
  }

  /// Sends a request without body.
  func get(
    _ target: String, method: String = "GET", headers: [String] = []
  ) async throws -> Reply {
    let lines = ["\(method) \(target) HTTP/1.1", "Host: localhost", "Connection: close"] + headers
    return try Reply(try await exchange(Array((lines.joined(separator: "\r\n") + "\r\n\r\n").utf8)))
  }

  /// Sends a body of keys.
  func bulk(_ body: String, query: String = "", headers: [String] = []) async throws -> Reply {
    let lines = [
      "POST /api/v1/bulk\(query) HTTP/1.1", "Host: localhost", "Connection: close",
      "Content-Length: \(body.utf8.count)",
    ]
    let head = (lines + headers).joined(separator: "\r\n") + "\r\n\r\n"
    return try Reply(try await exchange(Array((head + body).utf8)))
  }

  /// Sends observations.
  func post(
    _ body: String, id: String?, query: String = "", headers: [String] = []
  ) async throws -> Reply {
    var lines = [
      "POST /api/v1/observations\(query) HTTP/1.1", "Host: localhost", "Connection: close",
      "Content-Length: \(body.utf8.count)",
    ]
    if let id { lines.append("X-Batch-ID: \(id)") }
    let head = (lines + headers).joined(separator: "\r\n") + "\r\n\r\n"
    return try Reply(try await exchange(Array((head + body).utf8)))
  }
}

/// An answer taken apart.
struct Reply: Sendable {
  struct Malformed: Error {}

  let status: Int
  /// Names in lower case.
  private(set) var headers: [String: String] = [:]
  private(set) var octets: [UInt8] = []

  var body: String { String(decoding: octets, as: UTF8.self) }
  var lines: [String] { body.split(separator: "\n").map(String.init) }

  init(_ received: [UInt8]) throws {
    let end = Array("\r\n\r\n".utf8)
    guard let split = received.indices.first(where: { received[$0...].starts(with: end) }) else {
      throw Malformed()
    }
    let head = String(decoding: received[..<split], as: UTF8.self).split(separator: "\r\n")
    guard let status = head.first?.split(separator: " ").dropFirst().first.flatMap({ Int($0) })
    else { throw Malformed() }
    self.status = status
    for line in head.dropFirst() {
      let parts = line.split(separator: ":", maxSplits: 1)
      headers[parts[0].lowercased()] = String((parts.last ?? "").drop { $0 == " " })
    }
    let rest = received[(split + 4)...]
    octets = headers["transfer-encoding"] == "chunked" ? try Reply.unchunk(rest) : Array(rest)
  }

  /// Undoes chunking; the last chunk must be there.
  private static func unchunk(_ octets: ArraySlice<UInt8>) throws -> [UInt8] {
    var body: [UInt8] = []
    var rest = octets
    while let end = rest.firstIndex(of: 13) {
      guard let size = Int(String(decoding: rest[..<end], as: UTF8.self), radix: 16) else { break }
      if size == 0 { return body }
      rest = rest.dropFirst(end + 2 - rest.startIndex)
      body += rest.prefix(size)
      rest = rest.dropFirst(size + 2)
    }
    throw Malformed()
  }

  mutating func dropDate() { headers["date"] = nil }

  /// The rows without their marker line.
  var rows: [String] { lines.filter { !$0.hasPrefix("{\"end\"") } }

  /// A string or number of the last line.
  func last(_ name: String) -> String? { lines.last.flatMap { Reply.member(name, of: $0) } }

  /// A string or number of a flat JSON line.
  static func member(_ name: String, of line: String) -> String? {
    guard let found = line.firstRange(of: "\"\(name)\":") else { return nil }
    let rest = line[found.upperBound...]
    guard rest.first == "\"" else { return String(rest.prefix { !",}".contains($0) }) }
    return String(rest.dropFirst().prefix { $0 != "\"" })
  }
}

extension MemoryStore {
  /// Makes a store of COF lines.
  static func holding(_ cof: String, vantage: Vantage = .authority) throws -> MemoryStore {
    let store = MemoryStore()
    let batch = RecordBatch()
    let origin = ObservationOrigin(dataset: .main, sensor: 0, vantage: vantage)
    var decoder = TextDecoder(
      COFFeed(now: TestServer.now), settings: SourceSettings(origin: origin, now: TestServer.now))
    let octets = Array(cof.utf8)
    var at = 0
    while try decoder.decode(octets.span, at: &at, isFinal: true, into: batch) != .end {}
    try store.apply(batch)
    return store
  }
}

/// One COF line.
func cof(
  _ name: String, _ type: String, _ rdata: String, first: Int = 1_700_000_000,
  last: Int = 1_700_000_100, count: UInt64 = 3
) -> String {
  """
  {"rrname":"\(name)","rrtype":"\(type)","rdata":"\(rdata)","time_first":\(first),\
  "time_last":\(last),"count":\(count)}

  """
}

/// A store that counts the rows it shows.
final class CountingStore: RecordStore {
  let base: MemoryStore
  private let shown = Mutex(0)
  var rowsShown: Int { shown.withLock { $0 } }

  init(_ base: MemoryStore) { self.base = base }

  func apply(_ batch: RecordBatch) throws(StoreError) -> ApplySummary { try base.apply(batch) }

  func scan(
    _ family: StoreFamily, _ range: KeyRange, limit: Int,
    _ row: (_ key: Span<UInt8>, _ value: Span<UInt8>) -> Bool
  ) throws(StoreError) {
    try base.scan(family, range, limit: limit) { key, value in
      shown.withLock { $0 += 1 }
      return row(key, value)
    }
  }

  func values(
    ofRecords keys: OctetStrings, _ found: (_ index: Int, _ value: Span<UInt8>) -> Void
  ) throws(StoreError) { try base.values(ofRecords: keys, found) }

  func state(_ key: [UInt8]) throws(StoreError) -> [UInt8]? { try base.state(key) }

  func statistics() throws(StoreError) -> StoreStatistics { try base.statistics() }
}

/// A store that cannot be read from some moment on.
final class FailingStore: RecordStore {
  let base: MemoryStore
  private let scansLeft: Mutex<Int>

  /// - Parameter scans: scans that succeed.
  init(_ base: MemoryStore, scans: Int) {
    self.base = base
    scansLeft = Mutex(scans)
  }

  func apply(_ batch: RecordBatch) throws(StoreError) -> ApplySummary { throw .readOnly }

  func scan(
    _ family: StoreFamily, _ range: KeyRange, limit: Int,
    _ row: (_ key: Span<UInt8>, _ value: Span<UInt8>) -> Bool
  ) throws(StoreError) {
    if family != .state {
      let isLeft = scansLeft.withLock { left in
        left -= 1
        return left >= 0
      }
      guard isLeft else { throw .corrupt(family: family, detail: "a block does not match") }
    }
    try base.scan(family, range, limit: limit, row)
  }

  func values(
    ofRecords keys: OctetStrings, _ found: (_ index: Int, _ value: Span<UInt8>) -> Void
  ) throws(StoreError) { try base.values(ofRecords: keys, found) }

  func state(_ key: [UInt8]) throws(StoreError) -> [UInt8]? { try base.state(key) }

  func statistics() throws(StoreError) -> StoreStatistics {
    throw .io(detail: "the disk is gone")
  }
}
