import TidemarkHTTP
import Testing

/// Who may be served without TLS and tokens.
struct ListenPolicyTests {
  static let loopback = [
    "127.0.0.1", "127.255.255.254", "::1", "localhost", "LOCALHOST", "::ffff:127.0.0.1",
    "0:0:0:0:0:0:0:1",
  ]
  static let others = [
    "0.0.0.0", "::", "192.0.2.1", "128.0.0.1", "2001:db8::1", "example.com", "::ffff:192.0.2.1",
    "localhost.example.com", "127.0.0.1.example.com", "127.1", "::2",
  ]

  @Test(arguments: loopback)
  func loopbackNeedsNothing(_ host: String) throws {
    #expect(ListenAddress.isLoopback(host))
    try ListenPolicy.check(
      host: host, hasTLS: false, requiresTokens: false, isInsecure: false)
    #expect(!ListenPolicy.requiresTokens(asked: nil, host: host, isInsecure: false))
    #expect(ListenPolicy.requiresTokens(asked: true, host: host, isInsecure: false))
  }

  @Test(arguments: others)
  func othersNeedBothUnlessInsecure(_ host: String) throws {
    #expect(!ListenAddress.isLoopback(host))
    for (hasTLS, requiresTokens, missing) in [
      (false, false, 2), (true, false, 1), (false, true, 1), (true, true, 0),
    ] {
      let refusal: ListenPolicy.Refusal?
      do {
        try ListenPolicy.check(
          host: host, hasTLS: hasTLS, requiresTokens: requiresTokens, isInsecure: false)
        refusal = nil
      } catch {
        refusal = error
      }
      #expect((refusal?.missing.count ?? 0) == missing)
      if let refusal {
        #expect(refusal.description.contains("TLS") == !hasTLS)
        #expect(refusal.description.contains("token") == !requiresTokens)
        #expect(!refusal.description.contains("\n"))
      }
      try ListenPolicy.check(
        host: host, hasTLS: hasTLS, requiresTokens: requiresTokens, isInsecure: true)
    }
    #expect(ListenPolicy.requiresTokens(asked: nil, host: host, isInsecure: false))
    #expect(!ListenPolicy.requiresTokens(asked: nil, host: host, isInsecure: true))
    #expect(!ListenPolicy.requiresTokens(asked: false, host: host, isInsecure: false))
  }

  @Test(arguments: [
    ("127.0.0.1:8053", "127.0.0.1", 8053), ("[::1]:0", "::1", 0),
    ("localhost:65535", "localhost", 65535),
    ("[2001:db8::1]:443", "2001:db8::1", 443),
  ])
  func readsAddresses(_ text: String, host: String, port: Int) throws {
    let address = try ListenAddress(text)
    #expect(address == ListenAddress(host: host, port: port) && address.description == text)
  }

  @Test(arguments: [
    "", ":8053", "127.0.0.1", "127.0.0.1:", "127.0.0.1:65536", "127.0.0.1:-1", "::1:8053",
    "[]:1", "2001:db8::1:443",
  ])
  func refusesWhatIsNoAddress(_ text: String) {
    #expect(throws: ListenAddress.Malformed.self) { try ListenAddress(text) }
  }
}
