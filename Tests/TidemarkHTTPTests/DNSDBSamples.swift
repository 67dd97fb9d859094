import TidemarkModel
import TidemarkStore

/// Records and helpers of the DNSDB tests.
enum DNSDBSamples {
  /// One COF line with a bailiwick.
  static func row(
    _ name: String, _ type: String, _ rdata: String, in bailiwick: String? = "example.com",
    first: Int = 1_700_000_000, last: Int = 1_700_000_100, count: UInt64 = 3
  ) -> String {
    let zone = bailiwick.map { ",\"bailiwick\":\"\($0)\"" } ?? ""
    return """
      {"rrname":"\(name)","rrtype":"\(type)","rdata":"\(rdata)","time_first":\(first),\
      "time_last":\(last),"count":\(count)\(zone)}

      """
  }

  /// One COF line of a zone file.
  static func zone(
    _ name: String, _ type: String, _ rdata: String, first: Int = 1_600_000_000,
    last: Int = 1_650_000_000
  ) -> String {
    """
    {"rrname":"\(name)","rrtype":"\(type)","rdata":"\(rdata)","zone_time_first":\(first),\
    "zone_time_last":\(last)}

    """
  }

  /// An RRset of two, one name below another, both families of addresses, every kind of rdata.
  static let lines =
    row("www.example.com", "A", "192.0.2.1") + row("www.example.com", "A", "192.0.2.9")
    + row("www.example.com", "AAAA", "2001:db8::1") + row("a.www.example.com", "A", "192.0.2.77")
    + row("example.com", "NS", "ns1.example.net", in: "com", count: 5)
    + row("example.com", "MX", "10 mail.example.com", first: 1_500_000_000, last: 1_600_000_000)
    + row("example.com", "DS", "12345 13 2 " + String(repeating: "ab", count: 32), in: "com")
    + row("example.com", "TXT", "\\\"v=spf1 -all\\\"")
    + row("odd.example.com", "TYPE65280", "\\\\# 2 abcd")
    + row("www.example.net", "A", "198.51.100.1", in: nil)
    + row("mail.example.com", "CNAME", "www.example.com")
    + row("212.0/24.2.0.192.in-addr.arpa", "CNAME", "www.example.com", in: nil)
    + row("gr\\u00fcn.example.com", "A", "203.0.113.7")

  static func store() throws -> MemoryStore { try MemoryStore.holding(lines) }
}

extension TestServer {
  /// Serves the samples and asks for one target.
  static func askDNSDB(
    _ target: String, method: String = "GET", headers: [String] = [],
    of store: (any RecordStore)? = nil
  ) async throws -> Reply {
    let (replies, reply) = AsyncStream.makeStream(of: Reply.self)
    try await serving(store ?? DNSDBSamples.store()) { server in
      reply.yield(try await server.get(target, method: method, headers: headers))
    }
    reply.finish()
    for await reply in replies { return reply }
    throw Reply.Malformed()
  }
}

extension Reply {
  /// The objects of a framed answer.
  var objects: [String] {
    lines.filter { $0.hasPrefix("{\"obj\":") && $0.hasSuffix("}") }
      .map { String($0.dropFirst(7).dropLast()) }
  }

  /// How a framed answer ended; nil unless it began and ended as it must, with nothing but objects
  /// between.
  var cond: String? {
    guard body.hasSuffix("\n"), !body.contains("\n\n"), lines.first == "{\"cond\":\"begin\"}",
      lines.count == objects.count + 2
    else { return nil }
    return last("cond")
  }

  /// The owners of the rows, in their order.
  var names: [String] { objects.compactMap { Reply.member("rrname", of: $0) } }
  /// The types of the rows, in their order.
  var types: [String] { objects.compactMap { Reply.member("rrtype", of: $0) } }
}
