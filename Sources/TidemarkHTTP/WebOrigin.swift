import HTTPTypes
import Hummingbird

/// Whether a request may come from the page it seems to come from.
///
/// A browser sends what any page tells it to send, with the cookies of whom it is sent to. A page
/// elsewhere must neither change anything here nor, where the server asks for no token, read.
enum WebOrigin {
  /// Refuses what a page of another site can have made (Fetch standard, `Origin` and
  /// `Sec-Fetch-Site`).
  ///
  /// - Parameter isLoopback: true for a server that only this machine reaches and that asks for no
  ///   token.
  static func check(_ request: Request, isLoopback: Bool) throws(Problem) {
    let changes = request.method != .get && request.method != .head
    guard hasOwnOrigin(request), !changes || isSentFromHere(request) else {
      throw Problem(.forbidden, "this was sent by a page of another site")
    }
    guard !isLoopback || hasLocalName(request) else {
      throw Problem(.forbidden, "this server is reached by its address or as localhost only")
    }
  }

  private static func hasOwnOrigin(_ request: Request) -> Bool {
    guard let origin = request.headers[.origin] else { return true }
    guard let authority = request.head.authority, let mark = origin.firstRange(of: "://") else {
      return false
    }
    return origin[mark.upperBound...].lowercased() == authority.lowercased()
  }

  private static func isSentFromHere(_ request: Request) -> Bool {
    guard let site = HTTPField.Name("Sec-Fetch-Site").flatMap({ request.headers[$0] }) else {
      return true
    }
    return site == "same-origin" || site == "none"
  }

  /// True when the host asked for is this machine by its address or as `localhost`: a name that
  /// somebody else can point here would make a page of theirs ours (DNS rebinding).
  private static func hasLocalName(_ request: Request) -> Bool {
    guard let authority = request.head.authority?.lowercased() else { return true }
    if authority.hasPrefix("[") {
      return authority.dropFirst().prefix { $0 != "]" }.allSatisfy { $0 == ":" || $0.isHexDigit }
    }
    let host = authority.prefix { $0 != ":" }
    return host == "localhost" || host.hasSuffix(".localhost")
      || host.allSatisfy { $0 == "." || ("0"..."9").contains($0) }
  }
}
