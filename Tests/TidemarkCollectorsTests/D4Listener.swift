import D4Wire
import NIOCore
import NIOPosix
import Synchronization

/// A D4 server as far as a sender sees one: takes octets and says nothing.
final class D4Listener: Sendable {
  /// How it treats a connection.
  enum Manner: Sendable {
    /// Reads everything.
    case reads
    /// Reads nothing and leaves the connection open.
    case ignores
    /// Reads so many octets and hangs up.
    case hangsUp(afterOctets: Int)
  }

  /// A packet.
  struct Packet: Sendable {
    var header: D4Header
    var payload: [UInt8]
  }

  private struct State {
    var streams: [[UInt8]] = []
    var manners: [Manner]
    var channels: [any Channel] = []
  }

  let port: UInt16
  private let listening: any Channel

  /// Listens; the manners are those of the connections in their order, the last one of all others.
  static func open(_ manners: Manner...) async throws -> D4Listener {
    let state = Shared(State(manners: manners))
    let listening = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
      .childChannelOption(.autoRead, value: false)
      .childChannelInitializer { channel in
        channel.eventLoop.makeCompletedFuture {
          let (number, manner) = state.mutex.withLock { state in
            let number = state.streams.count
            state.streams.append([])
            state.channels.append(channel)
            return (number, state.manners[min(number, state.manners.count - 1)])
          }
          try channel.pipeline.syncOperations.addHandler(
            Collector(manner) { octets in
              state.mutex.withLock { state in
                state.streams[number] += octets
                return state.streams[number].count
              }
            })
        }
      }
      .bind(host: "127.0.0.1", port: 0).get()
    return D4Listener(listening, state)
  }

  private final class Shared: Sendable {
    let mutex: Mutex<State>
    init(_ state: consuming State) { mutex = Mutex(state) }
  }

  private let shared: Shared

  private init(_ listening: any Channel, _ shared: Shared) {
    self.listening = listening
    self.shared = shared
    port = UInt16(listening.localAddress?.port ?? 0)
  }

  func close() async { try? await listening.close() }

  /// Connections so far.
  var connections: Int { shared.mutex.withLock { $0.streams.count } }

  /// The whole packets of a connection.
  func packets(_ connection: Int) -> [Packet] {
    let octets = shared.mutex.withLock { state in
      state.streams.indices.contains(connection) ? state.streams[connection] : []
    }
    var packets: [Packet] = []
    var at = 0
    while let header = D4Header(decoding: octets.span.extracting(at..<octets.count)) {
      let start = at + D4Header.octetCount
      let end = start + Int(header.size)
      guard end <= octets.count else { break }
      packets.append(Packet(header: header, payload: Array(octets[start..<end])))
      at = end
    }
    return packets
  }

  /// The payload of a connection's packets of a type, one after another.
  func payload(_ connection: Int, _ type: D4Type) -> [UInt8] {
    packets(connection).filter { $0.header.type == type }.flatMap(\.payload)
  }

  private final class Collector: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private let manner: Manner
    private let take: ([UInt8]) -> Int

    init(_ manner: Manner, take: @escaping ([UInt8]) -> Int) {
      self.manner = manner
      self.take = take
    }

    func channelActive(context: ChannelHandlerContext) {
      if case .ignores = manner { return }
      context.read()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
      let count = take(Array(unwrapInboundIn(data).readableBytesView))
      if case .hangsUp(let limit) = manner, count >= limit {
        context.close(promise: nil)
      } else {
        context.read()
      }
    }
  }
}
