import Foundation
import TidemarkEnrichment
import TidemarkModel
import TidemarkRegistration
import TidemarkTesting
import Testing

struct SnapshotFileTests {
  static let now: UnixSeconds = 1_700_000_000
  let folder: TemporaryFolder
  let library: Library
  let subject = SampleRegistration.subject

  init() throws {
    folder = try TemporaryFolder()
    library = try Library(path: folder.file("library.sqlite"), create: true)
  }

  private func export(withContacts: Bool = true, of library: Library) throws -> [UInt8] {
    var out: [UInt8] = []
    _ = try library.exportSnapshots(withContacts: withContacts) {
      out += $0
      return true
    }
    return out
  }

  private func fill() throws {
    for time: UnixSeconds in [100, 200_000, 400_000] {
      var fetched = SampleRegistration.fetched("R\(time)", texts: ["text \(time)"])
      var contact = RegistrationContact(roles: [.registrant])
      contact.name = "Jane Doe"
      contact.emails = ["jane@example.org"]
      fetched.merged.contacts = [contact]
      fetched.texts.append(RawAnswer(contentType: "text/plain", octets: [0xFF, 0xFE, 0]))
      try library.keep(fetched, of: subject, at: time)
    }
    try library.keep(
      SampleRegistration.fetched("N", .network(first: "192.0.2.0", last: "192.0.2.255")),
      of: .network(first: "192.0.2.7", last: "192.0.2.7"), at: 300)
  }

  @Test func whatWasExportedComesBack() throws {
    try fill()
    let file = try export(of: library)
    #expect(file.count { $0 == UInt8(ascii: "\n") } == 4)
    let other = try Library(path: folder.file("other.sqlite"), create: true)
    let report = try other.importSnapshots(file, now: Self.now)
    #expect(report.added == 4 && report.refused == 0)
    #expect(try export(of: other) == file)
    #expect(try other.snapshot(covering: "192.0.2.99")?.checkedAt == 300)
    let again = try other.importSnapshots(file, now: Self.now)
    #expect(again.added == 0 && again.alreadyThere == 4)
  }

  /// Neither the registration nor the texts say who it was.
  @Test func exportsCanLeaveOutPersonalData() throws {
    try fill()
    let text = String(decoding: try export(withContacts: false, of: library), as: UTF8.self)
    #expect(!text.contains("Jane") && !text.contains("jane@") && !text.contains("text 100"))
    #expect(text.contains("R200000") && text.contains("ns1.example.net"))
    let other = try Library(path: folder.file("other.sqlite"), create: true)
    #expect(try other.importSnapshots(Array(text.utf8), now: Self.now).added == 4)
  }

  @Test func badLinesRefuseThemselves() throws {
    try fill()
    let good = String(decoding: try export(of: library), as: UTF8.self)
    let line = String(good.prefix { $0 != "\n" })
    let bad = [
      "{}", "[]", "null", "{\"subject\":1}", String(repeating: "[", count: 100_000),
      line.replacingOccurrences(of: "domain example.com", with: "domain example.org"),
      line.replacingOccurrences(of: "domain example.com", with: "planet earth"),
      line.replacingOccurrences(of: "1970-01-01T00:01:40Z", with: "2024-01-01T00:00:00Z"),
      line.replacingOccurrences(of: "1970-01-01T00:01:40Z", with: "yesterday"),
    ]
    let other = try Library(path: folder.file("other.sqlite"), create: true)
    let file = bad.joined(separator: "\n") + "\n\n" + good
    let report = try other.importSnapshots(Array(file.utf8), now: Self.now)
    #expect(report.added == 4 && report.refused == bad.count)
    #expect(report.reasons["a look-up in the future"] == 1)
    #expect(report.reasons["the registration is of another subject"] == 1)
    #expect(report.refusals.map(\.row) == Array(1...bad.count))
  }

  @Test func damagedFilesNeverTrap() throws {
    try fill()
    let file = try export(of: library)
    let seed = UInt64.random(in: .min ... .max)
    var random = SeededGenerator(seed: seed)
    let other = try Library(path: folder.file("other.sqlite"), create: true)
    for _ in 0..<100 {
      var octets = file
      for _ in 0..<Int.random(in: 1...10, using: &random) {
        octets[Int.random(in: octets.indices, using: &random)] = UInt8.random(
          in: .min ... .max, using: &random)
      }
      let report = try other.importSnapshots(octets, now: Self.now)
      #expect(report.rows > 0, "seed \(seed)")
    }
  }

  static let record = """
    Domain Name: CONSCIOUSMYSELF.TK
    Registrar: Other Registrar
    Registry Expiry Date: 2019-05-06T00:00:00Z
    Name Server: NS9.EXAMPLE.NET
    """

  private func history(_ entries: [String]) -> [UInt8] {
    let list = entries.joined(separator: ",")
    return Array(#"{"response":{"record_count":\#(entries.count),"history":[\#(list)]}}"#.utf8)
  }

  private func entry(
    _ date: String, isPrivate: String = "0", record: String = "nothing of a known form"
  ) throws -> String {
    let text = String(decoding: try JSONEncoder().encode(record), as: UTF8.self)
    return #"{"date":"\#(date)","is_private":\#(isPrivate),"whois":{"registrant":"BV Dot TK","#
      + #""registration":{"created":"2018-05-06","expires":"2019-01-01","updated":"","#
      + #""registrar":"Freenom","statuses":["ok"]},"name_servers":["NS1.SEARCH-IPOK.INFO"],"#
      + #""server":"whois.dot.tk","record":\#(text)}}"#
  }

  @Test func historiesOfTheOtherInterfaceAreRead() throws {
    let answer = history([
      try entry("2018-05-06", isPrivate: "1"), try entry("2018-05-02", record: Self.record),
    ])
    let report = try library.importHistory(answer, of: "ConsciousMyself.tk", now: Self.now)
    #expect(report.added == 2 && report.refused == 0)
    let found = try library.snapshots(of: .domain(name: "consciousmyself.tk"), limit: 9)
    #expect(found.map(\.checkedAt) == [1_525_564_800, 1_525_219_200])
    let (newest, oldest) = (try #require(found.first), try #require(found.last))
    #expect(newest.isPrivate && !oldest.isPrivate)
    #expect(newest.registration.source.server == "whois.dot.tk")
    #expect(newest.registration.registrar?.name == "Freenom")
    #expect(newest.registration.nameServers.map(\.name) == ["ns1.search-ipok.info"])
    #expect(newest.registration.statuses == ["ok"])
    #expect(newest.registration.contact(.registrant)?.name == "BV Dot TK")
    #expect(newest.registration.created?.seconds == 1_525_564_800)
    #expect(newest.texts.first?.octets == Array("nothing of a known form".utf8))
    // The record wins, the members beside it fill what it leaves out.
    #expect(oldest.registration.registrar?.name == "Other Registrar")
    #expect(oldest.registration.nameServers.map(\.name) == ["ns9.example.net"])
    #expect(oldest.registration.expires?.seconds == 1_557_100_800)
    #expect(oldest.registration.contact(.registrant)?.name == "BV Dot TK")
  }

  @Test func badEntriesRefuseThemselves() throws {
    let answer = history([
      "1", "{}", try entry("never"), try entry("2199-01-01"), try entry("2018-05-02"),
      try entry("2018-05-03", record: "WHOIS LIMIT EXCEEDED - see WWW.PIR.ORG/WHOIS"),
    ])
    let report = try library.importHistory(answer, of: "example.com", now: Self.now)
    #expect(report.added == 1 && report.refused == 5)
    for text in ["", "[]", "{}", #"{"response":[]}"#, #"{"response":{"record_count":3}}"#] {
      #expect(throws: ImportError.self) {
        try library.importHistory(Array(text.utf8), of: "example.com", now: Self.now)
      }
    }
    #expect(throws: ImportError.self) {
      try library.importHistory(history([]), of: "not a name", now: Self.now)
    }
  }
}
