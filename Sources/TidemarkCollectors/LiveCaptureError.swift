/// Why an interface cannot be captured, or not any longer.
public enum LiveCaptureError: Error, Equatable, Sendable, CustomStringConvertible {
  /// No interface of that name.
  case noSuchInterface(String)
  /// The process needs the capability CAP_NET_RAW (promiscuous mode: CAP_NET_ADMIN or root).
  case notPermitted(interface: String)
  /// The condition is no filter expression for this interface; `detail` is libpcap's.
  case badFilter(interface: String, detail: String)
  /// Frames of a kind that cannot be read.
  case unsupportedLink(interface: String, number: Int32)
  /// The interface vanished, or the system refused; `detail` is libpcap's.
  case failed(interface: String, detail: String)

  /// One sentence for people.
  public var description: String {
    switch self {
    case .noSuchInterface(let name): "\(name): no such interface"
    case .notPermitted(let name):
      "\(name): capturing needs root or the capability CAP_NET_RAW"
    case .badFilter(let name, let detail): "\(name): the filter is refused: \(detail)"
    case .unsupportedLink(let name, let number):
      "\(name): frames of link type \(number) cannot be read"
    case .failed(let name, let detail): "\(name): \(detail)"
    }
  }
}
