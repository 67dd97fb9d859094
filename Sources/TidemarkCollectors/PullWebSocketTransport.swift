import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL
import NIOWebSocket
import Synchronization
import TidemarkIngest

/// The messages of a WebSocket (RFC 6455): rows of COF, one a message or several lines.
struct PullWebSocketTransport: PullTransport {
  private enum Opened: Sendable {
    case stream(NIOAsyncChannel<WebSocketFrame, Never>, HTTPHeaders)
    case answer(NIOAsyncChannel<HTTPClientResponsePart, Never>)
  }

  private let address: PullAddress
  private let tls: NIOSSLContext?
  private let options: PullClient.Options

  /// - Throws: what is wrong with a certificate file.
  init(address: PullAddress, options: PullClient.Options) throws {
    self.address = address
    self.options = options
    tls = address.isSecure ? try options.tls.context() : nil
  }

  func run(
    _ stream: PullStream, after: UInt64?, hasPositions: Bool
  ) async throws(PullFailure) {
    let channel = ChannelBox()
    do {
      let head = try head(after: after, hasPositions: hasPositions)
      try await withTaskCancellationHandler {
        switch try await open(head, channel) {
        case .stream(let frames, let headers):
          try await stream.begin(origins: headers[PullRequest.originsField])
          try await read(frames, into: stream)
        case .answer(let parts): try await refuse(parts)
        }
      } onCancel: {
        channel.close()
      }
    } catch {
      channel.close()
      throw Task.isCancelled ? .stopped : PullRequest.failure(error)
    }
    channel.close()
  }

  func shutdown() async {}

  private func head(after: UInt64?, hasPositions: Bool) throws(PullFailure) -> HTTPRequestHead {
    var headers = HTTPHeaders(try PullRequest.headers(tokenFile: options.tokenFile))
    headers.add(name: "Host", value: address.authority)
    return HTTPRequestHead(
      version: .http1_1, method: .GET,
      uri: address.target(after: after, hasPositions: hasPositions), headers: headers)
  }

  // MARK: Opening

  private func open(_ head: HTTPRequestHead, _ box: ChannelBox) async throws -> Opened {
    let opening = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
      .connectTimeout(.seconds(StreamLimits.connectSeconds))
      .connect(host: address.host, port: address.port) { channel in
        channel.eventLoop.makeCompletedFuture {
          box.keep(channel)
          // Who takes the connection and says nothing does not keep us waiting.
          let deadline = channel.eventLoop.scheduleTask(in: .seconds(PullClient.answerSeconds)) {
            channel.close(promise: nil)
          }
          let opening = try prepare(channel, head)
          opening.whenComplete { _ in deadline.cancel() }
          return opening
        }
      }
    return try await opening.get()
  }

  /// Puts the handlers onto a connection, on its loop.
  private func prepare(
    _ channel: any Channel, _ head: HTTPRequestHead
  ) throws -> EventLoopFuture<Opened> {
    if let tls {
      let isAddress = (try? SocketAddress(ipAddress: address.host, port: 1)) != nil
      try channel.pipeline.syncOperations.addHandler(
        NIOSSLClientHandler(context: tls, serverHostname: isAddress ? nil : address.host))
    }
    try channel.pipeline.syncOperations.addHandler(EndDelay())
    let interval = options.pingInterval
    let upgrader = NIOTypedWebSocketClientUpgrader<Opened>(
      maxFrameSize: WebSocketMessages.messageOctetsMax, enableAutomaticErrorHandling: false,
      upgradePipelineHandler: { channel, head in
        channel.eventLoop.makeCompletedFuture {
          try PullWebSocketTransport.agree(head.headers)
          try channel.pipeline.syncOperations.addHandler(WebSocketLink(interval: interval))
          return .stream(try NIOAsyncChannel(wrappingChannelSynchronously: channel), head.headers)
        }
      })
    let upgrade = NIOTypedHTTPClientUpgradeConfiguration(
      upgradeRequestHead: head, upgraders: [upgrader],
      notUpgradingCompletionHandler: { channel in
        channel.eventLoop.makeCompletedFuture {
          .answer(try NIOAsyncChannel(wrappingChannelSynchronously: channel))
        }
      })
    var configuration = NIOUpgradableHTTPClientPipelineConfiguration(upgradeConfiguration: upgrade)
    // Frames that come with the answer are frames.
    configuration.leftOverBytesStrategy = .forwardBytes
    return try channel.pipeline.syncOperations.configureUpgradableHTTPClientPipeline(
      configuration: configuration)
  }

  /// Nothing was asked for, so nothing may be agreed on (RFC 6455 section 4.1).
  private static func agree(_ headers: HTTPHeaders) throws(PullFailure) {
    guard !headers.contains(name: "Sec-WebSocket-Extensions"),
      !headers.contains(name: "Sec-WebSocket-Protocol")
    else { throw .notCOF("it has extensions, which were not asked for") }
  }

  // MARK: Reading

  /// What a server means that ends the connection (RFC 6455 section 7.4.1; 4410 is a Tidemark's).
  private static func take(close code: UInt16?) throws(PullFailure) {
    switch code {
    case 1_008: throw .revoked
    case 1_011: throw .disconnected("the server failed")
    case 4_410: throw .refused(status: 410, retrySeconds: nil)
    default: return
    }
  }

  private func refuse(_ parts: NIOAsyncChannel<HTTPClientResponsePart, Never>) async throws {
    try await parts.executeThenClose { inbound in
      for try await part in inbound {
        guard case .head(let head) = part else { break }
        throw PullRequest.refusal(
          status: Int(head.status.code), retryAfter: head.headers.first(name: "Retry-After"))
      }
      throw PullFailure.disconnected("no answer")
    }
  }

  private func read(
    _ frames: NIOAsyncChannel<WebSocketFrame, Never>, into stream: PullStream
  ) async throws {
    try await frames.executeThenClose { inbound in
      var messages = WebSocketMessages()
      for try await frame in inbound {
        let step: WebSocketMessages.Step
        do throws(WebSocketMessages.Fault) {
          step = try messages.take(frame)
        } catch {
          frames.channel.triggerUserOutboundEvent(
            WebSocketLink.Goodbye(code: error.closeCode), promise: nil)
          throw PullFailure.damaged("\(error)")
        }
        switch step {
        case .message: try await stream.take(messages.message)
        case .close(let code): return try PullWebSocketTransport.take(close: code)
        case .none, .ping, .pong: break
        }
      }
      // A connection that ends without a word has broken.
      throw PullFailure.disconnected("the connection ended")
    }
  }
}

extension WebSocketMessages {
  fileprivate mutating func take(_ frame: WebSocketFrame) throws(Fault) -> Step {
    let data = frame.data
    return try take(
      opcode: UInt8(webSocketOpcode: frame.opcode), isFinal: frame.fin,
      hasReservedBits: frame.rsv1 || frame.rsv2 || frame.rsv3, isMasked: frame.maskKey != nil,
      payload: data.readableBytesUInt8Span)
  }
}

/// Lets what came be taken before the end of the connection: after an upgrade, the handlers of HTTP
/// leave a turn of the loop later, and what is behind the answer would go with them.
private final class EndDelay: ChannelInboundHandler {
  typealias InboundIn = ByteBuffer
  typealias InboundOut = ByteBuffer

  func channelInactive(context: ChannelHandlerContext) {
    let next = NIOLoopBound(context, eventLoop: context.eventLoop)
    context.eventLoop.execute { next.value.fireChannelInactive() }
  }
}

/// A connection that has to be closed from elsewhere.
private final class ChannelBox: Sendable {
  private struct State {
    var channel: (any Channel)?
    var isClosed = false
  }

  private let state = Mutex(State())

  func keep(_ channel: any Channel) {
    let isClosed = state.withLock { state in
      state.channel = channel
      return state.isClosed
    }
    if isClosed { channel.close(promise: nil) }
  }

  func close() {
    let channel = state.withLock { state in
      state.isClosed = true
      return state.channel
    }
    channel?.close(promise: nil)
  }
}
