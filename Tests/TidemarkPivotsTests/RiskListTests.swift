import Foundation
import DNSWire
import TidemarkDomains
import TidemarkModel
import TidemarkPivots
import TidemarkQuery
import TidemarkTesting
import Testing

@Suite(.enabled(if: Suffixes.isThere)) struct RiskListTests {
  /// A list in some format, and what it must be read as.
  struct Sample: Sendable, CustomStringConvertible {
    let format: RiskListFormat
    let text: String
    /// Entries that must be found, by a name or address each.
    let has: [String]
    /// Names and addresses that must not be found.
    var lacks: [String] = ["other.example", "198.51.100.200"]
    var rejected: [RiskListRejection: Int] = [:]

    var description: String { "\(format.rawValue): \(text.prefix(30))" }
  }

  static let samples = [
    Sample(
      format: .lines,
      text: """
        # names
        Example.COM.
        www.example.net   # a comment
        ; another
        *.example.org
        bücher.example
        com
        bad[.]example
        hxxps://url.example:8443/path?x#y
        192.0.2.1
        not a name at all!
        """,
      has: [
        "example.com", "www.example.net", "example.org", "xn--bcher-kva.example", "bad.example",
        "url.example", "192.0.2.1",
      ],
      lacks: ["com", "example.net"], rejected: [.publicSuffix: 2]),
    Sample(
      format: .lines, text: "192.0.2.0/25 ; SBL1\n2001:db8::/32 ; SBL2\n0.0.0.0/0\n",
      has: ["192.0.2.7", "2001:db8:5::1"], lacks: ["192.0.2.200", "203.0.113.1"],
      rejected: [.tooWide: 1]),
    Sample(
      format: .hosts,
      text: """
        # hosts
        127.0.0.1 localhost
        0.0.0.0 bad.example worse.example # why
        0.0.0.0 0.0.0.0
        """,
      has: ["bad.example", "worse.example"], lacks: ["127.0.0.1", "0.0.0.0", "localhost"],
      rejected: [.publicSuffix: 1, .notAnEntry: 1]),
    Sample(
      format: .rpz,
      text: """
        ; a zone
        $TTL 60
        $ORIGIN rpz.example.
        @ SOA ns.example. admin.example. (
          1 2 3 4 5 )
        @ NS ns.example.
        bad.example CNAME .
        *.bad.example CNAME .
        worse.example.rpz.example. 60 IN CNAME *.
        good.example CNAME rpz-passthru.
        24.0.2.0.192.rpz-ip CNAME .
        128.1.zz.db8.2001.rpz-ip CNAME .
        ns.evil.example.rpz-nsdname CNAME .
        """,
      has: ["bad.example", "worse.example", "192.0.2.77", "2001:db8::1"],
      lacks: ["good.example", "rpz.example", "ns.example"],
      rejected: [.exception: 1, .unsupported: 1]),
    Sample(
      format: .adblock,
      text: """
        [Adblock Plus 2.0]
        ! title
        ||bad.example^
        @@||good.example^
        ||cond.example^$third-party
        ||path.example/x^
        ###banner
        """,
      has: ["bad.example"], lacks: ["good.example", "cond.example", "path.example"],
      rejected: [.exception: 1, .conditional: 3]),
    Sample(
      format: .dnsmasq,
      text: "address=/bad.example/worse.example/0.0.0.0\nserver=/third.example/\nport=53\n",
      has: ["bad.example", "worse.example", "third.example"], rejected: [.notAnEntry: 1]),
    Sample(
      format: .unbound,
      text: """
        server:
          local-zone: "bad.example" always_nxdomain
          local-zone: "good.example." transparent
          local-data: "bad.example A 192.0.2.1"
        """,
      has: ["bad.example"], lacks: ["good.example", "192.0.2.1"], rejected: [.exception: 1]),
    Sample(
      format: .table,
      text: """
        # URLs
        # id,dateadded,url,status
        "1","2026-01-01 00:00:00","http://bad.example/x,y","online"
        "2","2026-01-01 00:00:00","http://192.0.2.9:80/z","online"
        """,
      has: ["bad.example", "192.0.2.9"]),
    Sample(
      format: .table, text: "phish_id,url,target\n7,https://bad.example/login,Bank\n",
      has: ["bad.example"]),
    Sample(
      format: .table, text: "n\tdomain\n\tbad.example\n2\tworse.example\n3\n",
      has: ["bad.example", "worse.example"], rejected: [.notAnEntry: 1]),
    Sample(
      format: .ranks, text: "1,first.example\n2,second.example\n3,other.example\n",
      has: ["first.example", "second.example"]),
    Sample(
      format: .jsonLines,
      text: """
        {"cidr":"192.0.2.0/24","sblid":"SBL1"}
        {"cidr":"2001:db8::/32","sblid":"SBL2"}
        {"type":"metadata","size":2}
        """,
      has: ["192.0.2.4", "2001:db8::9"]),
    Sample(
      format: .json,
      text: """
        {"name": "w", "version": 1, "type": "hostname",
         "list": [".bad.example", "worse.example"], "matching_attributes": ["domain"]}
        """,
      has: ["bad.example", "worse.example"]),
    Sample(
      format: .json,
      text: """
        {"Event": {"info": "x", "Attribute": [
          {"type": "domain", "value": "bad.example", "to_ids": true},
          {"type": "domain", "value": "other.example", "to_ids": false},
          {"type": "md5", "value": "d41d8cd98f00b204e9800998ecf8427e", "to_ids": true}],
         "Object": [{"Attribute": [
          {"type": "ip-dst|port", "value": "192.0.2.5|443", "to_ids": true}]}]}}
        """,
      has: ["bad.example", "192.0.2.5"]),
    Sample(
      format: .json,
      text: """
        {"type": "bundle", "id": "bundle--1", "objects": [
          {"type": "indicator", "pattern": "[domain-name:value = 'bad.example']"},
          {"type": "indicator",
           "pattern": "[ipv4-addr:value = '192.0.2.6' OR url:value='http://worse.example/x']"},
          {"type": "indicator",
           "pattern": "[domain-name:value = 'other.example' AND file:size = 5]"},
          {"type": "malware", "name": "x"}]}
        """,
      has: ["bad.example", "192.0.2.6", "worse.example"], rejected: [.unsupported: 1]),
    Sample(
      format: .json, text: "[\"bad.example\", 7]", has: ["bad.example"],
      rejected: [.notAnEntry: 1]),
  ]

  static func finds(_ value: String, in set: RiskListSet) -> Bool {
    if let address = PivotAddress(text: value) {
      return !set.matches(of: address, now: 0).isEmpty
    }
    return !set.matches(of: PivotWorld.name(value), now: 0).isEmpty
  }

  @Test(arguments: samples)
  func readsEveryFormat(_ sample: Sample) throws {
    let header = RiskListHeader(name: "l", kind: .block, updated: 0, ranksMax: 2)
    let list = try RiskList(
      header, octets: Array(sample.text.utf8), suffixes: Suffixes.required())
    #expect(list.format == sample.format)
    let set = RiskListSet([list])
    for value in sample.has { #expect(Self.finds(value, in: set), "\(value) is missing") }
    for value in sample.lacks { #expect(!Self.finds(value, in: set), "\(value) is there") }
    #expect(list.rejections == sample.rejected)
  }

  @Test func readsTheSameWithOtherLineEnds() throws {
    for sample in Self.samples where sample.format != .json {
      let text = "\u{FEFF}" + sample.text.replacing("\n", with: "\r\n")
      let list = try PivotWorld.list("l", text)
      #expect(list.format == sample.format)
      for value in sample.has { #expect(Self.finds(value, in: RiskListSet([list]))) }
    }
  }

  @Test func refusesWhatIsNoList() throws {
    let refused: [(String, RiskListError)] = [
      ("", .empty), ("# nothing\n", .empty), ("com\nco.uk\n", .empty),
      ("{\"a\": 1}", .document), ("{\"list\": [", .document), ("7", .empty),
    ]
    for (text, error) in refused {
      #expect(throws: error) { try PivotWorld.list("l", text) }
    }
    let long = String(repeating: "a", count: RiskListLimits.lineOctetsMax + 1)
    let list = try PivotWorld.list("l", "bad.example\n\(long)\n")
    #expect(list.rejections == [.tooLong: 1])
  }

  @Test func survivesDamagedLists() throws {
    let seed = UInt64.random(in: 0 ... .max)
    print("seed of damaged lists: \(seed)")
    var generator = SeededGenerator(seed: seed)
    let suffixes = try Suffixes.required()
    let header = RiskListHeader(name: "l", kind: .block, updated: 0)
    for round in 0..<2_000 {
      var octets = Array((Self.samples[round % Self.samples.count]).text.utf8)
      for _ in 0..<Int.random(in: 1...12, using: &generator) where !octets.isEmpty {
        let at = Int.random(in: 0..<octets.count, using: &generator)
        switch Int.random(in: 0...2, using: &generator) {
        case 0: octets[at] = UInt8.random(in: 0...255, using: &generator)
        case 1: octets.removeSubrange(at..<min(at + 9, octets.count))
        default: octets.insert(contentsOf: octets[at...].prefix(30), at: at)
        }
      }
      guard let list = try? RiskList(header, octets: octets, suffixes: suffixes) else { continue }
      #expect(list.entryCount > 0, "seed \(seed)")
    }
  }

  /// Nobody may list a public suffix: the list of them itself has hardly an entry.
  @Test(.enabled(if: SharedData.has("open/lists/public_suffix_list.dat")))
  func thePublicSuffixListListsNobody() throws {
    let octets = try SharedData.octets("open/lists/public_suffix_list.dat")
    let suffixes = try PublicSuffixList(
      path: SharedData.url("open/lists/public_suffix_list.dat").path)
    let header = RiskListHeader(name: "psl", kind: .block, updated: 0)
    do {
      let list = try RiskList(header, octets: octets, suffixes: suffixes)
      #expect((list.rejections[.publicSuffix] ?? 0) > 9_000)
      #expect(list.entryCount < 300)
      let set = RiskListSet([list])
      for name in ["www.example.com", "www.example.co.uk", "www.city.example.jp"] {
        #expect(!Self.finds(name, in: set), "\(name) is listed")
      }
    } catch RiskListError.empty {
      return
    }
  }
}
