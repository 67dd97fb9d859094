public import DNSWire
import Glibc
import NIOCore
import NIOPosix
public import TidemarkEnrichment

/// Finds the addresses of a host name.
public protocol HostResolving: Sendable {
  /// Addresses, best first; none when the name has none.
  ///
  /// - Throws: ``TidemarkEnrichment/ActionFailure`` of kind `unavailable` when nobody can say.
  func addresses(of name: String) async throws(ActionFailure) -> [IPAddressText.Address]
}

/// The resolver of the system (`getaddrinfo`), on threads of its own. A look-up that nobody waits
/// for any more goes on until the system gives up.
public struct SystemResolver: HostResolving {
  /// Look-ups at the same time; more wait in a queue.
  static let threadCount = 4
  /// A server behind more addresses than this is reached by the first ones.
  static let addressesMax = 16

  private static let threads: NIOThreadPool = {
    let threads = NIOThreadPool(numberOfThreads: threadCount)
    threads.start()
    return threads
  }()

  /// Makes a resolver.
  public init() {}

  /// Asks the system.
  public func addresses(of name: String) async throws(ActionFailure) -> [IPAddressText.Address] {
    let loop = MultiThreadedEventLoopGroup.singleton.next()
    let promise = loop.makePromise(of: [IPAddressText.Address].self)
    SystemResolver.threads.submit { state in
      guard state == .active, let found = SystemResolver.lookUp(name) else {
        return promise.fail(ChannelError.unknownLocalAddress)
      }
      promise.succeed(found)
    }
    do {
      // The second outcome of a promise is ignored.
      return try await withTaskCancellationHandler {
        try await promise.futureResult.get()
      } onCancel: {
        promise.fail(CancellationError())
      }
    } catch {
      throw ActionFailure(.unavailable, message: "the host \(name) does not resolve")
    }
  }

  /// - Returns: nil when the system has no answer.
  private static func lookUp(_ name: String) -> [IPAddressText.Address]? {
    var hints = unsafe addrinfo()
    unsafe hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
    unsafe hints.ai_flags = AI_ADDRCONFIG
    var list: UnsafeMutablePointer<addrinfo>?
    guard unsafe getaddrinfo(name, nil, &hints, &list) == 0 else { return nil }
    defer { unsafe freeaddrinfo(list) }
    var found: [IPAddressText.Address] = []
    var next = unsafe list
    while let entry = unsafe next, found.count < addressesMax {
      if let address = unsafe address(entry.pointee), !found.contains(address) {
        found.append(address)
      }
      unsafe next = entry.pointee.ai_next
    }
    return found
  }

  private static func address(_ entry: addrinfo) -> IPAddressText.Address? {
    guard let socket = unsafe entry.ai_addr else { return nil }
    switch unsafe entry.ai_family {
    case AF_INET:
      return unsafe socket.withMemoryRebound(to: sockaddr_in.self, capacity: 1) {
        unsafe .v4(UInt32(bigEndian: $0.pointee.sin_addr.s_addr))
      }
    case AF_INET6:
      let octets = unsafe socket.withMemoryRebound(to: sockaddr_in6.self, capacity: 1) { pointer in
        unsafe withUnsafeBytes(of: &pointer.pointee.sin6_addr) { unsafe Array($0) }
      }
      return .v6(octets.reduce(UInt128(0)) { $0 << 8 | UInt128($1) })
    default: return nil
    }
  }
}
