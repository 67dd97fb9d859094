import Crypto
import Dispatch
import FoundationEssentials
import NIOCore
import NIOPosix
import NIOSSL
import Synchronization
import TidemarkCollectors
import TidemarkIngest
import TidemarkModel
import TidemarkStore

/// A server that answers the requests of connections by a script, one request a connection.
final class ScriptedServer: Sendable {
  /// What is sent after the head of a request has come.
  struct Reply {
    var octets: [UInt8]
    /// Ends the connection behind it.
    var closes = true
  }

  typealias Script = @Sendable (_ head: RequestHead) -> Reply

  /// What connections have in common.
  private final class Shared: Sendable {
    struct State {
      var heads: [RequestHead] = []
      var received: [UInt8] = []
      var ended = 0
    }

    let state = Mutex(State())
    let script: Script
    let (ends, end) = AsyncStream.makeStream(of: Void.self)

    init(_ script: @escaping Script) { self.script = script }
  }

  let port: Int
  private let channel: any Channel
  private let shared: Shared

  var heads: [RequestHead] { shared.state.withLock { $0.heads } }
  /// What clients sent behind the heads of their requests.
  var received: [UInt8] { shared.state.withLock { $0.received } }

  init(hasTLS: Bool = false, _ script: @escaping Script) async throws {
    let shared = Shared(script)
    self.shared = shared
    let context = hasTLS ? try ScriptedServer.context() : nil
    channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
      .childChannelInitializer { channel in
        channel.eventLoop.makeCompletedFuture {
          if let context {
            try channel.pipeline.syncOperations.addHandler(NIOSSLServerHandler(context: context))
          }
          try channel.pipeline.syncOperations.addHandler(Connection(shared))
        }
      }
      .bind(host: "localhost", port: 0).get()
    port = channel.localAddress?.port ?? 0
  }

  func close() async throws { try await channel.close() }

  /// Waits until a connection has ended.
  func untilEnded() async { _ = await shared.ends.first { _ in true } }

  private static func context() throws -> NIOSSLContext {
    let certificate = try NIOSSLCertificate(
      bytes: Array(TestCertificate.certificate.utf8), format: .pem)
    let key = try NIOSSLPrivateKey(bytes: Array(TestCertificate.key.utf8), format: .pem)
    return try NIOSSLContext(
      configuration: .makeServerConfiguration(
        certificateChain: [.certificate(certificate)], privateKey: .privateKey(key)))
  }

  private final class Connection: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let shared: Shared
    private var received: [UInt8] = []
    private var hasAnswered = false

    init(_ shared: Shared) { self.shared = shared }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
      let octets = unwrapInboundIn(data).readableBytesView
      guard !hasAnswered else {
        return shared.state.withLock { $0.received += octets }
      }
      received += octets
      guard let end = received.firstRange(of: Array("\r\n\r\n".utf8)) else { return }
      hasAnswered = true
      let head = RequestHead(text: String(decoding: received[..<end.upperBound], as: UTF8.self))
      shared.state.withLock { $0.heads.append(head) }
      let reply = shared.script(head)
      let written = context.eventLoop.makePromise(of: Void.self)
      let channel = context.channel
      if reply.closes {
        written.futureResult.whenComplete { _ in channel.close(promise: nil) }
      }
      context.writeAndFlush(wrapOutboundOut(ByteBuffer(bytes: reply.octets)), promise: written)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
      context.close(promise: nil)
    }

    func channelInactive(context: ChannelHandlerContext) { shared.end.yield() }
  }
}

/// The head of a request.
struct RequestHead: Sendable {
  let text: String

  /// The value of a header; nil when it is not there.
  func field(_ name: String) -> String? {
    for line in text.split(separator: "\r\n")
    where line.lowercased().hasPrefix(name.lowercased() + ": ") {
      return String(line.dropFirst(name.utf8.count + 2))
    }
    return nil
  }

  var target: String { String(text.split(separator: " ").dropFirst().first ?? "") }

  /// The position asked for.
  var after: UInt64? {
    guard let found = target.firstRange(of: "after=") else { return nil }
    return UInt64(target[found.upperBound...].prefix { $0.isNumber })
  }

  /// The answer that begins a WebSocket.
  func switching(_ more: String = "") -> [UInt8] {
    let key = (field("Sec-WebSocket-Key") ?? "") + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
    let accept = Data(Insecure.SHA1.hash(data: Array(key.utf8))).base64EncodedString()
    return Array(
      ("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        + "Sec-WebSocket-Accept: \(accept)\r\n\(more)\r\n").utf8)
  }
}

/// Answers and frames as octets.
enum Wire {
  static func answer(_ status: String, _ headers: [String] = [], _ body: String = "") -> [UInt8] {
    Array(
      ("HTTP/1.1 \(status)\r\n" + headers.map { $0 + "\r\n" }.joined() + "\r\n" + body).utf8)
  }

  /// An answer in HTTP chunks, one for each text.
  static func chunked(_ parts: [String], isEnded: Bool = true) -> [UInt8] {
    var octets = answer(
      "200 OK", ["Content-Type: application/x-ndjson", "Transfer-Encoding: chunked"])
    for part in parts where !part.isEmpty {
      octets += Array("\(String(part.utf8.count, radix: 16))\r\n\(part)\r\n".utf8)
    }
    return isEnded ? octets + Array("0\r\n\r\n".utf8) : octets
  }

  /// - Parameter first: opcode and bits, 0x81 for a whole text message.
  static func frame(_ first: UInt8, _ text: String = "") -> [UInt8] {
    frame(first, octets: Array(text.utf8))
  }

  static func frame(_ first: UInt8, octets: [UInt8]) -> [UInt8] {
    if octets.count < 126 { return [first, UInt8(octets.count)] + octets }
    return [first, 127] + length(octets.count) + octets
  }

  static func length(_ count: Int) -> [UInt8] {
    (0..<8).map { UInt8(truncatingIfNeeded: count >> (56 - 8 * $0)) }
  }
}

/// A stream with positions, as a Tidemark shares it: chunks of two rows.
struct TestShare: Sendable {
  let last: UInt64

  init(chunks: Int) { last = UInt64(chunks) }

  static func row(_ number: Int, count: Int = 1) -> String {
    "{\"rrname\":\"h\(number).example.com\",\"rrtype\":\"A\",\"rdata\":\"192.0.2.\(number % 250)\","
      + "\"time_first\":1700000000,\"time_last\":1700000\(100 + number % 800),\"count\":\(count)}\n"
  }

  static func position(_ sequence: UInt64) -> String { "{\"position\":\"\(sequence)\"}\n" }

  /// The lines of the chunks behind a position. The first row is in every chunk, so that what is
  /// counted twice shows.
  func lines(after: UInt64) -> [String] {
    guard after < last else { return [] }
    return ((after + 1)...last).flatMap { sequence in
      [
        TestShare.row(0), TestShare.row(Int(sequence), count: Int(sequence) + 1),
        TestShare.position(sequence),
      ]
    }
  }

  /// What follows a position, as an answer.
  func answer(_ head: RequestHead, isWebSocket: Bool) -> [UInt8] {
    let lines = lines(after: head.after ?? 0)
    guard isWebSocket else { return Wire.chunked(lines) }
    return lines.reduce(head.switching()) { octets, line in
      octets + Wire.frame(0x81, String(line.dropLast()))
    } + Wire.frame(0x88)
  }

  /// What a store holds that has everything once.
  func expected() throws -> String {
    let world = try PullWorld()
    let rows = lines(after: 0).filter { !$0.hasPrefix("{\"position\"") }.joined()
    _ = world.intake.takeWhole(
      Array(rows.utf8).span, with: world.decoder(), now: PullWorld.now, isFinal: true,
      position: nil)
    world.intake.finish()
    return try world.exported()
  }
}

/// A store, an intake and clients of it.
struct PullWorld: Sendable {
  static let now: UnixSeconds = 1_800_000_000

  let store: MemoryStore
  let intake: SourceIntake
  let sink: MortalSink
  let writer: SinkWriter

  init(_ store: MemoryStore = MemoryStore()) throws {
    self.store = store
    let sink = MortalSink(try DirectSink(store))
    self.sink = sink
    writer = SinkWriter(sink: sink, retryInterval: .milliseconds(1)) { _ in }
    intake = SourceIntake(name: "partner", writer: writer)
  }

  func decoder() -> AnyDecoder {
    let settings = SourceSettings(
      origin: ObservationOrigin(dataset: .main, sensor: 0, vantage: .client), now: PullWorld.now)
    return SourceFormat.cof.makeDecoder(
      settings, options: FormatOptions(), batch: RecordBatch())
      ?? AnyDecoder.make(TextDecoder(COFFeed(now: PullWorld.now), settings: settings))
  }

  func client(
    _ url: String, clock: any Clock<Duration> = RecordingClock(), events: PullEvents = .init(),
    admits: @escaping PullClient.Admits = { _ in true },
    change: (inout PullClient.Options) -> Void = { _ in }
  ) throws -> PullClient {
    var options = PullClient.Options(url: url)
    change(&options)
    return try PullClient(
      options, intake: intake, sink: sink, makeDecoder: { [self] in decoder() }, admits: admits,
      clock: clock, now: { PullWorld.now }, report: events.report)
  }

  func exported() throws -> String { try TidemarkCollectorsTests.exported(store) }

  /// Ends as kill -9 would: what is not written yet never is.
  func die() {
    sink.die()
    writer.giveUp()
    intake.finish()
  }
}

/// A sink that can stop writing in the middle of everything.
final class MortalSink: BatchSink {
  struct Dead: Error {}

  private let sink: DirectSink
  private let isDead = Mutex(false)

  init(_ sink: DirectSink) { self.sink = sink }

  func die() { isDead.withLock { $0 = true } }

  func write(_ batch: RecordBatch) throws -> UInt64 {
    try isDead.withLock { isDead in
      guard !isDead else { throw Dead() }
      return try sink.write(batch)
    }
  }

  func states(prefix: [UInt8]) throws -> [(key: [UInt8], value: [UInt8])] {
    try sink.states(prefix: prefix)
  }

  func sensor(named name: String) throws -> SensorNumber { try sink.sensor(named: name) }
}

/// The events of a client, in their order.
struct PullEvents: Sendable {
  let report: @Sendable (PullEvent) -> Void
  private let stream: AsyncStream<PullEvent>

  init() {
    let (stream, source) = AsyncStream.makeStream(of: PullEvent.self)
    self.stream = stream
    report = { source.yield($0) }
  }

  /// How the next connection ended.
  func end() async -> (failure: PullFailure?, seconds: Int)? {
    for await event in stream {
      if case .ended(let failure, let seconds) = event { return (failure, seconds) }
    }
    return nil
  }
}
