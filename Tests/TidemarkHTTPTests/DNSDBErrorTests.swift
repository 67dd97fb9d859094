import TidemarkModel
import TidemarkStore
import Testing

/// What the DNSDB interface refuses, and how it says so.
@Suite(.timeLimit(.minutes(10)))
struct DNSDBErrorTests {
  @Test(
    "Q10: malformed paths are 400",
    arguments: [
      "lookup", "lookup/", "lookup/rrset", "lookup/rrset/name", "lookup/rrset/name/",
      "lookup/rrset/ip/192.0.2.1", "lookup/rdata/xyz/a", "lookup/foo/name/a", "summarize",
      "lookup/rrset/name/www.example.com/A/example.com/more", "lookup/rrset/name//A",
      "lookup/rrset/name/a.example.com//example.com", "lookup/rdata/name/a.example.com/A/com",
      "lookup/rrset/name/a/b.example.com", "lookup/rrset/name/a.example.com/NOTYPE",
      "lookup/rrset/name/a.example.com/TYPE65536", "lookup/rrset/name/a.example.com/A,",
      "lookup/rrset/name/a..example.com", "lookup/rrset/name/%", "lookup/rrset/name/a%zz",
      "lookup/rrset/name/a.example.com/ANY/*.com", "lookup/rrset/name/a.example.com/ANY/a..b",
      "lookup/rrset/name/*.example.*", "lookup/rrset/name/+.example.*",
      "lookup/rrset/name/a.*.com", "lookup/rrset/name/a*.example.com",
      "lookup/rrset/name/*a.example.com", "lookup/rrset/name/*.*", "lookup/rrset/name/*.*.com",
      "lookup/rrset/name/a.%2A.com", "lookup/rrset/name/a.+.com", "lookup/rrset/name/.*",
      "lookup/rrset/name/**", "lookup/rdata/name/*.example.*",
      "lookup/rrset/raw/0", "lookup/rrset/raw/zz", "lookup/rrset/raw/0377",
      "lookup/rrset/raw/03777777",
      "lookup/rrset/raw/0000", "lookup/rrset/raw/c00c",
      "lookup/rrset/raw/0161076578616d706c6503636f6d00/A/com",
      "lookup/rdata/raw/abc", "lookup/rdata/raw/0g", "lookup/rdata/ip/a.example.com",
      "lookup/rdata/ip/192.0.2.0,33", "lookup/rdata/ip/192.0.2.0,", "lookup/rdata/ip/192.0.2",
      "lookup/rdata/ip/192.0.2.9-192.0.2.1", "lookup/rdata/ip/192.0.2.1-2001:db8::1",
      "lookup/rdata/ip/192.0.2.1-", "lookup/rdata/ip/192.0.2.0/24", "lookup/rdata/ip/192.0.2.1/MX",
      "lookup/rdata/ip/192.0.2.1/ANY-DNSSEC", "lookup/rdata/ip/192.0.2.1/A,MX",
      "regex/rrnames", "regex/foo/a", "regex/rdata/a/A", "regex/rrnames/a/DS",
      "regex/rrnames/a/ANY-DNSSEC", "regex/rrnames/a/A/com", "glob/rdata/*/AAAA",
    ])
  func malformedPaths(_ path: String) async throws {
    let reply = try await TestServer.askDNSDB("/dnsdb/v2/" + path)
    #expect(reply.status == 400, "\(reply.body)")
    #expect(reply.headers["content-type"]?.hasPrefix("text/plain") == true)
    #expect(reply.headers["access-control-allow-origin"] == "*")
    #expect(reply.body.hasPrefix("Error: ") && reply.body.hasSuffix("\n") && reply.lines.count == 1)
    #expect(reply.octets.count < 300)
  }

  @Test(
    "unknown first segments are 404",
    arguments: [
      "/dnsdb/v2", "/dnsdb/v2/", "/dnsdb/v2/foo", "/dnsdb/v2/foo/bar", "/dnsdb/v2/pings",
      "/dnsdb/v1", "/dnsdb/v1/foo", "/dnsdb/v1/regex/rrnames/a", "/dnsdb/v2/rate_limit/x",
    ])
  func unknownPaths(_ path: String) async throws {
    let reply = try await TestServer.askDNSDB(path)
    #expect(reply.status == 404)
    #expect(reply.body.hasPrefix("Error: ") && reply.lines.count == 1)
  }

  @Test(arguments: ["POST", "PUT", "DELETE", "PATCH"])
  func otherMethodsAre405(_ method: String) async throws {
    for path in [
      "/dnsdb/v2/lookup/rrset/name/www.example.com", "/dnsdb/v2/rate_limit", "/dnsdb/v2/ping",
      "/lookup/rrset/name/www.example.com",
    ] {
      let reply = try await TestServer.askDNSDB(path, method: method)
      #expect(reply.status == 405)
      #expect(reply.headers["allow"] == "GET, HEAD")
      #expect(reply.body.hasPrefix("Error: "))
    }
  }

  @Test func aStoreThatFailsAtOnceIs500() async throws {
    for path in ["/dnsdb/v2/lookup/rrset/name/www.example.com", "/lookup/rdata/ip/192.0.2.1"] {
      let store = FailingStore(try DNSDBSamples.store(), scans: 0)
      let reply = try await TestServer.askDNSDB(path, of: store)
      #expect(reply.status == 500)
      #expect(reply.body.hasPrefix("Error: ") && reply.lines.count == 1)
    }
  }

  /// Owners n0 to n49999.
  private static func large() throws -> MemoryStore {
    let text = (0..<50_000).map { DNSDBSamples.row("n\($0).example.com", "A", "192.0.2.1") }
    return try MemoryStore.holding(text.joined())
  }

  @Test("after rows were sent a failure is a line, never a broken connection")
  func failuresMidStreamAreALine() async throws {
    let large = try Self.large()
    let whole = try await TestServer.askDNSDB(
      "/dnsdb/v2/lookup/rrset/name/*.example.com?limit=0", of: large)
    #expect(whole.objects.count == 50_000 && whole.cond == "succeeded")
    for (path, scans) in [
      ("lookup/rrset/name/*.example.com?limit=0", 3), ("lookup/rdata/ip/192.0.2.1?limit=0", 3),
      ("summarize/rrset/name/*.example.com", 3), ("summarize/rdata/ip/192.0.2.1", 9),
    ] {
      let store = FailingStore(large, scans: scans)
      let reply = try await TestServer.askDNSDB("/dnsdb/v2/" + path, of: store)
      #expect(reply.cond == "failed", "\(path): \(reply.body.prefix(200))")
      #expect(reply.last("msg")?.contains("a block does not match") == true)
      #expect(path.hasPrefix("lookup") == !reply.objects.isEmpty)
    }
  }

  @Test("rows searched in vain are no reason to break a connection either")
  func failuresBeforeTheFirstRowAreALine() async throws {
    let store = FailingStore(try Self.large(), scans: 3)
    let reply = try await TestServer.askDNSDB(
      "/dnsdb/v2/lookup/rrset/name/*.example.com/AAAA?limit=0", of: store)
    #expect(reply.status == 200)
    #expect(reply.cond == "failed" && reply.objects.isEmpty)
  }
}
