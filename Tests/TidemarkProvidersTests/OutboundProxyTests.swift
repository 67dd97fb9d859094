import NIOCore
import TidemarkEnrichment
import TidemarkProviders
import Testing

/// Proxies of the environment are used unless told otherwise, and open no way around the guard.
@Suite(.timeLimit(.minutes(10)))
struct OutboundProxyTests {
  private func send(
    _ environment: [String: String], _ url: String, addresses: AddressGuard = .test(),
    _ edit: (inout OutboundPolicy) -> Void = { _ in }
  ) async throws(ActionFailure) -> String {
    var policy = OutboundPolicy(reach: .anywhere)
    policy.timeoutSeconds = 20
    policy.verifiesTLS = false
    edit(&policy)
    let client = OutboundClient(environment: environment, addresses: addresses)
    let response = try await client.send(OutboundRequest(url: url), policy)
    return String(decoding: response.body, as: UTF8.self)
  }

  private func service(tls: Bool = false) async throws -> LoopbackServer {
    try await LoopbackServer(
      tls: tls, LoopbackServer.saying(LoopbackServer.answer("200 OK", [], "service")))
  }

  @Test func aProxyIsUsedForHTTPAndBypassed() async throws {
    let (proxy, service) = (try await LoopbackProxy(), try await service())
    let environment = ["HTTP_PROXY": "http://us%40er:pass@127.0.0.1:\(proxy.port)"]
    let url = "http://127.0.0.1:\(service.port)/x"
    #expect(try await send(environment, url) == "service")
    #expect(proxy.heads.count == 1 && service.connectionCount == 1)
    #expect(proxy.heads[0].hasPrefix("CONNECT 127.0.0.1:\(service.port) HTTP/1.1\r\n"))
    #expect(proxy.heads[0].contains("Basic dXNAZXI6cGFzcw==\r\n"))
    #expect(try await send(environment, url) { $0.bypassesProxy = true } == "service")
    #expect(proxy.heads.count == 1 && service.connectionCount == 2)
    await proxy.close()
    await service.close()
  }

  @Test func aProxyTunnelsHTTPS() async throws {
    let (proxy, service) = (try await LoopbackProxy(), try await service(tls: true))
    let environment = ["https_proxy": "127.0.0.1:\(proxy.port)", "HTTPS_PROXY": "http://192.0.2.1"]
    let url = "https://127.0.0.1:\(service.port)/"
    #expect(try await send(environment, url) == "service")
    #expect(proxy.heads.count == 1)
    #expect(proxy.heads[0].hasPrefix("CONNECT 127.0.0.1:\(service.port) HTTP/1.1\r\n"))
    #expect(try await send(environment, url) { $0.bypassesProxy = true } == "service")
    #expect(proxy.heads.count == 1 && service.connectionCount == 2)
    await proxy.close()
    await service.close()
  }

  @Test(arguments: [
    "*", "localhost", ".localhost", "other.example, localhost", "LOCALHOST",
  ])
  func exceptionsAreConnectedDirectly(_ exception: String) async throws {
    let (proxy, service) = (try await LoopbackProxy(), try await service())
    let environment = [
      "http_proxy": "http://127.0.0.1:\(proxy.port)/", "NO_PROXY": exception,
    ]
    let url = "http://localhost:\(service.port)/"
    #expect(try await send(environment, url) == "service")
    #expect(proxy.heads.isEmpty)
    let others = environment.merging(["NO_PROXY": "host,calhost,xlocalhost,:1"]) { $1 }
    #expect(try await send(others, url) == "service")
    #expect(proxy.heads.count == 1)
    await proxy.close()
    await service.close()
  }

  @Test func aTunnelForForeignDataLeadsToTheAddressThatWasChecked() async throws {
    let (proxy, service) = (try await LoopbackProxy(), try await service(tls: true))
    let environment = [
      "http_proxy": "http://127.0.0.1:\(proxy.port)",
      "https_proxy": "http://127.0.0.1:\(proxy.port)",
    ]
    let addresses = AddressGuard.test(
      ["rdap.example.net": [["127.0.0.1"]], "inside.example.net": [["127.0.0.2"]]],
      public: ["127.0.0.1"])
    let text = try await send(
      environment, "https://rdap.example.net:\(service.port)/", addresses: addresses
    ) { $0.reach = .publicOnly }
    #expect(text == "service")
    #expect(proxy.heads[0].hasPrefix("CONNECT 127.0.0.1:\(service.port) HTTP/1.1\r\n"))
    #expect(service.requests[0].lowercased().contains("host: rdap.example.net"))
    for url in [
      "https://inside.example.net:\(service.port)/", "https://127.0.0.2:\(service.port)/",
      "http://127.0.0.2:\(service.port)/", "http://inside.example.net/",
    ] {
      await #expect(throws: ActionFailure.self, "\(url)") {
        try await send(environment, url, addresses: addresses) { $0.reach = .publicOnly }
      }
    }
    #expect(proxy.heads.count == 1)
    await proxy.close()
    await service.close()
  }

  @Test(arguments: ["socks5://127.0.0.1:1", "http://", "http://user:secret@", "http://h:0/", "a b"])
  func aSettingWithoutMeaningIsToldWithoutItsText(_ setting: String) async {
    do throws(ActionFailure) {
      _ = try await send(["http_proxy": setting], "http://192.0.2.1/")
      Issue.record("\(setting) was used")
    } catch {
      #expect(error.kind == .notConfigured && !error.message.contains("secret"))
    }
  }

  @Test func redirectsLoseCredentialsAndNeverLeaveTLS() async throws {
    let target = try await service()
    let secure = try await LoopbackServer(
      tls: true,
      LoopbackServer.saying(
        LoopbackServer.answer("302 Found", ["Location: http://127.0.0.1:\(target.port)/"])))
    let start = try await LoopbackServer { request, channel in
      let isEndless = request.hasPrefix("GET /loop")
      let location = isEndless ? "/loop" : "http://localhost:\(target.port)/there?a=b"
      let text = LoopbackServer.answer("301 Moved", ["Location: \(location)"])
      try await channel.writeAndFlush(ByteBuffer(string: text))
    }
    let addresses = AddressGuard.test(
      ["localhost": [["127.0.0.1"]]], public: ["127.0.0.1"])
    let client = OutboundClient(environment: [:], addresses: addresses)
    var policy = OutboundPolicy(reach: .anywhere)
    policy.verifiesTLS = false
    policy.redirectsMax = 5
    var request = OutboundRequest(url: "http://127.0.0.1:\(start.port)/a")
    request.headers = [("Authorization", "Basic c2VjcmV0"), ("X-Api-Key", "k"), ("Accept", "a/b")]
    let response = try await client.send(request, policy)
    #expect(response.url == "http://localhost:\(target.port)/there?a=b" && response.status == 200)
    let head = target.requests[0].lowercased()
    #expect(!head.contains("authorization") && !head.contains("x-api-key"))
    #expect(head.contains("accept: a/b\r\n"))
    // Without permission the redirect is the answer.
    #expect(try await client.send(request, OutboundPolicy(reach: .anywhere)).status == 301)
    await #expect(throws: ActionFailure.self) {
      try await client.send(
        OutboundRequest(url: "http://127.0.0.1:\(start.port)/loop"), policy)
    }
    #expect(start.requests.count { $0.hasPrefix("GET /loop") } == 6)
    await #expect(throws: ActionFailure.self) {
      try await client.send(OutboundRequest(url: "https://127.0.0.1:\(secure.port)/"), policy)
    }
    #expect(target.connectionCount == 1)
    for server in [target, secure, start] { await server.close() }
  }

  @Test func aRedirectFromAConfiguredHostToAnotherMustBePublic() async throws {
    let inside = try await LoopbackServer(
      host: "127.0.0.2", LoopbackServer.saying(LoopbackServer.answer("200 OK", [], "inside")))
    let start = try await LoopbackServer { request, channel in
      let isOwn = request.hasPrefix("GET /own")
      let location = isOwn ? "../here" : "http://127.0.0.2:\(inside.port)/"
      let isHere = request.hasPrefix("GET /here")
      let text = LoopbackServer.answer(
        isHere ? "200 OK" : "307 Temporary", ["Location: \(location)"], isHere ? "here" : "")
      try await channel.writeAndFlush(ByteBuffer(string: text))
    }
    let own = try await send([:], "http://127.0.0.1:\(start.port)/own/x") {
      $0.redirectsMax = 5
    }
    #expect(own == "here")
    await #expect(throws: ActionFailure.self) {
      try await send([:], "http://127.0.0.1:\(start.port)/other") {
        $0.redirectsMax = 5
      }
    }
    #expect(inside.connectionCount == 0)
    await inside.close()
    await start.close()
  }
}
