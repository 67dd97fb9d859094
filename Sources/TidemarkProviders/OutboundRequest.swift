/// A request to a service outside.
public struct OutboundRequest: Sendable {
  /// An HTTP method in upper case.
  public var method = "GET"
  /// `http` or `https`, no userinfo, a name in A-labels or an address as host. See
  /// ``OutboundClient/send(_:_:)`` for forms that are refused.
  public var url: String
  /// Sent as they are; `Host` and `Content-Length` are added.
  public var headers: [(name: String, value: String)] = []
  /// Sent when not empty.
  public var body: [UInt8] = []

  /// Asks for a URL by GET.
  public init(url: String) { self.url = url }
}

/// How far a request may go, and how much of an answer is taken.
public struct OutboundPolicy: Sendable {
  /// Which hosts may be connected to.
  public enum Reach: Sendable {
    /// Any: the host was set by an administrator. A redirect to another host is ``publicOnly``.
    case anywhere
    /// Addresses that are globally reachable (``AddressGuard``); for hosts that foreign data names.
    case publicOnly
  }

  /// False takes any certificate.
  public var verifiesTLS = true
  /// True connects directly although the environment names a proxy.
  public var bypassesProxy = false
  /// Time for everything: look-up, connection, redirects, the whole body.
  public var timeoutSeconds = 30
  /// Octets of a body that are read, unpacked; the rest is left out (``OutboundResponse/isCut``).
  public var octetsMax = 8 << 20
  /// Redirects that are followed, for GET only. With 0 a redirect is the response.
  public var redirectsMax = 0
  /// Which hosts may be connected to.
  public var reach: Reach

  /// The policy for a reach, with standard limits.
  public init(reach: Reach) { self.reach = reach }
}

/// What a service answered. Any status is a response.
public struct OutboundResponse: Sendable {
  /// HTTP status.
  public var status: Int
  /// The media type with its parameters; empty when not given.
  public var contentType: String
  /// In the order of the answer; names as sent.
  public var headers: [(name: String, value: String)]
  /// At most ``OutboundPolicy/octetsMax`` octets.
  public var body: [UInt8]
  /// True when there was more.
  public var isCut: Bool
  /// What answered, after redirects.
  public var url: String

  /// The first header of a name, in whatever case.
  public func header(_ name: String) -> String? {
    let name = name.lowercased()
    return headers.first { $0.name.lowercased() == name }?.value
  }

  /// Seconds that the service asks to wait (RFC 9110 section 10.2.3), when given as a number.
  public var retryAfterSeconds: Int? {
    header("Retry-After").flatMap { Int($0) }.flatMap { (0...86_400).contains($0) ? $0 : nil }
  }
}
