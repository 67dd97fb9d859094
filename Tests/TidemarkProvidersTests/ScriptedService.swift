import NIOCore
import NIOPosix
import Synchronization

/// A service on loopback that answers by a script, one request a connection.
final class ScriptedService: Sendable {
  /// What is sent after the head of a request has come.
  enum Reply: Sendable {
    /// These octets; then the connection ends.
    case octets([UInt8])
    /// These octets, and then the same part again until the client leaves.
    case endless([UInt8], part: [UInt8])
    /// Nothing; the connection stays.
    case silence
  }

  typealias Script = @Sendable (_ question: Question) -> Reply

  /// The head of a request.
  struct Question: Sendable {
    let text: String
    /// How many came before it.
    let number: Int

    var target: String { String(text.split(separator: " ").dropFirst().first ?? "") }
    var path: String { String(target.prefix { $0 != "?" }) }

    /// A parameter of the query, as it was sent.
    func parameter(_ name: String) -> String? {
      for item in target.split(separator: "?").dropFirst().joined().split(separator: "&")
      where item.hasPrefix(name + "=") {
        return String(item.dropFirst(name.count + 1))
      }
      return nil
    }

    /// The value of a header; nil when it is not there.
    func field(_ name: String) -> String? {
      for line in text.split(separator: "\r\n")
      where line.lowercased().hasPrefix(name.lowercased() + ": ") {
        return String(line.dropFirst(name.count + 2))
      }
      return nil
    }
  }

  private final class Shared: Sendable {
    let questions = Mutex<[Question]>([])
    let script: Script

    init(_ script: @escaping Script) { self.script = script }
  }

  let port: Int
  private let channel: any Channel
  private let shared: Shared

  var questions: [Question] { shared.questions.withLock { $0 } }
  var paths: [String] { questions.map(\.path) }

  init(_ script: @escaping Script) async throws {
    let shared = Shared(script)
    self.shared = shared
    channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
      .childChannelInitializer { channel in
        channel.eventLoop.makeCompletedFuture {
          try channel.pipeline.syncOperations.addHandler(Connection(shared))
        }
      }
      .bind(host: "127.0.0.1", port: 0).get()
    port = channel.localAddress?.port ?? 0
  }

  /// A service that always answers the same.
  convenience init(
    _ status: String = "200 OK", _ headers: [String] = ["Content-Type: application/json"],
    body: String
  ) async throws {
    let octets = ScriptedService.answer(status, headers, body)
    try await self.init { _ in .octets(octets) }
  }

  func close() async throws { try await channel.close() }

  /// An answer with its length.
  static func answer(_ status: String, _ headers: [String], _ body: String) -> [UInt8] {
    answer(status, headers, Array(body.utf8))
  }

  /// A success with JSON.
  static func answer(_ body: String) -> [UInt8] {
    answer("200 OK", ["Content-Type: application/json"], body)
  }

  static func answer(_ status: String, _ headers: [String], _ body: [UInt8]) -> [UInt8] {
    let head =
      ["HTTP/1.1 \(status)", "Content-Length: \(body.count)"] + headers + ["Connection: close"]
    return Array((head.joined(separator: "\r\n") + "\r\n\r\n").utf8) + body
  }

  private final class Connection: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let shared: Shared
    private var received: [UInt8] = []
    private var hasAnswered = false

    init(_ shared: Shared) { self.shared = shared }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
      guard !hasAnswered else { return }
      received += unwrapInboundIn(data).readableBytesView
      guard let end = received.firstRange(of: Array("\r\n\r\n".utf8)) else { return }
      hasAnswered = true
      let text = String(decoding: received[..<end.upperBound], as: UTF8.self)
      let question = shared.questions.withLock { questions in
        let question = Question(text: text, number: questions.count)
        questions.append(question)
        return question
      }
      let channel = context.channel
      switch shared.script(question) {
      case .octets(let octets):
        channel.writeAndFlush(ByteBuffer(bytes: octets)).whenComplete { _ in
          channel.close(promise: nil)
        }
      case .endless(let octets, let part):
        channel.writeAndFlush(ByteBuffer(bytes: octets), promise: nil)
        Connection.send(ByteBuffer(bytes: part), to: channel)
      case .silence: break
      }
    }

    private static func send(_ part: ByteBuffer, to channel: any Channel) {
      // Not from inside the call: a write that is done at once would nest without end.
      channel.writeAndFlush(part).whenSuccess {
        channel.eventLoop.execute { Connection.send(part, to: channel) }
      }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
      context.close(promise: nil)
    }
  }
}
