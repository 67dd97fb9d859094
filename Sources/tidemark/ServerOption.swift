import ArgumentParser
import Glibc
import TidemarkCollectors

/// The server to ask, and how to get to it.
struct ServerOption: ParsableArguments {
  /// Holds a token, so that it is neither on the command line nor in its history.
  static let tokenVariable = "TIDEMARK_TOKEN"

  @Option(help: "Ask a running server, for example https://pdns.example:8053.")
  var server: String?
  @Option(
    name: .customLong("ca"), help: "Certificates to trust instead of the system's, a PEM file.",
    completion: .file(extensions: ["pem", "crt"]))
  var authorities: String?
  @Option(
    help: "A file with a bearer token; default: the variable \(ServerOption.tokenVariable).",
    completion: .file())
  var tokenFile: String?
  @Option(help: "Go through this HTTP proxy, http://host:port; variables are not looked at.")
  var proxy: String?

  func validate() throws {
    guard server == nil else { return }
    for (option, value) in [("--ca", authorities), ("--token-file", tokenFile), ("--proxy", proxy)]
    where value != nil { throw ValidationError("\(option) goes with --server") }
  }

  /// The server, or nil when none is asked for.
  ///
  /// - Throws: `ValidationError` for options that are no server; ``RemoteError`` for files.
  func remote() throws -> RemoteServer? {
    guard let server else { return nil }
    let token = try token()
    do {
      let target = try RelayTarget(
        url: server, authorities: authorities,
        tokenFile: token == nil ? nil : tokenFile ?? ServerOption.tokenVariable)
      return try RemoteServer(
        base: target.base, authorities: authorities, token: token, proxy: proxyAddress())
    } catch let error as RelayTarget.Fault {
      throw ValidationError("--server: \(error)")
    }
  }

  private func token() throws -> String? {
    let text: String
    let place: String
    if let tokenFile {
      place = tokenFile
      do {
        text = try TextFile.read(tokenFile, octetsMax: RelayTarget.tokenOctetsMax)
      } catch {
        throw RemoteError.unusable("\(error)")
      }
    } else {
      place = "the variable " + ServerOption.tokenVariable
      guard let value = unsafe getenv(ServerOption.tokenVariable) else { return nil }
      text = unsafe String(cString: value)
    }
    let line = text.utf8.prefix { $0 != 10 && $0 != 13 }
    guard (1...RelayTarget.tokenOctetsMax).contains(line.count),
      line.allSatisfy({ (0x21...0x7E).contains($0) })
    else { throw RemoteError.unusable("\(place) holds no token") }
    return String(Substring(line))
  }

  private func proxyAddress() throws -> (host: String, port: Int)? {
    guard let proxy else { return nil }
    let wrong = ValidationError("--proxy: write http://host:port")
    guard proxy.lowercased().hasPrefix("http://") else { throw wrong }
    var rest = proxy.dropFirst(7)
    if rest.hasSuffix("/") { rest.removeLast() }
    guard let colon = rest.lastIndex(of: ":"), let port = UInt16(rest[rest.index(after: colon)...]),
      port > 0
    else { throw wrong }
    var host = rest[..<colon]
    if host.hasPrefix("["), host.hasSuffix("]") { host = host.dropFirst().dropLast() }
    guard !host.isEmpty, !host.contains("/"), !host.contains("@") else { throw wrong }
    return (String(host), Int(port))
  }
}
