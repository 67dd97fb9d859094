import Testing
import TidemarkModel

@Suite struct GopassivednsReaderTests {
  /// An object with a member put in place of the one of that name.
  static func object(_ changes: [String: String] = [:]) -> String {
    let members = [
      ("query_id", "43264"), ("rcode", "0"), ("q", #""www.example.com""#), ("qtype", #""A""#),
      ("a", #""192.0.2.112""#), ("atype", #""A""#), ("ttl", "60"), ("dst", #""203.0.113.9""#),
      ("src", #""198.51.100.79""#), ("tstamp", #""2018-10-26 19:32:36.141184 +0000 UTC""#),
      ("elapsed", "35879000"), ("sport", #""40651""#), ("level", #""""#), ("bytes", "102"),
      ("protocol", #""udp""#), ("truncated", "false"), ("aa", "false"), ("rd", "true"),
      ("ra", "false"),
    ]
    return "{" + members.map { #""\#($0.0)":\#(changes[$0.0] ?? $0.1)"# }.joined(separator: ",")
      + "}"
  }

  private static func read(_ changes: [String: String]) -> [String] {
    FeedTranscript(GopassivednsReader(now: COFTranscript.now), object(changes) + "\n").lines
  }

  @Test(
    arguments: [
      ([:], "www.example.com. A 192.0.2.112 1540582356 1540582356 1"),
      (["aa": "true"], "www.example.com. A 192.0.2.112 1540582356 1540582356 1"),
      (["q": #""WwW.Example.COM.""#], "www.example.com. A 192.0.2.112 1540582356 1540582356 1"),
      (
        ["tstamp": #""2018-10-26 21:32:36.1 +0200 CEST""#],
        "www.example.com. A 192.0.2.112 1540582356 1540582356 1"
      ),
      (
        ["tstamp": #""2018-10-26 19:32:36 +0000 UTC""#],
        "www.example.com. A 192.0.2.112 1540582356 1540582356 1"
      ),
      (
        ["a": #""2001:db8::1""#, "atype": #""AAAA""#],
        "www.example.com. AAAA 2001:db8::1 1540582356 1540582356 1"
      ),
      (
        ["a": #""Alias.example.com""#, "atype": #""CNAME""#],
        "www.example.com. CNAME alias.example.com 1540582356 1540582356 1"
      ),
      (
        ["a": #""mail.example.com""#, "atype": #""MX""#],
        "www.example.com. MX lossy(mail.example.com) 1540582356 1540582356 1"
      ),
      (
        ["a": #""hostmaster.example.com""#, "atype": #""SOA""#],
        "www.example.com. SOA lossy(hostmaster.example.com) 1540582356 1540582356 1"
      ),
      // Strings without their borders: though it would pass for one string, it is none for sure.
      (
        ["a": #""v=spf1""#, "atype": #""TXT""#],
        "www.example.com. TXT lossy(v=spf1) 1540582356 1540582356 1"
      ),
      (
        ["a": #""\u0000\u0001x""#, "atype": #""65""#],
        "www.example.com. HTTPS lossy(\u{0}\u{1}x) 1540582356 1540582356 1"
      ),
    ] as [([String: String], String)])
  func readsAnswers(_ changes: [String: String], _ row: String) {
    #expect(Self.read(changes) == [row])
  }

  @Test(
    arguments: [
      (["rcode": "3"], "filtered negative"),
      (["rcode": "3", "a": #""""#, "atype": #""""#], "filtered negative"),
      (["a": #""""#], "filtered negative"),
      (["truncated": "true"], "filtered truncated-tc"),
      (["q": #""a..b""#], "malformed bad-name"),
      (["q": "null"], "malformed missing-field"),
      (["atype": #""NOTATYPE""#], "malformed bad-type"),
      (["atype": #""ANY""#], "filtered meta-type"),
      (["a": #""192.0.2.256""#], "malformed bad-rdata"),
      (["tstamp": #""2018-10-26 19 +0000 UTC""#], "malformed bad-time"),
      (["tstamp": #""2018-02-30 19:32:36 +0000 UTC""#], "malformed bad-time"),
      (["tstamp": "null"], "malformed missing-field"),
      (["tstamp": #""1980-10-26 19:32:36 +0000 UTC""#], "dropped time-out-of-range"),
      (["tstamp": #""2038-10-26 19:32:36 +0000 UTC""#], "dropped time-out-of-range"),
    ] as [([String: String], String)])
  func refusesWithReason(_ changes: [String: String], _ reason: String) {
    #expect(Self.read(changes) == [reason])
  }

  @Test func clientsAndServersAreNowhere() {
    let reader = GopassivednsReader(now: COFTranscript.now)
    let lines = FeedTranscript(reader, Self.object()).description
    for secret in ["198.51.100.79", "203.0.113.9", "40651"] { #expect(!lines.contains(secret)) }
  }
}
