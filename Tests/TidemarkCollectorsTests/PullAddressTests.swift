import Testing
import TidemarkCollectors

/// Addresses of streams.
@Suite struct PullAddressTests {
  @Test(arguments: [
    ("https://h.example.net", "h.example.net", 443, "/", "h.example.net"),
    ("http://127.0.0.1:8053/a/b", "127.0.0.1", 8_053, "/a/b", "127.0.0.1:8053"),
    ("WSS://[2001:db8::1]:444/x?y=1", "2001:db8::1", 444, "/x", "[2001:db8::1]:444"),
    ("ws://[::1]?y", "::1", 80, "/", "[::1]"),
  ])
  func readsAddresses(
    _ url: String, _ host: String, _ port: Int, _ path: String, _ authority: String
  ) throws {
    let address = try PullAddress(url: url, hasToken: false)
    #expect(address.host == host && address.port == port && address.path == path)
    #expect(address.authority == authority)
    #expect(address.isWebSocket == url.lowercased().hasPrefix("ws"))
  }

  @Test(arguments: [
    "", "ftp://h/", "https://", "https:///x", "https://u:p@h/", "https://h:0/", "https://h:99999/",
    "https://h:x/", "https://h/ x", "https://h/#f", "https://h/\u{e9}", "https://[::1",
    "https://[h]/",
    "https://h/\r\nX: y",
  ])
  func refusesWhatIsNone(_ url: String) {
    #expect(throws: PullAddress.Fault.badURL) { try PullAddress(url: url, hasToken: false) }
  }

  @Test func sendsTokensByTLSOrToThisMachineOnly() throws {
    for url in ["http://h.example.net/", "ws://192.0.2.1/", "http://127.0.0.1.example.net/"] {
      #expect(throws: PullAddress.Fault.tokenWithoutTLS) {
        try PullAddress(url: url, hasToken: true)
      }
      _ = try PullAddress(url: url, hasToken: false)
    }
    for url in ["https://h.example.net/", "ws://127.0.0.1:1/", "http://localhost/", "ws://[::1]/"] {
      _ = try PullAddress(url: url, hasToken: true)
    }
  }

  @Test(arguments: ["after=1", "x=1&follow=true", "positions"])
  func whereToBeginIsNotPartOfAnAddress(_ query: String) {
    #expect(throws: PullAddress.Fault.hasPosition) {
      try PullAddress(url: "https://h/x?\(query)", hasToken: false)
    }
  }

  @Test(arguments: [
    ("https://h/api/v1/share/s", true), ("https://h/p/api/v1/share/s", true),
    ("wss://h/api/v1/share/s/ws", true), ("https://h/api/v1/share/", false),
    ("https://h/api/v1/share/s/ws", false), ("https://h/api/v1/share/s/files/x", false),
    ("https://h/share/s", false),
  ])
  func knowsTheStreamsOfATidemark(_ url: String, _ isShare: Bool) throws {
    #expect(try PullAddress(url: url, hasToken: false).isShare == isShare)
  }

  @Test func asksForWhatFollows() throws {
    let http = try PullAddress(url: "https://h/s?x=1", hasToken: false)
    #expect(http.target(after: 7, hasPositions: false) == "/s?x=1")
    #expect(http.target(after: 7, hasPositions: true) == "/s?x=1&after=7&follow=true")
    let socket = try PullAddress(url: "wss://h/s", hasToken: false)
    #expect(socket.target(after: nil, hasPositions: true) == "/s?positions=true")
  }
}
