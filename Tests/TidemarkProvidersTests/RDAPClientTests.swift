import FoundationEssentials
import NIOCore
import TidemarkEnrichment
import TidemarkModel
import TidemarkProviders
import TidemarkRegistration
import Testing

/// RDAP against servers on loopback that count as public.
@Suite(.timeLimit(.minutes(10)))
struct RDAPClientTests {
  static let now: UnixSeconds = 1_700_000_000
  static let names = [
    "rdap.example.net": [["127.0.0.1"]], "registrar.example.org": [["127.0.0.1"]],
  ]

  private var limits: FetchLimits {
    var limits = FetchLimits()
    limits.verifiesTLS = false
    return limits
  }

  private func outbound(_ names: [String: [[String]]] = names) -> OutboundClient {
    OutboundClient(environment: [:], addresses: .test(names, public: ["127.0.0.1"]))
  }

  private func client(
    _ folder: LoopbackFolder, _ urls: [String], names: [String: [[String]]] = names
  ) throws -> RDAPClient {
    let list = urls.map { "\"\($0)\"" }.joined(separator: ",")
    for (file, key) in [("dns", "com"), ("ipv4", "192.0.2.0/24"), ("asn", "64496-64511")] {
      try folder.write(
        "\(file).json", #"{"version":"1.0","services":[[["\#(key)"],[\#(list)]]]}"#)
    }
    let outbound = outbound(names)
    let servers = RDAPServers(folder: folder.path, origin: nil, client: outbound) { Self.now }
    return RDAPClient(client: outbound, servers: servers) { Self.now }
  }

  private static func domain(_ status: String, related: String? = nil) -> String {
    let link = related.map {
      #","links":[{"rel":"related","type":"application/rdap+json","href":"\#($0)"}]"#
    }
    return #"{"objectClassName":"domain","ldhName":"EXAMPLE.COM","status":["\#(status)"],"#
      + #""events":[{"eventAction":"registration","eventDate":"1995-08-14T04:00:00Z"}]"#
      + (link ?? "") + "}"
  }

  private func failure(
    _ client: RDAPClient, _ subject: Registration.Subject = .domain(name: "example.com")
  ) async -> ActionFailure? {
    do throws(ActionFailure) {
      _ = try await client.fetch(subject, limits: limits)
      return nil
    } catch {
      return error
    }
  }

  @Test func asksTheRegistryThenTheRegistrar() async throws {
    let folder = try LoopbackFolder()
    let registrarBody = Self.domain("client hold")
    let registrar = try await LoopbackServer(
      tls: true, LoopbackServer.saying(LoopbackServer.answer("200 OK", [], registrarBody)))
    let registrarURL = "https://registrar.example.org:\(registrar.port)/domain/example.com"
    let registryBody = Self.domain("server hold", related: registrarURL)
    let registry = try await LoopbackServer(
      tls: true,
      LoopbackServer.saying(
        LoopbackServer.answer("200 OK", ["Content-Type: application/rdap+json"], registryBody)))
    let base = "https://rdap.example.net:\(registry.port)/base/"
    let client = try client(folder, ["http://rdap.example.net:1/", base])
    let fetched = try await client.fetch(.domain(name: "example.com"), limits: limits)
    #expect(fetched.parts.map(\.source.kind) == [.rdapRegistry, .rdapRegistrar])
    #expect(fetched.parts.map(\.source.server) == ["rdap.example.net", "registrar.example.org"])
    #expect(fetched.texts.map(\.octets) == [Array(registryBody.utf8), Array(registrarBody.utf8)])
    #expect(fetched.texts[0].contentType == "application/rdap+json")
    #expect(fetched.merged.statuses == fetched.parts[1].statuses)
    #expect(fetched.merged.source.kind == .merged && fetched.merged.source.texts.count == 2)
    #expect(fetched.merged.source.time == Int64(Self.now))
    #expect(fetched.source == "\(base)domain/example.com \(registrarURL)")
    #expect(registry.requests[0].hasPrefix("GET /base/domain/example.com HTTP/1.1\r\n"))
    #expect(registry.requests[0].contains("Accept: application/rdap+json\r\n"))
    await registry.close()
    await registrar.close()
  }

  @Test func aLinkIntoOurNetworkIsNotFollowed() async throws {
    let folder = try LoopbackFolder()
    let inside = try await LoopbackServer(
      host: "127.0.0.2", tls: true,
      LoopbackServer.saying(LoopbackServer.answer("200 OK", [], Self.domain("client hold"))))
    for target in ["127.0.0.2", "inside.example.net", "[::ffff:127.0.0.2]"] {
      let body = Self.domain("x", related: "https://\(target):\(inside.port)/domain/example.com")
      let registry = try await LoopbackServer(
        tls: true, LoopbackServer.saying(LoopbackServer.answer("200 OK", [], body)))
      let names = Self.names.merging(["inside.example.net": [["127.0.0.2"]]]) { $1 }
      let client = try client(folder, ["https://rdap.example.net:\(registry.port)/"], names: names)
      let fetched = try await client.fetch(.domain(name: "example.com"), limits: limits)
      #expect(fetched.parts.count == 1 && fetched.merged == fetched.parts[0])
      await registry.close()
    }
    #expect(inside.connectionCount == 0)
    await inside.close()
  }

  @Test(arguments: [
    ("404 Not Found", FailureKind.notFound), ("400 Bad", .notFound), ("403 Forbidden", .refused),
    ("429 Slow", .unavailable), ("500 Oops", .unavailable), ("200 OK", .unavailable),
    ("204 None", .unavailable),
  ])
  func refusalsAreToldApart(_ status: String, _ kind: FailureKind) async throws {
    let folder = try LoopbackFolder()
    let body = status.hasPrefix("204") ? "" : "<html>"
    let registry = try await LoopbackServer(
      tls: true, LoopbackServer.saying(LoopbackServer.answer(status, ["Retry-After: 17"], body)))
    let client = try client(folder, ["https://rdap.example.net:\(registry.port)/"])
    let failure = try #require(await failure(client))
    #expect(failure.kind == kind)
    if status.hasPrefix("429") {
      #expect(failure.code == 429 && failure.message.contains("again after 17 s"))
    }
    await registry.close()
  }

  @Test func anotherServerIsAskedWhenOneIsDown() async throws {
    let folder = try LoopbackFolder()
    let down = try await LoopbackServer(tls: true, LoopbackServer.saying("no HTTP\r\n"))
    let good = try await LoopbackServer(
      tls: true, LoopbackServer.saying(LoopbackServer.answer("200 OK", [], Self.domain("x"))))
    let client = try client(
      folder,
      [
        "https://rdap.example.net:\(down.port)/", "https://rdap.example.net:\(good.port)/",
      ])
    let fetched = try await client.fetch(.domain(name: "example.com"), limits: limits)
    #expect(fetched.parts.count == 1 && down.connectionCount == 1)
    await down.close()
    await good.close()
  }

  @Test func anAnswerAboutSomethingElseIsNone() async throws {
    let folder = try LoopbackFolder()
    let other = Self.domain("x").replacing("EXAMPLE.COM", with: "example.net")
    let network =
      #"{"objectClassName":"ip network","startAddress":"198.51.100.0","#
      + #""endAddress":"198.51.100.255"}"#
    let subjects: [(String, Registration.Subject)] = [
      (other, .domain(name: "example.com")), (network, .domain(name: "example.com")),
      (network, .network(first: "192.0.2.1", last: "192.0.2.1")),
    ]
    for (body, subject) in subjects {
      let registry = try await LoopbackServer(
        tls: true, LoopbackServer.saying(LoopbackServer.answer("200 OK", [], body)))
      let client = try client(folder, ["https://rdap.example.net:\(registry.port)/"])
      #expect(
        await failure(client, subject)?.message
          == "rdap.example.net: an answer about something else")
      await registry.close()
    }
  }

  @Test func nobodyIsKnown() async throws {
    let folder = try LoopbackFolder()
    let client = try client(folder, ["https://rdap.example.net:1/"])
    let failure = await failure(client, .domain(name: "example.org"))
    #expect(failure?.message == "no RDAP server is known for it")
  }

  @Test(arguments: [
    (Registration.Subject.network(first: "192.0.2.0", last: "192.0.2.255"), "ip/192.0.2.0/24"),
    (.network(first: "192.0.2.0", last: "192.0.2.254"), "ip/192.0.2.0"),
    (.network(first: "192.0.2.7", last: "192.0.2.7"), "ip/192.0.2.7"),
    (.autonomousSystems(first: 64_500, last: 64_500), "autnum/64500"),
  ])
  func asksAboutNumbers(_ subject: Registration.Subject, _ path: String) async throws {
    let folder = try LoopbackFolder()
    let server = try await LoopbackServer(
      tls: true, LoopbackServer.saying(LoopbackServer.answer("404 None")))
    let client = try client(folder, ["https://rdap.example.net:\(server.port)/"])
    #expect(await failure(client, subject)?.kind == .notFound)
    #expect(server.requests.first?.hasPrefix("GET /\(path) HTTP/1.1\r\n") == true)
    await server.close()
  }

  @Test func bootstrapFilesAreComparedWithTheirOrigin() async throws {
    let folder = try LoopbackFolder()
    let body = #"{"services":[[["com"],["https://rdap.example.net/"]]]}"#
    let origin = try await LoopbackServer { request, channel in
      let isKnown = request.contains("If-None-Match: \"one\"\r\n")
      let text = LoopbackServer.answer(
        isKnown ? "304 Not Modified" : "200 OK", ["ETag: \"one\""], isKnown ? "" : body)
      try await channel.writeAndFlush(ByteBuffer(string: text))
    }
    let url = "http://127.0.0.1:\(origin.port)/rdap/"
    let clock = LoopbackCounter()
    clock.add(Int(Self.now))
    let now: @Sendable () -> UnixSeconds = { UnixSeconds(clock.value) }
    let expected = ["https://rdap.example.net/domain/example.com"]
    let servers = RDAPServers(folder: folder.path, origin: url, client: outbound(), now: now)
    #expect(await servers.urls(for: .domain("example.com"), limits: limits) == expected)
    #expect(await servers.urls(for: .domain("example.com"), limits: limits) == expected)
    #expect(origin.requests.count == 1 && origin.requests[0].hasPrefix("GET /rdap/dns.json "))
    // A later process has the file and its validators.
    clock.add(86_400)
    let later = RDAPServers(folder: folder.path, origin: url, client: outbound(), now: now)
    #expect(await later.urls(for: .domain("example.com"), limits: limits) == expected)
    #expect(origin.requests.count == 2 && origin.requests[1].contains("If-None-Match"))
    #expect(await later.urls(for: .domain("example.com"), limits: limits) == expected)
    #expect(origin.requests.count == 2)
    // Without its origin the file stays good.
    await origin.close()
    clock.add(86_400)
    #expect(await later.urls(for: .domain("example.com"), limits: limits) == expected)
    let outcome = await later.refresh(limits: limits)[.domains]
    guard case .failed? = outcome else {
      Issue.record("\(String(describing: outcome))")
      return
    }
    let offline = RDAPServers(folder: folder.path, origin: nil, client: outbound(), now: now)
    #expect(await offline.urls(for: .domain("example.com"), limits: limits) == expected)
  }
}

/// A folder that goes away with its last user.
final class LoopbackFolder: Sendable {
  let path: String

  init() throws {
    path = FileManager.default.temporaryDirectory.path + "/tidemark-" + UUID().uuidString
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
  }

  func write(_ name: String, _ text: String) throws {
    try Data(text.utf8).write(to: URL(filePath: "\(path)/\(name)"))
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }
}
