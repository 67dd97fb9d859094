import DNSWire
import NIOCore
import TidemarkEnrichment
import TidemarkProviders
import TidemarkTesting
import Testing

/// Foreign data never leads a connection to an address that is not public.
@Suite(.timeLimit(.minutes(10)))
struct AddressGuardTests {
  /// Hosts as they stand in a URL. Names resolve to 127.0.0.1.
  static let hosts = [
    "127.0.0.1", "127.1", "127.0.1", "2130706433", "0x7f000001", "0x7F000001", "0x7f.0.0.1",
    "0x7f.1", "0177.0.0.1", "017700000001", "127.0.0.01", "127.0.0.1.", "0", "0.0.0.0", "0x0",
    "127.255.255.254", "127.0.0.1.0x1", "[::1]", "[0:0:0:0:0:0:0:1]", "[::]",
    "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[::ffff:0:127.0.0.1]", "[::127.0.0.1]",
    "[64:ff9b::127.0.0.1]", "[64:ff9b::7f00:1]", "[64:ff9b:1::7f00:1]", "[2002:7f00:1::]",
    "[2001:0:7f00:1::]", "[2001:2::1]", "[2001:10::1]", "[2001:20::1]", "[2001:db8::1]",
    "[100::1]", "[3fff::1]", "[5f00::1]", "[fc00::1]", "[fd12:3456::1]", "[fe80::1]",
    "[fe80::1%25lo]", "[fe80::1%lo]", "[::1%25lo]", "[fec0::1]", "[ff02::1]", "[ff0e::1]",
    "10.0.0.1", "10.255.255.255", "100.64.0.1", "100.127.255.255", "169.254.169.254",
    "172.16.0.1", "172.31.255.255", "192.0.0.1", "192.0.0.9", "192.0.2.1", "192.88.99.1",
    "192.168.0.1", "192.168.255.255", "198.18.0.1", "198.19.255.255", "198.51.100.1",
    "203.0.113.1", "224.0.0.1", "239.255.255.255", "240.0.0.1", "255.255.255.255",
    "user@127.0.0.1", "user:password@127.0.0.1", "www.example.com@127.0.0.1",
    "%31%32%37.0.0.1", "127.0.0.1%00.example.com", "127%2e0.0.1", "①②⑦.0.0.1", "127。0。0。1",
    "localhost", "LOCALHOST", "localhost.", "www.example.com", "[127.0.0.1]", "::1",
    "www.example.com\\@127.0.0.1", "127.0.0.1\\.example.com", "127.0.0.1 ", "[::1",
  ]

  private func everywhere() async throws -> LoopbackServer {
    let script = LoopbackServer.saying(LoopbackServer.answer("200 OK"))
    if let both = try? await LoopbackServer(host: "::", script) { return both }
    return try await LoopbackServer(host: "0.0.0.0", script)
  }

  private func failure(
    _ client: OutboundClient, _ url: String, redirects: Int = 0
  ) async -> ActionFailure? {
    var policy = OutboundPolicy(reach: .publicOnly)
    policy.redirectsMax = redirects
    policy.timeoutSeconds = 20
    do throws(ActionFailure) {
      _ = try await client.send(OutboundRequest(url: url), policy)
      return nil
    } catch {
      return error
    }
  }

  @Test func refusesEveryFormOfAnAddressWithoutConnecting() async throws {
    let listener = try await everywhere()
    let client = OutboundClient(environment: [:], addresses: .test(standard: ["127.0.0.1"]))
    // The listener does see who comes.
    _ = try await client.send(
      OutboundRequest(url: "http://127.0.0.1:\(listener.port)/"), OutboundPolicy(reach: .anywhere))
    #expect(listener.connectionCount == 1)
    var refusedCount = 0
    for host in Self.hosts {
      for url in ["http://\(host):\(listener.port)/", "https://\(host):\(listener.port)/x"] {
        let failure = await failure(client, url)
        #expect(failure?.kind == .refused, "\(url): \(String(describing: failure))")
        if failure?.kind == .refused { refusedCount += 1 }
      }
    }
    #expect(refusedCount == 2 * Self.hosts.count && Self.hosts.count >= 40)
    #expect(listener.connectionCount == 1)
    await listener.close()
  }

  @Test func refusesEveryFormOfAnAddressInARedirect() async throws {
    let listener = try await everywhere()
    let port = listener.port
    let targets =
      Self.hosts.map { "http://\($0):\(port)/" }
      + [
        "//127.0.0.1:\(port)/", "HTTP://127.0.0.1:\(port)/", "http:/127.0.0.1:\(port)/",
        "http:\\\\127.0.0.1:\(port)/", "ftp://127.0.0.1:\(port)/", "file:///etc/passwd",
        "gopher://127.0.0.1:\(port)/", "data:text/plain,x", "http+unix://%2frun%2fx/",
      ]
    let redirector = try await LoopbackServer(host: "127.0.0.53") { request, channel in
      let number = request.split(separator: " ")[1].dropFirst()
      let target = targets[Int(number) ?? 0]
      let text = LoopbackServer.answer("302 Found", ["Location: \(target)"])
      try await channel.writeAndFlush(ByteBuffer(string: text))
    }
    let client = OutboundClient(
      environment: [:],
      addresses: .test(
        ["public.example.net": [["127.0.0.53"]]], public: ["127.0.0.53"],
        standard: ["127.0.0.1"]))
    for (number, target) in targets.enumerated() {
      let url = "http://public.example.net:\(redirector.port)/\(number)"
      let failure = await failure(client, url, redirects: 5)
      #expect(failure != nil, "\(target)")
      // What is no header at all breaks the answer instead.
      if target.utf8.allSatisfy({ $0 < 0x80 }) {
        #expect(failure?.kind == .refused, "\(target): \(String(describing: failure))")
      }
    }
    #expect(redirector.connectionCount == targets.count)
    #expect(listener.connectionCount == 0)
    await listener.close()
    await redirector.close()
  }

  @Test func connectsToTheAddressThatWasChecked() async throws {
    let good = try await LoopbackServer(
      host: "127.0.0.53", LoopbackServer.saying(LoopbackServer.answer("200 OK", [], "good")))
    let bad = try await LoopbackServer(
      host: "127.0.0.54", port: good.port,
      LoopbackServer.saying(LoopbackServer.answer("200 OK", [], "bad")))
    // Whoever asks for the name again gets another address.
    let resolver = FakeResolver(["www.example.net": [["127.0.0.53"], ["127.0.0.54"]]])
    let addresses = AddressGuard(
      resolver: resolver, exceptions: Set([FakeResolver.address("127.0.0.53")].compactMap(\.self)))
    let client = OutboundClient(environment: [:], addresses: addresses)
    let url = "http://www.example.net:\(good.port)/"
    let response = try await client.send(
      OutboundRequest(url: url), OutboundPolicy(reach: .publicOnly))
    #expect(String(decoding: response.body, as: UTF8.self) == "good")
    #expect(resolver.names == ["www.example.net"])
    #expect(good.requests[0].lowercased().contains("host: www.example.net:\(good.port)\r\n"))
    #expect(await failure(client, url)?.kind == .refused)
    #expect(bad.connectionCount == 0 && good.connectionCount == 1)
    await good.close()
    await bad.close()
  }

  @Test func leavesOutAddressesThatAreNotPublic() async throws {
    let addresses = AddressGuard.test([
      "mixed.example.net": [["10.0.0.1", "64:ff9b::808:808", "8.8.8.8"]],
      "none.example.net": [[]],
    ])
    #expect(try await addresses.addresses(of: "mixed.example.net") == ["8.8.8.8"])
    await #expect(throws: ActionFailure.self) {
      try await addresses.addresses(of: "none.example.net")
    }
  }

  @Test func theSystemKnowsLocalhost() async throws {
    let found = try await SystemResolver().addresses(of: "localhost")
    #expect(!found.isEmpty && !found.contains(where: AddressGuard.isPublic))
    await #expect(throws: ActionFailure.self) {
      try await AddressGuard().addresses(of: "localhost")
    }
  }

  @Test(arguments: [
    "1.1.1.1", "8.8.8.8", "9.255.255.255", "11.0.0.0", "100.63.255.255",
    "100.128.0.0", "172.15.255.255", "172.32.0.0", "192.0.1.0", "192.167.255.255", "198.17.255.255",
    "198.20.0.0", "223.255.255.255", "2606:4700::1111", "2001:200::1", "2001:4860::8888",
    "2a00:1450::1", "2003::1", "3ffe:ffff::1",
  ])
  func takesPublicAddresses(_ text: String) throws {
    #expect(AddressGuard.isPublic(try #require(FakeResolver.address(text))))
  }

  /// The masks against a plain reading of the same networks.
  @Test func agreesWithTheListOfNetworks() {
    let seed: UInt64 = 20_261_121
    var generator = SeededGenerator(seed: seed)
    let networks: [(UInt32, UInt32)] = [
      (0, 0x00FF_FFFF), (0x0A00_0000, 0x0AFF_FFFF), (0x6440_0000, 0x647F_FFFF),
      (0x7F00_0000, 0x7FFF_FFFF), (0xA9FE_0000, 0xA9FE_FFFF), (0xAC10_0000, 0xAC1F_FFFF),
      (0xC000_0000, 0xC000_00FF), (0xC000_0200, 0xC000_02FF), (0xC058_6300, 0xC058_63FF),
      (0xC0A8_0000, 0xC0A8_FFFF), (0xC612_0000, 0xC613_FFFF), (0xC633_6400, 0xC633_64FF),
      (0xCB00_7100, 0xCB00_71FF), (0xE000_0000, 0xFFFF_FFFF),
    ]
    var values = (0..<20_000).map { _ in UInt32.random(in: .min ... .max, using: &generator) }
    for (first, last) in networks { values += [first &- 1, first, last, last &+ 1] }
    for value in values {
      let isSpecial = networks.contains { $0.0 <= value && value <= $0.1 }
      #expect(AddressGuard.isPublic(.v4(value)) != isSpecial, "seed \(seed), \(value)")
    }
  }
}
