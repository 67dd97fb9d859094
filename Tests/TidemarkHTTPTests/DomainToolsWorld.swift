import Crypto
import Foundation
import TidemarkAccess
import TidemarkDomains
import TidemarkEnrichment
import TidemarkHTTP
import TidemarkModel
import TidemarkPivots
import TidemarkRegistration
import TidemarkStore

/// A server with records, a library and lists, and a token `desk` that signs.
final class DomainToolsWorld: Sendable {
  static let now = TestServer.now
  let book = TokenBook()
  let key: String
  let library: Library
  let data: DomainToolsData
  private let folder: String

  init(lists: [RiskList] = []) throws {
    folder =
      FileManager.default.temporaryDirectory
      .appendingPathComponent("tidemark-domaintools-\(UUID().uuidString)").path
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: false)
    library = try Library(path: folder + "/library.sqlite", create: true)
    let catalog = RiskListCatalog()
    catalog.replace(with: lists)
    data = DomainToolsData(library: library, lists: catalog, suffixes: try .standard())
    key = book.add(TokenGrant(name: "desk"), keepsKey: true)
  }

  deinit { try? FileManager.default.removeItem(atPath: folder) }

  /// Serves a store while `test` runs.
  func serving(
    _ store: MemoryStore, _ test: @Sendable (DomainToolsClient) async throws -> Void
  ) async throws {
    let access = try book.control()
    try await TestServer.serving(store, access: access, adjust: { $0.domainTools = self.data }) {
      try await test(DomainToolsClient(server: $0, name: "desk", key: self.key))
    }
  }

  /// Takes a table away, as another program.
  func breakLibrary() throws {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    let statement = "ALTER TABLE registrations RENAME TO gone"
    process.arguments = [
      "python3", "-c", "import sqlite3, sys; sqlite3.connect(sys.argv[1]).execute(sys.argv[2])",
      library.path, statement,
    ]
    try process.run()
    process.waitUntilExit()
    guard process.terminationStatus == 0 else { throw Reply.Malformed() }
  }

  /// Keeps a WHOIS answer as a snapshot of some days ago.
  func keep(_ text: String, daysAgo: UnixSeconds, server: String = "whois.example") throws {
    let time = DomainToolsWorld.now - daysAgo * 86_400
    let octets = Array(text.utf8)
    let source = RegistrationSource(kind: .whois, server: server, time: Int64(time))
    guard case .registration(let found) = WHOISAnswer.read(octets, source: source) else {
      throw Reply.Malformed()
    }
    try library.keep(
      FetchedRegistration(
        merged: found, parts: [found],
        texts: [RawAnswer(contentType: "text/plain", octets: octets)], source: server),
      of: found.subject, at: time)
  }

  /// A WHOIS answer about `example.com`.
  static func whois(registrar: String, ianaID: Int, expires: String = "2030-08-13") -> String {
    """
    Domain Name: EXAMPLE.COM
    Registry Domain ID: 2336799_DOMAIN_COM-VRSN
    Registrar WHOIS Server: whois.registrar.example
    Registrar URL: http://registrar.example
    Updated Date: 2024-01-02T03:04:05Z
    Creation Date: 1995-08-14T04:00:00Z
    Registry Expiry Date: \(expires)T04:00:00Z
    Registrar: \(registrar)
    Registrar IANA ID: \(ianaID)
    Registrar Abuse Contact Email: abuse@registrar.example
    Registrar Abuse Contact Phone: +1.5555550100
    Domain Status: clientTransferProhibited https://icann.org/epp#clientTransferProhibited
    Registrant Organization: Example Organization
    Registrant Country: US
    Name Server: NS1.EXAMPLE.NET
    Name Server: NS2.EXAMPLE.NET
    DNSSEC: unsigned

    """
  }
}

/// Asks as the client of DomainTools does.
struct DomainToolsClient: Sendable {
  let server: TestServer
  let name: String
  let key: String

  /// What is signed, by default as the client signs it.
  static func signature<Hash: HashFunction>(
    _ key: String, _ message: String, _ hash: Hash.Type = SHA256.self
  ) -> String {
    HMAC<Hash>.authenticationCode(
      for: Array(message.utf8), using: SymmetricKey(data: Array(key.utf8))
    ).map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
  }

  /// The query of a signed request.
  func signed(_ path: String, timestamp: String = "2024-06-01T00:00:00Z") -> String {
    let signature = DomainToolsClient.signature(key, name + timestamp + path)
    return "app_name=python_wrapper&app_version=2.10.0&api_username=\(name)"
      + "&timestamp=\(timestamp)&signature=\(signature)"
  }

  /// Sends a signed request.
  func get(_ path: String, _ parameters: String = "") async throws -> Reply {
    let more = parameters.isEmpty ? "" : "&" + parameters
    return try await server.get("\(path)?\(signed(path))\(more)")
  }

  /// The members of `response`.
  func response(_ path: String, _ parameters: String = "") async throws -> [String: Any] {
    let reply = try await get(path, parameters)
    return try DomainToolsClient.response(reply)
  }

  /// The members of `response` of an answer.
  static func response(_ reply: Reply) throws -> [String: Any] {
    let json = try JSONSerialization.jsonObject(with: Data(reply.octets)) as? [String: Any]
    guard reply.status == 200, let response = json?["response"] as? [String: Any] else {
      throw Reply.Malformed()
    }
    return response
  }

  /// Posts a form.
  func post(_ path: String, form: String) async throws -> Reply {
    let head = [
      "POST \(path) HTTP/1.1", "Host: localhost", "Connection: close",
      "Content-Type: application/x-www-form-urlencoded", "Content-Length: \(form.utf8.count)",
    ]
    let text = head.joined(separator: "\r\n") + "\r\n\r\n" + form
    return try Reply(try await server.exchange(Array(text.utf8)))
  }
}
