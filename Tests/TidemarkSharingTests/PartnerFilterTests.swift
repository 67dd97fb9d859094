import DNSWire
import Foundation
import TidemarkModel
import TidemarkSharing
import Testing

/// Which rule keeps which record back.
struct PartnerFilterTests {
  /// A record, and what a policy makes of it.
  struct Case: Sendable, CustomStringConvertible {
    let description: String
    let wanted: PartnerRule
    let policy: @Sendable (inout PartnerPolicy) -> Void
    let record: @Sendable () throws -> SharedRecord
    var isForD4Types = false
    var coarsenSeconds: UnixSeconds = 1

    init(
      _ description: String, _ wanted: PartnerRule, isForD4Types: Bool = false,
      coarsenSeconds: UnixSeconds = 1,
      _ record: @autoclosure @escaping @Sendable () throws -> SharedRecord,
      _ policy: @escaping @Sendable (inout PartnerPolicy) -> Void = { _ in }
    ) {
      self.description = description
      self.wanted = wanted
      self.policy = policy
      self.record = record
      self.isForD4Types = isForD4Types
      self.coarsenSeconds = coarsenSeconds
    }
  }

  private func rule(_ one: Case) throws -> PartnerRule {
    var policy = PartnerPolicy(stream: "community")
    one.policy(&policy)
    var filter = try PartnerFilter(
      policy, isForD4Types: one.isForD4Types, coarsenSeconds: one.coarsenSeconds
    ) { [1: "main", 2: "other"][$0] }
    let record = try one.record()
    return filter.rule(
      key: record.key.span, timeLast: record.timeLast, tlp: record.tlp,
      releasedAt: PartnerWorld.now)
  }

  static let lists: [Case] = [
    Case(
      "the standard policy lets a public record through", .released, try shared("a.example.com")),
    Case("another dataset", .dataset, try shared("a.example.com", dataset: 2)) {
      $0.datasets = ["main"]
    },
    Case("its dataset", .released, try shared("a.example.com", dataset: 2)) {
      $0.datasets = ["main", "other"]
    },
    Case("a dataset without a name", .dataset, try shared("a.example.com", dataset: 3)) {
      $0.datasets = ["main", "other"]
    },
    Case("another vantage", .vantage, try shared("a.example.com", vantage: .client)) {
      $0.vantages = [.authority, .zone]
    },
    Case("its vantage", .released, try shared("a.example.com", vantage: .zone)) {
      $0.vantages = [.authority, .zone]
    },
    Case("another type", .rrtype, try shared("a.example.com", .aaaa, "2001:db8::1")) {
      $0.rrtypes = [.a, .ns]
    },
    Case("its type", .released, try shared("a.example.com", .ns, "ns.example.com.")) {
      $0.rrtypes = [.a, .ns]
    },
    Case("a stricter label", .tlp, try shared("a.example.com", tlp: .amber)),
    Case("a label as strict as may be", .released, try shared("a.example.com", tlp: .amber)) {
      $0.tlpMax = .amber
    },
    Case("too old", .age, try shared("a.example.com", last: PartnerWorld.now - 101)) {
      $0.maxAgeSeconds = 100
    },
    Case("just not too old", .released, try shared("a.example.com", last: PartnerWorld.now - 100)) {
      $0.maxAgeSeconds = 100
    },
    Case("last seen after its release", .released, try shared("a.example.com", last: .max)) {
      $0.maxAgeSeconds = 100
    },
    Case(
      "perhaps just not too old, by a rounded time", .released, coarsenSeconds: 60,
      try shared("a.example.com", last: PartnerWorld.now - 159)
    ) { $0.maxAgeSeconds = 100 },
    Case(
      "too old wherever in its minute it was seen", .age, coarsenSeconds: 60,
      try shared("a.example.com", last: PartnerWorld.now - 160)
    ) { $0.maxAgeSeconds = 100 },
    Case(
      "the end of its hour is yet to come", .released, coarsenSeconds: 3_600,
      try shared("a.example.com", last: PartnerWorld.now - 3_000)
    ) { $0.maxAgeSeconds = 0 },
    Case(
      "a type that D4 has not", .d4Type, isForD4Types: true,
      try shared("a.example.com", .https, "1 . alpn=h2")),
    Case(
      "a type that D4 has", .released, isForD4Types: true,
      try shared("a.example.com", .txt, "\"x\"")),
  ]

  static let zones: [Case] = [
    Case("below an included zone", .released, try shared("a.example.com")) {
      $0.include = ["example.org", "*.example.com"]
    },
    Case("an included zone itself", .released, try shared("example.com")) {
      $0.include = ["EXAMPLE.com"]
    },
    Case("beside it", .zone, try shared("aexample.com")) { $0.include = ["example.com"] },
    Case("included and excluded", .excluded, try shared("x.a.example.com")) {
      $0.include = ["example.com"]
      $0.exclude = ["a.example.com"]
    },
    Case("excluded, with an included zone below", .excluded, try shared("a.example.com")) {
      $0.include = ["a.example.com"]
      $0.exclude = ["example.com"]
    },
    Case(
      "points into an excluded zone", .excluded,
      try shared("a.example.org", .cname, "a.example.com.")
    ) { $0.exclude = ["example.com"] },
    Case(
      "its second name is in an excluded zone", .excluded,
      try shared("example.org", .soa, "ns.example.org. boss.example.com. 1 2 3 4 5")
    ) {
      $0.exclude = ["example.com"]
    },
    Case(
      "points out of an included zone", .released,
      try shared("a.example.com", .cname, "a.example.org.")
    ) { $0.include = ["example.com"] },
    Case(
      "text that names an excluded zone", .excluded,
      try shared("example.org", .mx, "mail.example.com", vantage: .text)
    ) {
      $0.exclude = ["example.com"]
    },
  ]

  static let privacy: [Case] = [
    Case("a special-use name", .privateName, try shared("printer.local")),
    Case("a name that sites make up", .privateName, try shared("files.corp")),
    Case("a single label", .privateName, try shared("intranet")),
    Case(
      "a delegation of a top-level domain", .released,
      try shared("example", .ns, "ns.example.com.")),
    Case(
      "a private reverse name", .privateName,
      try shared("1.0.168.192.in-addr.arpa", .ptr, "a.example.com.")),
    Case("a private address", .privateAddress, try shared("a.example.com", .a, "10.1.2.3")),
    Case("a unique local address", .privateAddress, try shared("a.example.com", .aaaa, "fd00::1")),
    Case(
      "a public reverse name of a private host", .privateName,
      try shared("1.2.0.203.in-addr.arpa", .ptr, "pc.home.arpa.")),
    Case(
      "an alias of a private name", .privateName,
      try shared("a.example.com", .cname, "a.internal.")),
    Case(
      "an alias of a single label", .privateName,
      try shared("a.example.com", .cname, "mailhost.")),
    Case(
      "a service at a private name", .privateName,
      try shared("_x._tcp.example.com", .srv, "0 0 80 a.lan.")),
    Case(
      "a service that is not there", .released,
      try shared("_x._tcp.example.com", .srv, "0 0 0 .")),
    Case(
      "an address hint that is private", .privateAddress,
      try shared("a.example.com", .https, "1 . alpn=h2 ipv4hint=192.0.2.1,10.0.0.1")),
    Case(
      "a hint in a target's record", .privateAddress,
      try shared("a.example.com", .svcb, "1 b.example.com. ipv6hint=fd00::1")),
    Case(
      "hints that are public", .released,
      try shared("a.example.com", .https, "1 . ipv4hint=192.0.2.1 ipv6hint=2001:db8::1")),
    Case(
      "text with a private address", .privateAddress,
      try shared("a.example.com", .txt, "\"gateway 10.0.0.1\"", vantage: .text)),
    Case(
      "text with a private name", .privateName,
      try shared("a.example.com", .mx, "mail.home", vantage: .text)),
    Case(
      "text with nothing private", .released,
      try shared("a.example.com", .txt, "\"v=spf1 -all\"", vantage: .text)),
    Case(
      "what is private, for a partner that may have it", .released,
      try shared("a.corp", .a, "10.1.2.3")
    ) { $0.keepsPrivate = true },
    Case(
      "excluded zones hold for it all the same", .excluded,
      try shared("a.example.org", .cname, "x.corp.")
    ) {
      $0.keepsPrivate = true
      $0.exclude = ["corp"]
    },
  ]

  @Test(arguments: lists + zones + privacy + PartnerContentCases.all)
  func keepsBackByTheFirstRuleThatHolds(_ one: Case) throws {
    let found = try rule(one)
    #expect(found == one.wanted)
  }

  @Test func octetsThatAreNoKeyAreKeptBack() throws {
    var filter = try PartnerFilter(PartnerPolicy(stream: "community")) { _ in nil }
    let whole = try shared("a.example.com").key
    for count in 0..<whole.count {
      let cut = Array(whole[..<count])
      let rule = filter.rule(
        key: cut.span, timeLast: 0, tlp: .clear, releasedAt: PartnerWorld.now)
      #expect(rule == .damaged, "\(count) octets")
    }
  }

  @Test func policiesSurviveTheDatabase() throws {
    var policy = PartnerPolicy(stream: "community")
    policy.include = ["example.com"]
    policy.exclude = ["a.example.com"]
    policy.rrtypes = [.a, RRType(rawValue: 64_000)]
    policy.vantages = Vantage.allCases
    policy.datasets = ["main"]
    policy.tlpMax = .amberStrict
    policy.maxAgeSeconds = 3_600
    policy.keepsPrivate = true
    policy.rowsPerSecondMax = 5
    policy.streamsMax = 9
    let text = try JSONEncoder().encode(policy)
    #expect(try JSONDecoder().decode(PartnerPolicy.self, from: text) == policy)
  }

  @Test(
    "rules and words of later versions are refused, not passed over",
    arguments: [
      #"{"stream":"s","tlp":"green","keep_private":false,"streams":4,"countries":["lu"]}"#,
      #"{"stream":"s","tlp":"pink","keep_private":false,"streams":4}"#,
      #"{"stream":"s","tlp":"green","keep_private":false,"streams":4,"vantages":["moon"]}"#,
      #"{"stream":"s","tlp":"green","keep_private":false,"streams":4,"types":["NONESUCH"]}"#,
      #"{"stream":"s","keep_private":false,"streams":4}"#,
    ])
  func refusesWhatItDoesNotKnow(_ text: String) {
    #expect(throws: DecodingError.self) {
      try JSONDecoder().decode(PartnerPolicy.self, from: Data(text.utf8))
    }
  }

  @Test func policiesThatMakeNoSenseAreRefused() {
    func error(_ body: (inout PartnerPolicy) -> Void) -> PartnerPolicyError? {
      var policy = PartnerPolicy(stream: "community")
      body(&policy)
      do throws(PartnerPolicyError) { try policy.check() } catch { return error }
      return nil
    }
    #expect(error { _ in } == nil)
    #expect(error { $0.stream = "../x" } == .badStream("../x"))
    #expect(error { $0.include = ["a..b"] } == .badZone("a..b"))
    #expect(error { $0.exclude = [String(repeating: "a", count: 64)] } != nil)
    #expect(error { $0.rowsPerSecondMax = 0 } == .badBound)
    #expect(error { $0.streamsMax = 0 } == .badBound)
    #expect(error { $0.datasets = [""] } == .badDataset)
  }
}
