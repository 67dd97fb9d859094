import AsyncHTTPClient
import FoundationEssentials
import TidemarkEnrichment

/// Proxies as the environment names them: `HTTP_PROXY`, `HTTPS_PROXY` and `NO_PROXY`, small
/// letters first.
struct OutboundProxies: Sendable {
  private let plain: String?
  private let secure: String?
  private let exceptions: [String]

  init(environment: [String: String]) {
    func value(_ name: String) -> String? {
      let text = environment[name] ?? environment[name.uppercased()] ?? ""
      return text.isEmpty ? nil : text
    }
    plain = value("http_proxy")
    secure = value("https_proxy")
    exceptions = (value("no_proxy") ?? "").split(separator: ",").map { entry in
      entry.trimmingPrefix { $0 == " " }.lowercased().replacing(" ", with: "")
    }
  }

  /// The proxy to ask for a URL; nil for none.
  ///
  /// - Throws: a failure without the text of the setting, which may hold a password.
  func proxy(for url: OutboundURL) throws(ActionFailure) -> HTTPClient.Configuration.Proxy? {
    guard let setting = url.isSecure ? secure : plain, !isExcepted(url) else { return nil }
    var rest = setting[...]
    if let scheme = setting.firstRange(of: "://") {
      guard setting[..<scheme.lowerBound].lowercased() == "http" else {
        throw OutboundProxies.malformed
      }
      rest = setting[scheme.upperBound...]
    }
    if rest.hasSuffix("/") { rest.removeLast() }
    let credentials = rest.lastIndex(of: "@").map { rest[..<$0] }
    if let credentials { rest = rest[credentials.endIndex...].dropFirst() }
    guard let server = try? OutboundURL("http://" + rest), server.target == "/" else {
      throw OutboundProxies.malformed
    }
    let authorization = try credentials.map { text throws(ActionFailure) in
      guard let decoded = URL(string: "http://\(text)@\(server.bracketedHost)") else {
        throw OutboundProxies.malformed
      }
      return HTTPClient.Authorization.basic(
        username: decoded.user(percentEncoded: false) ?? "",
        password: decoded.password(percentEncoded: false) ?? "")
    }
    return .server(host: server.host, port: server.port, authorization: authorization)
  }

  private static let malformed = ActionFailure(
    .notConfigured,
    message: "the proxy of the environment is not http://[user:password@]host:port")

  /// `*`, a host, or a domain with everything below it; each with a port or without.
  private func isExcepted(_ url: OutboundURL) -> Bool {
    exceptions.contains { entry in
      guard entry != "*" else { return true }
      var name = entry[...]
      let port = ":\(url.port)"
      if name.hasSuffix(port), name != url.host[...] { name = name.dropLast(port.count) }
      if name.hasPrefix("[") { name = name.dropFirst().dropLast() }
      if name.hasPrefix(".") { name = name.dropFirst() }
      return !name.isEmpty && (url.host == name || url.host.hasSuffix("." + name))
    }
  }
}
