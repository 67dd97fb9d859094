import CPcap  // libpcap's headers bring those of sockets and poll(2) with them
import Glibc

/// A TCP connection for questions and answers, with a time limit on every step.
final class StreamSocket {
  let descriptor: Int32
  private var isHandedOver = false

  private init(descriptor: Int32) {
    self.descriptor = descriptor
  }

  deinit {
    if !isHandedOver { close(descriptor) }
  }

  /// Gives the descriptor away; whoever takes it closes it.
  func handOver() -> Int32 {
    isHandedOver = true
    return descriptor
  }

  /// Connects to the first address of a host that answers.
  ///
  /// - Parameter host: a name, an IPv4 or an IPv6 address.
  static func connect(
    host: String, port: UInt16, seconds: Int
  ) throws(TransferError) -> StreamSocket {
    var hints = unsafe addrinfo()
    unsafe hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
    unsafe hints.ai_flags = AI_NUMERICSERV
    var list: UnsafeMutablePointer<addrinfo>?
    guard unsafe getaddrinfo(host, String(port), &hints, &list) == 0 else {
      throw .unknownHost(host)
    }
    defer { unsafe freeaddrinfo(list) }
    var failure = TransferError.unknownHost(host)
    var next = unsafe list
    while let address = unsafe next {
      do throws(TransferError) {
        return try unsafe open(address.pointee, seconds: seconds)
      } catch {
        failure = error
      }
      unsafe next = address.pointee.ai_next
    }
    throw failure
  }

  private static func open(_ address: addrinfo, seconds: Int) throws(TransferError) -> StreamSocket
  {
    let kind =
      unsafe address.ai_socktype | Int32(SOCK_CLOEXEC.rawValue)
      | Int32(SOCK_NONBLOCK.rawValue)
    let made = unsafe socket(address.ai_family, kind, address.ai_protocol)
    guard made >= 0 else { throw .noConnection(text(of: errno)) }
    let stream = StreamSocket(descriptor: made)
    if unsafe Glibc.connect(made, address.ai_addr, address.ai_addrlen) != 0 {
      guard errno == EINPROGRESS else { throw .noConnection(text(of: errno)) }
      try stream.wait(for: POLLOUT, seconds: seconds, "accept the connection")
      var code: Int32 = 0
      var size = socklen_t(MemoryLayout<Int32>.size)
      guard unsafe getsockopt(made, SOL_SOCKET, SO_ERROR, &code, &size) == 0, code == 0 else {
        throw .noConnection(text(of: code))
      }
    }
    return stream
  }

  /// Sends everything.
  func send(_ octets: [UInt8], seconds: Int) throws(TransferError) {
    var sent = 0
    while sent < octets.count {
      let count = unsafe octets.withUnsafeBytes { bytes in
        unsafe Glibc.send(
          descriptor, bytes.baseAddress.map { unsafe $0 + sent }, octets.count - sent,
          Int32(MSG_NOSIGNAL))
      }
      if count > 0 { sent += count }
      if count < 0 { try waitAgain(for: POLLOUT, seconds: seconds, "take the query") }
    }
  }

  /// Replaces the content of `buffer` with the next octets; false when the other side has closed.
  func receive(into buffer: inout [UInt8], count: Int, seconds: Int) throws(TransferError) -> Bool {
    buffer.removeAll(keepingCapacity: true)
    buffer.append(contentsOf: repeatElement(0, count: count))
    while true {
      let got = unsafe buffer.withUnsafeMutableBytes { bytes in
        unsafe recv(descriptor, bytes.baseAddress, count, 0)
      }
      if got >= 0 {
        buffer.removeLast(count - got)
        return got > 0
      }
      try waitAgain(for: POLLIN, seconds: seconds, "send anything")
    }
  }

  /// Waits after a call that could not go on; throws for other failures.
  private func waitAgain(
    for event: Int32, seconds: Int, _ what: String
  ) throws(TransferError) {
    switch errno {
    case EAGAIN, EINTR: try wait(for: event, seconds: seconds, what)
    case ECONNRESET, EPIPE: throw .closedEarly
    default: throw .noConnection(StreamSocket.text(of: errno))
    }
  }

  private func wait(for event: Int32, seconds: Int, _ what: String) throws(TransferError) {
    var entry = pollfd(fd: descriptor, events: Int16(event), revents: 0)
    while true {
      let ready = unsafe poll(&entry, 1, Int32(clamping: seconds * 1_000))
      if ready > 0 { return }
      if ready == 0 { throw .timeout(what) }
      guard errno == EINTR else { throw .noConnection(StreamSocket.text(of: errno)) }
    }
  }

  private static func text(of code: Int32) -> String {
    unsafe String(cString: strerror(code))
  }
}
