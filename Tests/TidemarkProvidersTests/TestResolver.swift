import Glibc
import Synchronization

/// A resolver on loopback that answers from a table, and remembers what it was asked.
///
/// Questions of the table are answered with its answer section; all others with NOERROR and no
/// record. With ``isSilent`` it answers nothing.
final class TestResolver: Sendable {
  struct Question: Hashable, Sendable {
    var name: String
    var type: UInt16
  }

  private struct State {
    var asked: [Question] = []
    var isSilent = false
    var isClosed = false
  }

  let port: UInt16
  private let descriptor: CInt
  private let table: [Question: (count: UInt8, records: [UInt8])]
  private let state = Mutex(State())

  var asked: [Question] { state.withLock { $0.asked } }
  var isSilent: Bool {
    get { state.withLock { $0.isSilent } }
    set { state.withLock { $0.isSilent = newValue } }
  }

  init(_ table: [Question: (count: UInt8, records: [UInt8])]) throws {
    self.table = table
    descriptor = socket(AF_INET, Int32(SOCK_DGRAM.rawValue), 0)
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let socket = descriptor
    let bound = unsafe withUnsafeMutablePointer(to: &address) { pointer in
      unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { generic in
        unsafe bind(socket, generic, length) == 0 && getsockname(socket, generic, &length) == 0
      }
    }
    guard bound else { throw Failure() }
    port = UInt16(bigEndian: address.sin_port)
    var thread = pthread_t()
    let reference = unsafe Unmanaged.passRetained(self)
    _ = unsafe pthread_create(
      &thread, nil,
      { data in
        guard let data = unsafe data else { return nil }
        unsafe Unmanaged<TestResolver>.fromOpaque(data).takeRetainedValue().run()
        return nil
      }, reference.toOpaque())
    pthread_detach(thread)
  }

  struct Failure: Error {}

  func close() {
    state.withLock { $0.isClosed = true }
    shutdown(descriptor, Int32(SHUT_RDWR))
  }

  private func run() {
    var buffer = [UInt8](repeating: 0, count: 2_048)
    while !(state.withLock { $0.isClosed }) {
      var wait = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
      guard unsafe poll(&wait, 1, 100) > 0 else { continue }
      var peer = sockaddr_storage()
      var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
      let (socket, room) = (descriptor, buffer.count)
      let count = unsafe withUnsafeMutablePointer(to: &peer) { pointer in
        unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { generic in
          unsafe recvfrom(socket, &buffer, room, 0, generic, &length)
        }
      }
      guard count > 12, let answer = answer(Array(buffer[..<count])) else { continue }
      _ = unsafe withUnsafeMutablePointer(to: &peer) { pointer in
        unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { generic in
          unsafe sendto(socket, answer, answer.count, 0, generic, length)
        }
      }
    }
    Glibc.close(descriptor)
  }

  /// The query's header and question with the table's records behind.
  private func answer(_ query: [UInt8]) -> [UInt8]? {
    var at = 12
    var labels: [String] = []
    while at < query.count, query[at] > 0 {
      let end = at + 1 + Int(query[at])
      guard end < query.count else { return nil }
      labels.append(String(decoding: query[(at + 1)..<end], as: UTF8.self).lowercased())
      at = end
    }
    guard at + 5 <= query.count else { return nil }
    let question = Question(
      name: labels.joined(separator: "."), type: UInt16(query[at + 1]) << 8 | UInt16(query[at + 2]))
    state.withLock { $0.asked.append(question) }
    guard !isSilent else { return nil }
    let found = table[question] ?? (0, [])
    return query[..<2] + [0x81, 0x80, 0, 1, 0, found.count, 0, 0, 0, 0] + query[12..<(at + 5)]
      + found.records
  }
}
