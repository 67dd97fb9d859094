import Foundation
import TidemarkEnrichment
import TidemarkModel
import TidemarkTesting
import Testing

struct LibraryTests {
  static let now: UnixSeconds = 1_700_000_000
  let folder: TemporaryFolder
  let library: Library
  let name: IndicatorKey
  let address: IndicatorKey

  init() throws {
    folder = try TemporaryFolder()
    library = try Library(path: folder.file("library.sqlite"), create: true)
    name = try IndicatorKey(.fqdn, "www.example.com")
    address = try IndicatorKey(.ipv4, "192.0.2.1")
  }

  private func row(_ number: Int, _ entry: LibraryEntry) -> LibraryRow {
    LibraryRow(number: number, entry: .success(entry))
  }

  private var sample: LibraryEntry {
    var entry = LibraryEntry(name)
    entry.tags = ["phishing"]
    entry.attributes = [AttributeEntry("Risk Score", "100", seen: 100...200)]
    entry.relations = [RelationEntry(.resolvesTo, address, seen: 100...200)]
    return entry
  }

  @Test func addingTwiceChangesNothing() throws {
    let first = try library.add([row(1, sample)], source: "test 1", now: Self.now)
    #expect(first.added == 1 && first.alreadyThere == 0 && first.refused == 0)
    let before = try #require(try library.indicator(name))
    let second = try library.add([row(1, sample)], source: "test 1", now: Self.now + 5)
    #expect(second.added == 0 && second.alreadyThere == 1)
    #expect(try library.indicator(name) == before)
    #expect(try library.attributes(of: before).count == 1)
    let relations = try library.relations(of: before)
    #expect(relations.count == 1 && relations[0].from == name && relations[0].to == address)
    let other = try #require(try library.indicator(address))
    #expect(try library.relations(of: other) == relations)
    #expect(other.sources == ["test 1"] && before.tags == ["phishing"])
    #expect(before.firstAdded == Self.now && before.status == .active)
  }

  @Test func addingAgainWidensTimes() throws {
    var wider = sample
    wider.attributes[0].seen = 50...150
    wider.relations[0].seen = 150...300
    _ = try library.add([row(1, sample)], source: "test 1", now: Self.now)
    let report = try library.add([row(1, wider)], source: "test 1", now: Self.now)
    #expect(report.alreadyThere == 1)
    let indicator = try #require(try library.indicator(name))
    let attribute = try #require(try library.attributes(of: indicator).first)
    #expect(attribute.firstSeen == 50 && attribute.lastSeen == 200)
    let relation = try #require(try library.relations(of: indicator).first)
    #expect(relation.firstSeen == 100 && relation.lastSeen == 300)
  }

  @Test func anotherSourceSaysItAgain() throws {
    _ = try library.add([row(1, sample)], source: "test 1", now: Self.now)
    let report = try library.add([row(1, sample)], source: "test 2", now: Self.now)
    #expect(report.added == 1)
    let indicator = try #require(try library.indicator(name))
    #expect(try library.attributes(of: indicator).map(\.source) == ["test 1", "test 2"])
    #expect(indicator.sources == ["test 1", "test 2"])
  }

  @Test func aBadRowRefusesOnlyItself() throws {
    var long = LibraryEntry(try IndicatorKey(.fqdn, "long.example"))
    long.attributes = [AttributeEntry("a", String(repeating: "x", count: 70_000))]
    var control = LibraryEntry(try IndicatorKey(.fqdn, "control.example"))
    control.tags = ["a\u{1B}b"]
    var itself = LibraryEntry(name)
    itself.relations = [RelationEntry(.alias, name)]
    var empty = LibraryEntry(try IndicatorKey(.fqdn, "empty.example"))
    empty.attributes = [AttributeEntry("a", "")]
    let rows = [
      row(1, long), row(2, control), row(3, itself), row(4, empty), row(5, sample),
      LibraryRow(number: 6, entry: .failure(RowRefusal("unreadable"))),
    ]
    let report = try library.add(rows, source: "test 1", now: Self.now)
    #expect(report.added == 1 && report.refused == 5 && report.rows == rows.count)
    #expect(report.refusals.map(\.row) == [1, 2, 3, 4, 6])
    #expect(report.reasons["unreadable"] == 1)
    #expect(try library.indicators(limit: 10).map(\.key) == [name, address])
  }

  @Test func provenanceAndStatusAreKept() throws {
    let origin = Provenance(origin: "abc", table: "domains-on:192.0.2.1 x", row: 7)
    #expect(Provenance(origin.description) == origin)
    let row = LibraryRow(number: 1, entry: .success(sample), provenance: origin)
    _ = try library.add([row], source: "test 1", now: Self.now)
    let indicator = try #require(try library.indicator(name))
    #expect(try library.attributes(of: indicator)[0].provenance == origin)
    #expect(try library.setStatus(.allowed, of: name, now: Self.now + 1))
    #expect(try library.indicator(name)?.status == .allowed)
    let absent = try IndicatorKey(.asn, "64496")
    #expect(try !library.setStatus(.allowed, of: absent, now: Self.now))
  }

  @Test func onlyTheOwnerCanReadTheFiles() throws {
    _ = try library.add([row(1, sample)], source: "test 1", now: Self.now)
    for file in try folder.contents() { #expect(try folder.mode(file.name) == 0o600) }
    let path = folder.file("library.sqlite")
    try FileManager.default.setAttributes([.posixPermissions: 0o640], ofItemAtPath: path)
    #expect(throws: LibraryError.self) { try Library(path: path, create: true) }
  }

  @Test func foreignAndMissingFilesAreRefused() throws {
    let absent = folder.file("absent")
    #expect(throws: LibraryError.notThere(path: absent)) {
      try Library(path: absent, create: false)
    }
    let path = folder.file("text")
    let text = Data(String(repeating: "no database\n", count: 1_000).utf8)
    try text.write(to: URL(fileURLWithPath: path))
    try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: path)
    #expect(throws: LibraryError.notLibrary(path: path)) { try Library(path: path, create: true) }
    #expect(try Data(contentsOf: URL(fileURLWithPath: path)) == text)
  }

  @Test func anythingWrittenIsThereAfterOpeningAgain() throws {
    _ = try library.add([row(1, sample)], source: "test 1", now: Self.now)
    let again = try Library(path: library.path, create: false)
    #expect(try again.indicator(name) == library.indicator(name))
  }

  @Test(arguments: [UInt64(11), 12])
  func orderDoesNotMatter(seed: UInt64) throws {
    var random = SeededGenerator(seed: seed)
    var rows: [LibraryRow] = []
    for number in 0..<200 {
      let host = "h\(Int.random(in: 0..<8, using: &random)).example"
      var entry = LibraryEntry(try IndicatorKey(.fqdn, host))
      let first = UnixSeconds.random(in: 0...50, using: &random)
      let seen = first...UnixSeconds.random(in: 50...99, using: &random)
      entry.attributes = [
        AttributeEntry("n", "v\(Int.random(in: 0..<3, using: &random))", seen: seen)
      ]
      entry.relations = [RelationEntry(.resolvesTo, address, seen: seen)]
      rows.append(row(number, entry))
    }
    let other = try Library(path: folder.file("other.sqlite"), create: true)
    let one = try library.add(rows, source: "s", now: Self.now)
    let two = try other.add(rows.shuffled(using: &random), source: "s", now: Self.now)
    #expect(one == two, "seed \(seed)")
    for indicator in try library.indicators(limit: 100) {
      let twin = try #require(try other.indicator(indicator.key))
      #expect(
        try library.attributes(of: indicator) == other.attributes(of: twin), "seed \(seed)")
      #expect(
        try Set(library.relations(of: indicator).map { "\($0)" })
          == Set(other.relations(of: twin).map { "\($0)" }), "seed \(seed)")
    }
  }
}
