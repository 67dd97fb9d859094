import CaptureFormats
import Glibc
import Synchronization
import TidemarkCollectors

/// A producer: a blocking socket.
final class TestSocket: Sendable {
  struct Failure: Error { var code = errno }

  let descriptor: Int32

  init(descriptor: Int32) {
    self.descriptor = descriptor
    var wait = timeval(tv_sec: 20, tv_usec: 0)
    let size = socklen_t(MemoryLayout<timeval>.size)
    unsafe setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &wait, size)
    unsafe setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &wait, size)
  }

  deinit { Glibc.close(descriptor) }

  convenience init(unix path: String) throws {
    let made = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
    self.init(descriptor: made)
    guard unsafe TestSocket.named(path, { unsafe connect(made, $0, $1) }) == 0 else {
      throw Failure()
    }
  }

  convenience init(port: Int) throws {
    let made = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    self.init(descriptor: made)
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = in_port_t(UInt16(port)).bigEndian
    address.sin_addr = in_addr(s_addr: UInt32(0x7F00_0001).bigEndian)
    let status = unsafe withUnsafePointer(to: &address) { pointer in
      unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        unsafe connect(made, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
      }
    }
    guard status == 0 else { throw Failure() }
  }

  /// A listener that takes one connection after another.
  static func listen(unix path: String) throws -> TestSocket {
    let made = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
    let listener = TestSocket(descriptor: made)
    guard unsafe named(path, { unsafe bind(made, $0, $1) }) == 0, Glibc.listen(made, 8) == 0 else {
      throw Failure()
    }
    return listener
  }

  func accept() throws -> TestSocket {
    let made = Glibc.accept(descriptor, nil, nil)
    guard made >= 0 else { throw Failure() }
    return TestSocket(descriptor: made)
  }

  func send(_ octets: [UInt8]) throws {
    var sent = 0
    while sent < octets.count {
      let count = unsafe octets.withUnsafeBytes {
        unsafe Glibc.send(
          descriptor, $0.baseAddress?.advanced(by: sent), octets.count - sent,
          Int32(MSG_NOSIGNAL))
      }
      guard count > 0 else { throw Failure() }
      sent += count
    }
  }

  /// Sends the octets again and again, as much as the other side takes without waiting.
  ///
  /// - Parameter start: octets that were sent so before.
  func sendWhatFits(_ octets: [UInt8], from start: Int, max: Int) -> Int {
    var sent = 0
    while start + sent < max {
      let skipped = (start + sent) % octets.count
      let count = unsafe octets.withUnsafeBytes {
        unsafe Glibc.send(
          descriptor, $0.baseAddress?.advanced(by: skipped), octets.count - skipped,
          Int32(MSG_NOSIGNAL | MSG_DONTWAIT))
      }
      guard count > 0 else { break }
      sent += count
    }
    return sent
  }

  /// Receives exactly so many octets, fewer only at the connection's end.
  func receive(_ count: Int) throws -> [UInt8] {
    var octets: [UInt8] = []
    while octets.count < count {
      var part = [UInt8](repeating: 0, count: count - octets.count)
      let size = part.count
      let got = unsafe part.withUnsafeMutableBytes {
        unsafe recv(descriptor, $0.baseAddress, size, 0)
      }
      if got == 0 || got < 0 && errno == ECONNRESET { break }
      guard got > 0 else { throw Failure() }
      octets += part.prefix(got)
    }
    return octets
  }

  private static func named(
    _ path: String, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Int32
  ) -> Int32 {
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    unsafe withUnsafeMutableBytes(of: &address.sun_path) {
      unsafe $0.copyBytes(from: Array(path.utf8))
    }
    return unsafe withUnsafePointer(to: &address) { pointer in
      unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        unsafe body($0, socklen_t(MemoryLayout<sockaddr_un>.size))
      }
    }
  }
}

/// Takes a Frame Stream; busy from the first frame on that comes while its gate is shut.
final class TestIntake: StreamIntake {
  /// What all connections of a test have in common.
  final class Gate: Sendable {
    struct State {
      var isShut = false
      /// As a batch that the last frame has filled.
      var isFull = false
      var waiting: [@Sendable () -> Void] = []
      var frames: [[UInt8]] = []
      var closed = 0
    }

    let state = Mutex(State())

    var closed: Int { state.withLock { $0.closed } }
    var frames: [[UInt8]] { state.withLock { $0.frames } }

    func add(_ frame: [UInt8]) {
      state.withLock { state in
        state.frames.append(frame)
        state.isFull = state.isShut
      }
    }

    func shut() { state.withLock { $0.isShut = true } }

    func open() {
      let waiting = state.withLock { state in
        defer { state.waiting = [] }
        state.isShut = false
        state.isFull = false
        return state.waiting
      }
      for callback in waiting { callback() }
    }
  }

  private let gate: Gate
  private let reader = Mutex(FrameStreamReader())

  init(_ gate: Gate) { self.gate = gate }

  func take(_ window: Span<UInt8>, isFinal: Bool) -> StreamTaken {
    var taken = StreamTaken()
    let bytes = unsafe window.bytes
    reader.withLock { reader in
      do throws(FrameStreamError) {
        steps: while true {
          if gate.state.withLock({ $0.isFull }) {
            reader.answerAhead(bytes, from: taken.consumed)
            taken.isBusy = true
            break steps
          }
          switch try reader.next(bytes, at: &taken.consumed, isFinal: isFinal) {
          case .frame(let range):
            var frame: [UInt8] = []
            for index in range { frame.append(window[index]) }
            gate.add(frame)
          case .needMoreBytes: break steps
          case .oversized, .truncated: continue
          case .end:
            taken.isAtEnd = true
            break steps
          }
        }
      } catch {
        taken.isAtEnd = true
        taken.damage = "\(error.reason)"
      }
      taken.replies = reader.takeReplies()
    }
    return taken
  }

  func whenReady(_ callback: @escaping @Sendable () -> Void) {
    let isReady = gate.state.withLock { state in
      if state.isFull { state.waiting.append(callback) }
      return !state.isFull
    }
    if isReady { callback() }
  }

  func close() { gate.state.withLock { $0.closed += 1 } }
}

/// The events of a socket, in their order.
struct StreamEvents: Sendable {
  let report: @Sendable (StreamEvent) -> Void
  private let stream: AsyncStream<StreamEvent>

  init() {
    let (stream, source) = AsyncStream.makeStream(of: StreamEvent.self)
    self.stream = stream
    report = { source.yield($0) }
  }

  /// The next event, others than those wanted passed over.
  func next(where isWanted: (StreamEvent) -> Bool) async -> StreamEvent? {
    for await event in stream where isWanted(event) { return event }
    return nil
  }

  /// How the next connection ended.
  func end() async -> StreamEvent? {
    await next {
      if case .closed = $0 { true } else { false }
    }
  }
}

/// Octets of Frame Streams.
enum Frames {
  static let dnstap = Array("protobuf:dnstap.Dnstap".utf8)
  static let ready = control(4, dnstap)
  static let accept = control(1, dnstap)
  static let start = control(2, dnstap)
  static let stop = control(3)
  static let finish = control(5)

  static func data(_ octets: [UInt8]) -> [UInt8] { word(octets.count) + octets }

  private static func control(_ type: Int, _ name: [UInt8] = []) -> [UInt8] {
    let field = name.isEmpty ? [] : word(1) + word(name.count) + name
    return word(0) + word(4 + field.count) + word(type) + field
  }

  private static func word(_ value: Int) -> [UInt8] {
    [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: value >> $0) }
  }
}
