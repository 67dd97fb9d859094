import Foundation
import TidemarkEnrichment
import TidemarkModel
import TidemarkTesting
import Testing

struct LibraryFormatTests {
  static let now: UnixSeconds = 1_700_000_000
  let folder: TemporaryFolder
  let library: Library

  init() throws {
    folder = try TemporaryFolder()
    library = try Library(path: folder.file("library.sqlite"), create: true)
  }

  private func read(_ text: String, _ format: LibraryFormat) throws -> AddReport {
    try library.importFile(Array(text.utf8), as: format, source: "test", now: Self.now)
  }

  private func keys() throws -> [String] {
    try library.indicators(limit: 1_000).map(\.key.value).sorted()
  }

  private func exported(_ library: Library, _ format: LibraryFormat) throws -> [UInt8] {
    var out: [UInt8] = []
    _ = try library.export(as: format, now: Self.now) {
      out.append(contentsOf: $0)
      return true
    }
    return out
  }

  @Test func readsCSV() throws {
    let report = try read(
      """
      \u{FEFF}Value,TYPE,status,tags,attribute,attribute_value,source,first_seen,last_seen
      WWW.example.com,FQDN,review,a;b,Note,"x, ""y""
      z",someone,2023-01-01,2023-01-02T00:00:00Z
      192.0.2.1,IP Address

      123.321.156.90,IP Address
      x.example,weather
      y.example,FQDN,unknown
      z.example,FQDN,,,n,v,s,2023-01-02,2023-01-01
      """, .csv)
    #expect(report.added == 2 && report.refused == 4)
    #expect(try keys() == ["192.0.2.1", "www.example.com"])
    let key = try IndicatorKey(.fqdn, "www.example.com")
    let indicator = try #require(try library.indicator(key))
    #expect(indicator.status == .review && indicator.tags == ["a", "b"])
    let attribute = try #require(try library.attributes(of: indicator).first)
    #expect(attribute.value == "x, \"y\"\nz" && attribute.source == "someone")
    #expect(attribute.lastSeen - attribute.firstSeen == 86_400)
  }

  @Test func refusesFilesOfAnotherKind() throws {
    #expect(throws: ImportError.self) { try read("a,b\n1,2\n", .csv) }
    #expect(throws: ImportError.self) { try read("", .csv) }
    #expect(throws: ImportError.self) { try read("[1", .stix) }
    #expect(throws: ImportError.self) { try read("{}", .misp) }
    let deep = String(repeating: "[", count: 100_000)
    #expect(throws: ImportError.self) { try read(deep, .stix) }
    #expect(throws: ImportError.self) { try read(deep, .misp) }
  }

  @Test func readsLines() throws {
    let report = try read(
      """
      {"type":"fqdn","value":"A.example","relations":[{"kind":"resolves-to",\
      "type":"ip","value":"192.0.2.7"}]}

      {"type":"fqdn"}
      not json
      {"type":"ipv4","value":"192.0.2.8","attributes":[{"name":"n","value":"v","first_seen":5}]}
      {"type":"ipv4","value":"192.0.2.9","attributes":[{"name":"n","value":"v","first_seen":"x"}]}
      """, .ndjson)
    #expect(report.added == 2 && report.refused == 3)
    #expect(try keys() == ["192.0.2.7", "192.0.2.8", "a.example"])
  }

  @Test func readsSTIX() throws {
    let report = try read(
      """
      {"type":"bundle","id":"bundle--1","objects":[
      {"type":"domain-name","id":"d1","value":"Example.com"},
      {"type":"ipv4-addr","id":"i1","value":"192.0.2.1"},
      {"type":"ipv4-addr","id":"i2","value":"192.0.2.0/24"},
      {"type":"ipv4-addr","id":"i3","value":"999.0.2.0"},
      {"type":"indicator","id":"p1","pattern":"[url:value = 'http://example.com/a\\\\'b']"},
      {"type":"indicator","id":"p2","pattern":"[url:value = 'a' AND url:value = 'b']"},
      {"type":"file","id":"f1","hashes":{"MD5":"d41d8cd98f00b204e9800998ecf8427e"}},
      {"type":"identity","id":"x"}, 17, null, {"type":"weather","id":"w","value":"sun"},
      {"type":"relationship","id":"r1","relationship_type":"resolves-to","source_ref":"d1",
       "target_ref":"i1","start_time":"2023-01-01T00:00:00.000Z"},
      {"type":"relationship","id":"r2","relationship_type":"resolves-to","source_ref":"d1",
       "target_ref":"nowhere"},
      {"type":"note","id":"n1","abstract":"Colour","content":"red","object_refs":["d1"],
       "authors":["me"]}
      ]}
      """, .stix)
    #expect(report.added == 7 && report.refused == 6, "\(report)")
    let indicator = try #require(try library.indicator(IndicatorKey(.fqdn, "example.com")))
    #expect(try library.relations(of: indicator).map(\.kind) == [.resolvesTo])
    let note = try #require(try library.attributes(of: indicator).first)
    #expect(note.name == "Colour" && note.value == "red" && note.source == "me")
    #expect(try keys().contains("http://example.com/a'b"))
  }

  @Test func readsMISP() throws {
    let report = try read(
      """
      {"response":[{"Event":{"Attribute":[
      {"type":"domain","value":"a.example","Tag":[{"name":"t"}]},
      {"type":"domain|ip","value":"b.example|192.0.2.2","first_seen":"2023-01-01T00:00:00+00:00"},
      {"type":"AS","value":64496},
      {"type":"filename|md5","value":"x.exe|d41d8cd98f00b204e9800998ecf8427e"},
      {"type":"text","value":"hello"}, {"value":"no type"}],
      "Object":[{"name":"passive-dns","Attribute":[
      {"type":"text","object_relation":"rrname","value":"c.example"},
      {"type":"text","object_relation":"rrtype","value":"MX"},
      {"type":"text","object_relation":"rdata","value":"10 mail.c.example."},
      {"type":"datetime","object_relation":"time_first","value":"2017-05-23T07:19:43Z"}]},
      {"name":"whois","Attribute":[{"type":"text","value":"x"},\
      {"type":"domain","value":"d.example"}]}
      ]}}]}
      """, .misp)
    #expect(report.added == 6 && report.refused == 2, "\(report)")
    #expect(
      try keys() == [
        "192.0.2.2", "AS64496", "a.example", "b.example", "c.example",
        "d.example", "d41d8cd98f00b204e9800998ecf8427e", "mail.c.example",
      ])
    let indicator = try #require(try library.indicator(IndicatorKey(.fqdn, "c.example")))
    let relation = try #require(try library.relations(of: indicator).first)
    #expect(relation.kind == .mailExchanger && relation.firstSeen == 1_495_523_983)
  }

  private func fill() throws {
    var entry = LibraryEntry(try IndicatorKey(.fqdn, "threatsketch.example"))
    entry.tags = ["a", "b c"]
    entry.status = .review
    entry.attributes = [
      AttributeEntry("Formula", "=1+1", seen: 5...9),
      AttributeEntry("Mark", "'=x", seen: 5...9),
      AttributeEntry("Text", "a,\"b\"\r\nc\u{FC} 'd", seen: 5...9),
    ]
    entry.relations = [
      RelationEntry(.resolvesTo, try IndicatorKey(.ipv6, "2001:db8::1"), seen: 7...7),
      RelationEntry(.nameServer, try IndicatorKey(.fqdn, "ns.example"), seen: 7...8),
      RelationEntry(.contact, try IndicatorKey(.email, "a@example.com"), seen: 7...8),
    ]
    var other = LibraryEntry(try IndicatorKey(.asn, "64496"))
    other.sources = ["somebody"]
    let rows = [entry, other].enumerated().map {
      LibraryRow(number: $0.offset, entry: .success($0.element))
    }
    _ = try library.add(rows, source: "test", now: Self.now)
  }

  @Test(arguments: [LibraryFormat.csv, .ndjson])
  func comesBackAsItWas(_ format: LibraryFormat) throws {
    try fill()
    let other = try Library(path: folder.file("other.sqlite"), create: true)
    let file = try exported(library, format)
    let report = try other.importFile(file, as: format, source: "test", now: Self.now)
    #expect(report.refused == 0, "\(report)")
    for indicator in try library.indicators(limit: 100) {
      let twin = try #require(try other.indicator(indicator.key))
      #expect(twin.status == indicator.status && twin.tags == indicator.tags)
      #expect(twin.sources == indicator.sources)
      #expect(
        try other.attributes(of: twin).map { [$0.name, $0.value, $0.source] }
          == library.attributes(of: indicator).map { [$0.name, $0.value, $0.source] })
      #expect(
        try Set(other.relations(of: twin).map { "\($0.from) \($0.to) \($0.kind) \($0.lastSeen)" })
          == Set(
            library.relations(of: indicator).map { "\($0.from) \($0.to) \($0.kind) \($0.lastSeen)" }
          ))
    }
    #expect(try other.indicators(limit: 100).count == library.indicators(limit: 100).count)
  }

  /// More statements than one read gives, and more octets than one line may have.
  @Test(arguments: [LibraryFormat.csv, .ndjson])
  func muchAboutOneIndicatorComesBack(_ format: LibraryFormat) throws {
    var entry = LibraryEntry(try IndicatorKey(.fqdn, "www.example.com"))
    entry.sources = ["test"]
    let long = String(repeating: "x", count: 60_000)
    var rows: [LibraryRow] = []
    for number in 0..<110 {
      entry.attributes = [AttributeEntry("WHOIS Record", "\(number) \(long)")]
      for part in 0..<100 { entry.attributes.append(AttributeEntry("n", "\(number) \(part)")) }
      rows.append(LibraryRow(number: number, entry: .success(entry)))
    }
    let added = try library.add(rows, source: "test", now: Self.now)
    #expect(added.added == 110)
    let out = try exported(library, format)
    let other = try Library(path: folder.file("other.sqlite"), create: true)
    let report = try other.importFile(out, as: format, source: "test", now: Self.now)
    #expect(report.refused == 0, "\(report.reasons)")
    #expect(try exported(other, format) == out)
    let marks = out.split(separator: UInt8(ascii: "\n")).reduce(0) { count, line in
      count + String(decoding: line, as: UTF8.self).split(separator: "WHOIS Record").count - 1
    }
    #expect(marks == 110)
  }

  @Test(arguments: [LibraryFormat.stix, .misp])
  func comesBackAsFarAsTheFormatGoes(_ format: LibraryFormat) throws {
    try fill()
    let other = try Library(path: folder.file("other.sqlite"), create: true)
    let file = try exported(library, format)
    let report = try other.importFile(file, as: format, source: "test", now: Self.now)
    #expect(report.refused == 0, "\(report)")
    let before = Set(try library.indicators(limit: 100).map(\.key))
    #expect(Set(try other.indicators(limit: 100).map(\.key)) == before)
    let indicator = try #require(
      try other.indicator(IndicatorKey(.fqdn, "threatsketch.example")))
    let kinds = Set(try other.relations(of: indicator).map(\.kind))
    #expect(kinds.isSuperset(of: [.resolvesTo, .nameServer]))
    if format == .stix { #expect(try other.attributes(of: indicator).count == 3) }
  }

  /// The standard's own examples of identifiers, which other programs compute too.
  @Test func observablesHaveEverybodysIdentifiers() throws {
    let rows = [
      LibraryEntry(try IndicatorKey(.fqdn, "threatsketch.com")),
      LibraryEntry(try IndicatorKey(.ipv4, "104.196.175.197")),
      LibraryEntry(try IndicatorKey(.ipv6, "2001:610:148:dead::6")),
    ].map { LibraryRow(number: 1, entry: .success($0)) }
    _ = try library.add(rows, source: "test", now: Self.now)
    let text = String(decoding: try exported(library, .stix), as: UTF8.self)
    for id in [
      "domain-name--7bcfb597-d3c8-55a9-8d0f-ce23dae62461",
      "ipv4-addr--63705d4a-e16e-57d3-8738-2338aff3e1fe",
      "ipv6-addr--da988d3c-1c14-5cae-8317-00661c2181ae",
    ] { #expect(text.contains(id)) }
  }

  @Test(arguments: LibraryFormat.allCases)
  func damagedFilesNeverTrap(_ format: LibraryFormat) throws {
    try fill()
    let file = try exported(library, format)
    let seed: UInt64 = 77
    var random = SeededGenerator(seed: seed)
    for _ in 0..<300 {
      var damaged = file
      for _ in 0..<Int.random(in: 1...8, using: &random) {
        damaged[Int.random(in: 0..<damaged.count, using: &random)] = UInt8(
          truncatingIfNeeded: random.next())
      }
      damaged.removeLast(Int.random(in: 0..<damaged.count, using: &random))
      _ = try? LibraryImport.rows(damaged, as: format, name: "damaged")
    }
  }
}
