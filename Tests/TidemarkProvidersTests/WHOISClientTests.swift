import NIOCore
import TidemarkEnrichment
import TidemarkModel
import TidemarkProviders
import TidemarkRegistration
import Testing

/// WHOIS against servers on loopback.
@Suite(.timeLimit(.minutes(10)))
struct WHOISClientTests {
  static let now: UnixSeconds = 1_700_000_000
  static let subject = Registration.Subject.domain(name: "example.com")
  static let registryText = """
    Domain Name: EXAMPLE.COM\r
    Registry Domain ID: 1_DOMAIN_COM-VRSN\r
    Registrar: Registry's Word\r
    Creation Date: 1995-08-14T04:00:00Z\r
    Domain Status: serverHold\r
    Name Server: NS1.EXAMPLE.NET\r

    """

  /// An address on loopback that no other run uses.
  static func host() -> String {
    "127.\((1...250).map { UInt8($0) }.randomElement() ?? 1).\(UInt8.random(in: 1...250)).77"
  }

  private func server(
    _ text: String, host: String = "127.0.0.1", port: Int = 0
  ) async throws -> LoopbackServer {
    try await LoopbackServer(
      host: host, port: port, end: .line, LoopbackServer.saying(text))
  }

  private func client(
    _ server: LoopbackServer, host: String = "127.0.0.1", addresses: AddressGuard = .test(),
    idleMilliseconds: Int64 = 10_000
  ) -> WHOISClient {
    var settings = WHOISClient.Settings()
    settings.idleMilliseconds = idleMilliseconds
    settings.servers["com"] = WHOISServer(host: host, port: server.port)
    return WHOISClient(settings, addresses: addresses) { Self.now }
  }

  private func failure(
    _ client: WHOISClient, _ subject: Registration.Subject = subject
  ) async -> ActionFailure? {
    do throws(ActionFailure) {
      _ = try await client.fetch(subject, limits: FetchLimits())
      return nil
    } catch {
      return error
    }
  }

  @Test func readsTheAnswerOfAConfiguredServer() async throws {
    let server = try await server(Self.registryText)
    let fetched = try await client(server).fetch(Self.subject, limits: FetchLimits())
    #expect(server.requests == ["example.com\r\n"])
    #expect(fetched.merged.subject == Self.subject && fetched.parts == [fetched.merged])
    #expect(fetched.merged.created?.seconds == 808_372_800)
    #expect(fetched.merged.source.kind == .whois && fetched.merged.source.server == "127.0.0.1")
    #expect(fetched.texts.map(\.octets) == [Array(Self.registryText.utf8)])
    #expect(fetched.texts[0].contentType == "text/plain" && fetched.source == "127.0.0.1")
    await server.close()
  }

  @Test(arguments: [
    ("whois.verisign-grs.com", "domain =example.com\r\n"),
    ("whois.denic.de", "-T dn,ace example.com\r\n"), ("whois.jprs.jp", "example.com/e\r\n"),
  ])
  func asksEachRegistryInItsForm(_ host: String, _ line: String) async throws {
    let server = try await server(Self.registryText)
    let client = client(server, host: host, addresses: .test([host: [["127.0.0.1"]]]))
    _ = try await client.fetch(Self.subject, limits: FetchLimits())
    #expect(server.requests == [line])
    await server.close()
  }

  @Test func followsTheRegistryToTheRegistrar() async throws {
    let host = Self.host()
    let registrarText = """
      Domain Name: example.com
      Registrar: Registrar's Word
      Registrant Name: Somebody
      Registrar WHOIS Server: whois.registry.net
      """
    let registrar = try await server(registrarText, host: host, port: 4_321)
    let text = Self.registryText + "Registrar WHOIS Server: rwhois://whois.registrar.net\r\n"
    let registry = try await server(text)
    let addresses = AddressGuard.test(
      ["whois.registrar.net": [[host]], "whois.registry.net": [["127.0.0.1"]]], public: [host])
    let fetched = try await client(registry, addresses: addresses)
      .fetch(Self.subject, limits: FetchLimits())
    #expect(fetched.parts.count == 2 && fetched.texts.count == 2)
    #expect(fetched.merged.registrar?.name == "Registrar's Word")
    #expect(fetched.merged.contact(.registrant)?.name == "Somebody")
    #expect(fetched.merged.nameServers.map(\.name) == ["ns1.example.net"])
    #expect(fetched.source == "127.0.0.1 whois.registrar.net")
    #expect(registry.connectionCount == 1 && registrar.requests == ["example.com\r\n"])
    await registry.close()
    await registrar.close()
  }

  /// The first registry has the whole block, the second one the part that was given away.
  @Test func theSmallerBlockCounts() async throws {
    let host = Self.host()
    let holder = try await server(
      "inetnum: 192.0.2.0 - 192.0.2.15\nnetname: HOLDER\ncountry: NL\n", host: host, port: 4_321)
    let referring = "ReferralServer: rwhois://whois.second.net\n"
    let first = try await server(
      "NetRange: 192.0.0.0 - 192.0.255.255\nNetName: WHOLE\n" + referring)
    let stranger = try await server("NetRange: 10.0.0.0 - 10.255.255.255\nNetName: STRANGER\n")
    let addresses = AddressGuard.test(["whois.second.net": [[host]]], public: [host])
    let asked = Registration.Subject.network(first: "192.0.2.1", last: "192.0.2.1")
    func fetch(_ server: LoopbackServer) async throws -> FetchedRegistration {
      var settings = WHOISClient.Settings()
      settings.root = WHOISServer(host: "127.0.0.1", port: server.port)
      return try await WHOISClient(settings, addresses: addresses) { Self.now }
        .fetch(asked, limits: FetchLimits())
    }
    let found = try await fetch(first).merged
    #expect(found.subject == .network(first: "192.0.2.0", last: "192.0.2.15"))
    #expect(found.network?.name == "HOLDER")
    let other = try await fetch(stranger)
    #expect(other.merged.subject == asked && other.merged.network == nil)
    #expect(other.texts.count == 1)
    for server in [holder, first, stranger] { await server.close() }
  }

  @Test func asksTheRootWhoKnows() async throws {
    let (host, rootHost) = (Self.host(), Self.host())
    let text = Self.registryText.replacing("EXAMPLE.COM", with: "example.xyz")
    let registry = try await server(text, host: host, port: 4_321)
    let root = try await LoopbackServer(host: rootHost, end: .line) { query, channel in
      let referral = query.hasPrefix("example.xyz") ? "refer: whois.registry.net:4321\n" : ""
      let text = "% IANA\n\n\(referral)\ndomain: XYZ\ncreated: 2014-02-06\n"
      try await channel.writeAndFlush(ByteBuffer(string: text))
    }
    let addresses = AddressGuard.test(
      ["whois.root.net": [[rootHost]], "whois.registry.net": [[host]]], public: [host, rootHost])
    var settings = WHOISClient.Settings()
    settings.referrer = WHOISServer(host: "whois.root.net", port: root.port)
    let client = WHOISClient(settings, addresses: addresses) { Self.now }
    let fetched = try await client.fetch(.domain(name: "example.xyz"), limits: FetchLimits())
    #expect(fetched.parts.count == 1 && fetched.source == "whois.registry.net")
    #expect(fetched.merged.created?.seconds == 808_372_800)
    // What the root says of a top-level domain is no record of a domain below it.
    let failure = await failure(client, .domain(name: "other.xyz"))
    #expect(failure?.message == "no WHOIS server is known for it")
    await registry.close()
    await root.close()
  }

  @Test func aReferralIntoOurNetworkIsNotFollowed() async throws {
    let host = Self.host()
    let inside = try await server("x", host: host, port: 4_321)
    for referral in [
      "whois.inside.net:4321", host + ":4321", "localhost:4321", "rwhois://whois.inside.net",
      "whois.inside.net:\(inside.port)", "[::1]:4321", "printer.local:4321",
    ] {
      let registry = try await server(Self.registryText + "Whois Server: \(referral)\r\n")
      let addresses = AddressGuard.test(standard: [host])
      let fetched = try await client(registry, addresses: addresses)
        .fetch(Self.subject, limits: FetchLimits())
      #expect(fetched.parts.count == 1)
      await registry.close()
    }
    #expect(inside.connectionCount == 0)
    await inside.close()
  }

  @Test(arguments: [
    ("No match for \"EXAMPLE.COM\".\r\n", FailureKind.notFound),
    ("This name is reserved by the registry\r\n", .notFound),
    ("WHOIS LIMIT EXCEEDED - try again later\r\n", .unavailable),
    ("% Access denied\r\n", .refused), ("", .unavailable),
  ])
  func refusalsAreToldApart(_ text: String, _ kind: FailureKind) async throws {
    let server = try await server(text)
    #expect(await failure(client(server))?.kind == kind)
    await server.close()
  }

  @Test func aTextThatNothingIsUnderstoodOfIsKept() async throws {
    for text in ["\u{1}\u{2} what?\r\n", Self.registryText.replacing("EXAMPLE", with: "OTHER")] {
      let server = try await server(text)
      let fetched = try await client(server).fetch(Self.subject, limits: FetchLimits())
      #expect(fetched.merged.subject == Self.subject && fetched.merged.created == nil)
      #expect(fetched.texts[0].octets == Array(text.utf8))
      await server.close()
    }
  }

  @Test func aFloodIsCut() async throws {
    let chunk = ByteBuffer(repeating: UInt8(ascii: "x"), count: 1 << 16)
    let server = try await LoopbackServer(end: .line) { _, channel in
      while true { try await channel.writeAndFlush(chunk) }
    }
    let fetched = try await client(server).fetch(Self.subject, limits: FetchLimits())
    #expect(fetched.texts[0].octets.count == RegistrationLimits.answerOctetsMax)
    #expect(fetched.texts[0].isCut)
    await server.close()
  }

  @Test func silenceAndDripsEnd() async throws {
    let silent = try await LoopbackServer(end: .line) { _, channel in
      try await channel.closeFuture.get()
    }
    #expect(
      await failure(client(silent, idleMilliseconds: 50))?.message == "127.0.0.1: no answer in time"
    )
    let drip = try await LoopbackServer(end: .line) { _, channel in
      while true {
        try await channel.writeAndFlush(ByteBuffer(string: "."))
        await pause(milliseconds: 10)
      }
    }
    let client = client(drip)
    var limits = FetchLimits()
    limits.timeoutSeconds = 2
    await #expect(throws: ActionFailure.self) {
      try await client.fetch(Self.subject, limits: limits)
    }
    await silent.close()
    await drip.close()
  }

  @Test(arguments: ["a b.com", "a\r\nb.com", "", "\u{7F}.com"])
  func aNameIsOneQuestion(_ name: String) async throws {
    let server = try await server(Self.registryText)
    var settings = WHOISClient.Settings()
    settings.root = WHOISServer(host: "127.0.0.1", port: server.port)
    let client = WHOISClient(settings, addresses: .test()) { Self.now }
    #expect(await failure(client, .domain(name: name))?.kind == .refused)
    #expect(server.connectionCount == 0)
    await server.close()
  }

  @Test func namesServers() {
    #expect(WHOISServer("whois.example.net") == WHOISServer(host: "whois.example.net"))
    #expect(WHOISServer("192.0.2.43:4343") == WHOISServer(host: "192.0.2.43", port: 4_343))
    #expect(WHOISServer("[2001:DB8::43]") == WHOISServer(host: "2001:db8::43"))
    for text in ["", "a b", "a/b", "host:", "host:0", "127.1", "user@host", "::1"] {
      #expect(WHOISServer(text) == nil, "\(text)")
    }
  }
}
