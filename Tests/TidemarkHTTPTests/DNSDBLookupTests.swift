import TidemarkModel
import TidemarkStore
import Testing

/// Look-ups of the DNSDB interface: paths, values, types, rows.
@Suite(.timeLimit(.minutes(10)))
struct DNSDBLookupTests {
  private static let root = "/dnsdb/v2/lookup/"

  @Test("Q1, Q2, Q4 to Q8: rows in a frame, keys in their order, names with final dots")
  func writesFramedRows() async throws {
    let reply = try await TestServer.askDNSDB(Self.root + "rrset/name/www.example.com")
    #expect(reply.status == 200)
    #expect(reply.headers["content-type"] == "application/x-ndjson")
    #expect(
      reply.body == """
        {"cond":"begin"}
        {"obj":{"count":3,"time_first":1700000000,"time_last":1700000100,\
        "rrname":"www.example.com.","rrtype":"A","bailiwick":"example.com.",\
        "rdata":["192.0.2.1","192.0.2.9"]}}
        {"obj":{"count":3,"time_first":1700000000,"time_last":1700000100,\
        "rrname":"www.example.com.","rrtype":"AAAA","bailiwick":"example.com.",\
        "rdata":["2001:db8::1"]}}
        {"cond":"succeeded"}

        """)
  }

  @Test(
    "a blank in a name, in every form that clients send",
    arguments: [
      "rrset/name/a%20b.example.com", "rrset/name/A%2520B.example.com.",
      "rrset/name/a%5C032b.example.com", "rrset/name/*.b%20c.example.com",
      "rrset/raw/03612062076578616d706c6503636f6d00", "rdata/name/a%20b.example.com",
    ])
  func findsNamesWithBlanks(_ path: String) async throws {
    let store = try MemoryStore.holding(
      DNSDBSamples.row("a\\\\032b.example.com", "A", "203.0.113.7")
        + DNSDBSamples.row("x.b\\\\032c.example.com", "CNAME", "a\\\\032b.example.com"))
    let reply = try await TestServer.askDNSDB(Self.root + path, of: store)
    #expect(reply.status == 200)
    #expect(reply.lines.count == 3 && reply.body.contains("\\\\032"))
  }

  @Test("Q6: rdata look-ups have an array of one, and no bailiwick")
  func writesRDataRows() async throws {
    let reply = try await TestServer.askDNSDB(Self.root + "rdata/ip/192.0.2.9")
    #expect(
      reply.body == """
        {"cond":"begin"}
        {"obj":{"count":3,"time_first":1700000000,"time_last":1700000100,\
        "rrname":"www.example.com.","rrtype":"A","rdata":["192.0.2.9"]}}
        {"cond":"succeeded"}

        """)
  }

  @Test(
    "Q3: nothing found is a frame without rows",
    arguments: [
      "rrset/name/none.example.org", "rrset/name/2001:db8::1", "rdata/ip/203.0.113.99",
      "rdata/name/none.example.org", "rdata/raw/00ff", "rrset/name/www.example.com/MX",
      "rrset/name/www.example.com/A/com", "rrset/raw/0378797a00", "rrset/name/%C3%BC.example.com",
    ])
  func answersNothing(_ path: String) async throws {
    let reply = try await TestServer.askDNSDB(Self.root + path)
    #expect(reply.status == 200)
    #expect(reply.body == "{\"cond\":\"begin\"}\n{\"cond\":\"succeeded\"}\n")
  }

  @Test(
    "values in every form that clients send",
    arguments: [
      ("rrset/name/WWW.Example.COM.", "A AAAA"), ("rrset/name/www.example.com/a", "A"),
      ("rrset/name/www.example.com/", "A AAAA"), ("rrset/name/www.example.com//", "A AAAA"),
      ("rrset/name/www.example.com/ANY/example.com", "A AAAA"),
      ("rrset/name/www.example.com/any/EXAMPLE.com.", "A AAAA"),
      ("rrset/name/www.example.com/TYPE28", "AAAA"), ("rrset/name/example.com", "NS MX TXT"),
      ("rrset/name/www.example.com/A,AAAA", "A AAAA"),
      ("rrset/name/www.example.com/A%2CMX", "A"),
      ("rrset/name/example.com/ANY-DNSSEC", "DS"), ("rrset/name/example.com/any-dnssec", "DS"),
      ("rrset/name/example.com/DS", "DS"), ("rrset/name/example.com/ANY,DS", "NS MX TXT DS"),
      ("rrset/name/example.com/any/com", "NS"), ("rrset/name/example.com/NS/com.", "NS"),
      ("rrset/name/odd.example.com/type65280", "TYPE65280"),
      ("rrset/name/%77ww.example%2Ecom", "A AAAA"), ("rrset/name/ww%5C119.example.com", "A AAAA"),
      ("rrset/name/212.0%2F24.2.0.192.in-addr.arpa", "CNAME"),
      ("rrset/name/212.0%252F24.2.0.192.in-addr.arpa", "CNAME"),
      ("rrset/name/gr%C3%BCn.example.com", "A"),
      ("rrset/name/gr%5C195%5C188n.example.com", "A"),
      ("rrset/raw/03777777076578616D706C6503636f6d00", "A AAAA"),
      ("rrset/raw/03575757076578616d706c6503636f6d00/A", "A"),
      ("rdata/name/www.example.com", "CNAME CNAME"), ("rdata/name/NS1.example.net.", "NS"),
      ("rdata/name/mail.example.com/MX", "MX"), ("rdata/name/mail.example.com/CNAME", ""),
      ("rdata/ip/192.0.2.1", "A"), ("rdata/ip/192.0.2.1/A", "A"), ("rdata/ip/192.0.2.1/any", "A"),
      ("rdata/ip/192.0.2.1/AAAA", "A"), ("rdata/ip/192.0.2.1/ANY", "A"),
      ("rdata/ip/192.0.2.0,24", "A A A"), ("rdata/ip/192.0.2.0%2C24", "A A A"),
      ("rdata/ip/192.0.2.77,24", "A A A"), ("rdata/ip/192.0.2.0%2F24", "A A A"),
      ("rdata/ip/192.0.2.0%252F24", "A A A"), ("rdata/ip/192.0.2.1-192.0.2.9", "A A"),
      ("rdata/ip/192.0.2.2-192.0.2.255", "A A"), ("rdata/ip/2001:db8::,32", "AAAA"),
      ("rdata/ip/2001%3Adb8%3A%3A,32", "AAAA"), ("rdata/ip/2001%3ADB8%3A%3A1", "AAAA"),
      ("rdata/ip/2001:db8::-2001:db8::ff/ANY", "AAAA"), ("rdata/ip/0.0.0.0,0", "A A A A A"),
      ("rdata/raw/c0000201", "A"), ("rdata/raw/C0000201/A", "A"), ("rdata/raw/c0000201/MX", ""),
      ("rdata/raw/000a046D61696c076578616d706c6503636f6d00/MX", "MX"),
      ("rdata/raw/abcd/ANY", "TYPE65280"), ("rdata/raw/0b763d73706631202d616c6c", "TXT"),
    ])
  func finds(_ path: String, _ types: String) async throws {
    let reply = try await TestServer.askDNSDB(Self.root + path)
    #expect(reply.status == 200, "\(reply.body)")
    #expect(reply.cond == "succeeded")
    #expect(reply.types.joined(separator: " ") == types, "\(reply.body)")
  }

  @Test(
    "wildcards at one end",
    arguments: [
      ("rrset/name/*.www.example.com/A", "www.example.com. a.www.example.com."),
      ("rrset/name/%2A.www.example.com/A", "www.example.com. a.www.example.com."),
      ("rrset/name/%252A.www.example.com/A", "www.example.com. a.www.example.com."),
      ("rrset/name/%2B.www.example.com", "a.www.example.com."),
      ("rrset/name/+.www.example.com.", "a.www.example.com."),
      ("rrset/name/+.example.com/A", "gr\\\\195\\\\188n.example.com. www.example.com."),
      ("rrset/name/www.example.*/A", "www.example.com. www.example.net."),
      ("rrset/name/www.example.%2A./a", "www.example.com. www.example.net."),
      ("rrset/name/www.example.com.*/A", "www.example.com."),
      ("rrset/name/*.net", "www.example.net."), ("rrset/name/*.Example.NET.", "www.example.net."),
      ("rrset/name/*./AAAA", "www.example.com."), ("rrset/name/*/AAAA", "www.example.com."),
      ("rdata/name/*.example.net", "example.com."), ("rdata/name/+.example.net", "example.com."),
      ("rdata/name/+.net", ""), ("rdata/name/ns1.*", "example.com."),
      ("rdata/name/mail.*/MX", "example.com."),
    ])
  func expandsWildcards(_ path: String, _ names: String) async throws {
    let reply = try await TestServer.askDNSDB(Self.root + path)
    #expect(reply.cond == "succeeded", "\(reply.body)")
    #expect(reply.names.joined(separator: " ") == names)
  }

  @Test func aBailiwickThatIsNotKnownIsLeftOut() async throws {
    let reply = try await TestServer.askDNSDB(Self.root + "rrset/name/www.example.net")
    #expect(reply.objects.count == 1)
    #expect(!reply.body.contains("bailiwick"))
  }

  @Test("rdata in the spelling of DNSDB")
  func writesRData() async throws {
    let reply = try await TestServer.askDNSDB(Self.root + "rrset/name/*.example.com")
    for text in [
      "\"rdata\":[\"10 mail.example.com.\"]", "\"rdata\":[\"\\\"v=spf1 -all\\\"\"]",
      "\"rdata\":[\"ns1.example.net.\"]", "\"rdata\":[\"\\\\# 2 ab cd ", "\"bailiwick\":\"com.\"",
    ] {
      #expect(reply.body.contains(text), "\(text)")
    }
    #expect(reply.octets.allSatisfy { $0 < 0x80 })
  }

  @Test func zoneDataIsARowOfItsOwn() async throws {
    let text =
      DNSDBSamples.row("example.com", "NS", "ns1.example.net", in: nil, count: 7)
      + DNSDBSamples.zone("example.com", "NS", "ns1.example.net")
    let store = try MemoryStore.holding(text)
    let reply = try await TestServer.askDNSDB(Self.root + "rrset/name/example.com", of: store)
    #expect(reply.objects.count == 2)
    let zone = try #require(reply.objects.first { $0.contains("zone_time") })
    #expect(zone.contains("\"zone_time_first\":1600000000,\"zone_time_last\":1650000000,"))
    #expect(!zone.contains("\"time_first\""))
    let sensor = try #require(reply.objects.first { !$0.contains("zone_time") })
    #expect(sensor.contains("\"count\":7,\"time_first\":1700000000,"))
  }

  @Test("Q4: counts stay below 2^63")
  func clampsCounts() async throws {
    let store = try MemoryStore.holding(
      DNSDBSamples.row("example.com", "A", "192.0.2.1", count: .max))
    let reply = try await TestServer.askDNSDB(Self.root + "rrset/name/example.com", of: store)
    #expect(reply.body.contains("{\"count\":9223372036854775807,"))
  }

  @Test("rdata that a feed gives incompletely is text, a name in it has its dot")
  func writesLossyRData() async throws {
    let store = try MemoryStore.holding(
      cof("example.com", "SOA", "ns1.example.net") + cof("a.example.com", "TYPE1234", "who knows"))
    let soa = try await TestServer.askDNSDB(Self.root + "rrset/name/example.com", of: store)
    #expect(soa.body.contains("\"rdata\":[\"ns1.example.net.\"]"))
    let odd = try await TestServer.askDNSDB(Self.root + "rrset/name/a.example.com", of: store)
    #expect(odd.body.contains("\"rdata\":[\"who knows\"]"))
  }

  @Test("Q9: an RRset longer than a line is several rows, none of which is too long")
  func splitsLongRRsets() async throws {
    let text = (0..<300).map { index in
      DNSDBSamples.row(
        "example.com", "TXT", "\\\"" + String(repeating: "x", count: 240) + "\(index)\\\"")
    }
    let store = try MemoryStore.holding(text.joined())
    let reply = try await TestServer.askDNSDB(Self.root + "rrset/name/example.com", of: store)
    #expect(reply.cond == "succeeded")
    #expect(reply.objects.count > 1)
    for line in reply.lines { #expect(line.utf8.count < 65_535) }
    let start = try #require(reply.objects.first?.prefix { $0 != "[" })
    for object in reply.objects { #expect(object.hasPrefix(start)) }
    #expect(reply.body.ranges(of: "\"\\\"x").count == 300)
  }

  @Test("Q12: slashes too many in front and behind")
  func toleratesSlashes() async throws {
    for path in [
      "//dnsdb/v2/lookup/rrset/name/www.example.com/A",
      "/dnsdb/v2/lookup/rrset/name/www.example.com/A/",
      "///dnsdb/v2/lookup/rrset/name/www.example.com/a//",
    ] {
      let reply = try await TestServer.askDNSDB(path)
      #expect(reply.types == ["A"], "\(path)")
    }
  }

  @Test(
    "Q11, Q14: any Accept and any key are taken by a server without tokens",
    arguments: [
      "*/*", "*/*, application/json", "application/jsonl", "application/json",
      "application/x-ndjson", "text/html",
    ])
  func takesAnyAccept(_ accept: String) async throws {
    let reply = try await TestServer.askDNSDB(
      Self.root + "rrset/name/www.example.com",
      headers: ["Accept: \(accept)", "x-api-key: testkey"])
    #expect(reply.cond == "succeeded")
    #expect(reply.headers["content-type"] == "application/x-ndjson")
  }
}
