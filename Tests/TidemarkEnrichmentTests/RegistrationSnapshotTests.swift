import Foundation
import TidemarkEnrichment
import TidemarkModel
import TidemarkRegistration
import TidemarkTesting
import Testing

/// Registrations for tests of the history.
enum SampleRegistration {
  static let subject = Registration.Subject.domain(name: "example.com")

  /// What a look-up gives; the word makes it differ.
  static func fetched(
    _ word: String, _ subject: Registration.Subject = subject, texts: [String] = ["text"]
  ) -> FetchedRegistration {
    var registration = Registration(
      subject: subject,
      source: RegistrationSource(kind: .rdapRegistry, server: "rdap.example", time: 0))
    registration.registrar = Registrar(name: word)
    registration.nameServers = [NameServer(name: "ns1.example.net", addresses: ["192.0.2.1"])]
    return FetchedRegistration(
      merged: registration, parts: [registration],
      texts: texts.map { RawAnswer(contentType: "application/rdap+json", octets: Array($0.utf8)) },
      source: "rdap.example")
  }
}

struct RegistrationSnapshotTests {
  static let day: UnixSeconds = 86_400
  let folder: TemporaryFolder
  let library: Library
  let subject = SampleRegistration.subject

  init() throws {
    folder = try TemporaryFolder()
    library = try Library(path: folder.file("library.sqlite"), create: true)
  }

  private func keep(_ word: String, day: UnixSeconds, seconds: UnixSeconds = 0) throws {
    try library.keep(
      SampleRegistration.fetched(word), of: subject, at: day * Self.day + seconds)
  }

  /// Names and days of what is kept, oldest first.
  private func kept() throws -> [String] {
    try library.snapshots(of: subject, oldestFirst: true, limit: 1_000).map {
      "\($0.registration.registrar?.name ?? "")\($0.checkedAt / Self.day)"
    }
  }

  @Test func runsKeepBothTheirEnds() throws {
    for (day, word) in ["A", "A", "A", "B", "B", "B", "B", "A", "A", "A"].enumerated() {
      try keep(word, day: UnixSeconds(day))
    }
    #expect(try kept() == ["A0", "A2", "B3", "B6", "A7", "A9"])
    #expect(try library.snapshotCount(of: subject) == 6)
    let newest = try library.snapshots(of: subject, offset: 1, limit: 2)
    #expect(newest.map(\.checkedAt) == [7 * Self.day, 6 * Self.day])
    #expect(try library.latestSnapshot(of: subject)?.checkedAt == 9 * Self.day)
  }

  /// A look-up of the same day that says the same stands for the day; one that differs is kept.
  @Test func daysHaveOneSnapshotOfAContent() throws {
    try keep("A", day: 3, seconds: 100)
    try keep("A", day: 3, seconds: 200)
    #expect(try library.snapshots(of: subject, limit: 9).map(\.checkedAt) == [3 * Self.day + 200])
    try keep("B", day: 3, seconds: 300)
    try keep("A", day: 3, seconds: 300)
    #expect(try kept() == ["A3", "B3"])
  }

  /// However imports come, both ends of each run are there in the end.
  @Test func orderDoesNotMatterForRunsThatComeWhole() throws {
    let seed = UInt64.random(in: .min ... .max)
    var random = SeededGenerator(seed: seed)
    for _ in 0..<20 {
      let subject = Registration.Subject.domain(name: "x\(random.next()).example")
      let words = (0..<12).map { _ in Bool.random(using: &random) ? "A" : "B" }
      for (day, word) in words.enumerated().shuffled(using: &random) {
        try library.keep(
          SampleRegistration.fetched(word, subject), of: subject, at: UnixSeconds(day) * Self.day)
      }
      let kept = try library.snapshots(of: subject, oldestFirst: true, limit: 100)
      #expect(kept.first?.checkedAt == 0 && kept.last?.checkedAt == 11 * Self.day, "seed \(seed)")
      for snapshot in kept {
        let word = words[Int(snapshot.checkedAt / Self.day)]
        #expect(snapshot.registration.registrar?.name == word, "seed \(seed)")
      }
      // Never three of one content in a row.
      let digests = kept.map(\.digest)
      for index in digests.indices.dropFirst(2) {
        #expect(
          !(digests[index] == digests[index - 1] && digests[index] == digests[index - 2]),
          "seed \(seed)")
      }
    }
  }

  @Test func everythingOfASnapshotComesBack() throws {
    let fetched = SampleRegistration.fetched("A", texts: ["registry", "registrar"])
    try library.keep(fetched, of: .domain(name: "Example.COM."), at: 5)
    let snapshot = try #require(try library.latestSnapshot(of: subject))
    #expect(snapshot.subject == subject && snapshot.registration == fetched.merged)
    #expect(snapshot.texts == fetched.texts)
    #expect(snapshot.digest == fetched.merged.contentDigest && !snapshot.isPrivate)
    let reopened = try Library(path: folder.file("library.sqlite"), create: false)
    #expect(try reopened.latestSnapshot(of: subject) == snapshot)
  }

  @Test func longTextsAreCut() throws {
    let long = String(repeating: "x", count: RegistrationSnapshot.textOctetsMax + 1)
    try library.keep(
      SampleRegistration.fetched("A", texts: [long, "b", "c", "d", "e"]), of: subject, at: 5)
    let texts = try #require(try library.latestSnapshot(of: subject)).texts
    #expect(texts.count == 4 && texts[0].isCut && !texts[1].isCut)
    #expect(texts[0].octets.count == RegistrationSnapshot.textOctetsMax)
  }

  /// The smallest block with the address; families stay apart.
  @Test func addressesFindTheirNetwork() throws {
    func keep(_ word: String, _ first: String, _ last: String, asked: String, at time: UnixSeconds)
      throws
    {
      try library.keep(
        SampleRegistration.fetched(word, .network(first: first, last: last)),
        of: .network(first: asked, last: asked), at: time)
    }
    try keep("wide", "192.0.0.0", "192.255.255.255", asked: "192.0.2.1", at: 900)
    try keep("old", "192.0.2.0", "192.0.2.255", asked: "192.0.2.1", at: 100)
    try keep("new", "192.0.2.0", "192.0.2.255", asked: "192.0.2.9", at: 200)
    try keep(
      "six", "2001:db8::", "2001:db8:ffff:ffff:ffff:ffff:ffff:ffff", asked: "2001:db8::1",
      at: 1)
    func found(_ address: String) throws -> String? {
      try library.snapshot(covering: address)?.registration.registrar?.name
    }
    #expect(try found("192.0.2.77") == "new" && found("192.0.3.1") == "wide")
    #expect(try found("2001:0db8::5") == "six")
    #expect(try found("193.0.0.1") == nil && found("::c000:201") == nil && found("x") == nil)
    let block = Registration.Subject.network(first: "192.0.2.0", last: "192.0.2.255")
    #expect(try library.snapshotCount(of: block) == 2)
    #expect(try library.latestSnapshot(of: block)?.subject == block)
  }

  @Test func retentionCountsFromWhenItWasKept() throws {
    let registry = OperationRegistry(library: library)
    try keep("A", day: 100)
    try registry.configure("tidemark", [OperationCatalogue.registrationDays: "30"])
    try keep("B", day: 130)
    #expect(try kept() == ["A100", "B130"])
    try keep("C", day: 131)
    #expect(try kept() == ["B130", "C131"])
  }

  @Test func subjectsThatCannotBeRegisteredAreNotKept() throws {
    for subject: Registration.Subject in [
      .domain(name: ""), .domain(name: "not a name"),
      .network(first: "192.0.2.9", last: "192.0.2.1"),
      .network(first: "192.0.2.1", last: "::1"), .autonomousSystems(first: 2, last: 1),
      .entity(handle: "a\u{0}b"),
    ] {
      try library.keep(SampleRegistration.fetched("A", subject), of: subject, at: 5)
      #expect(try library.snapshotCount(of: subject) == 0)
    }
    for subject: Registration.Subject in [
      .nameServer(name: "ns1.example.net"), .autonomousSystems(first: 64_496, last: 64_511),
      .entity(handle: "ORG-A b"),
    ] {
      try library.keep(SampleRegistration.fetched("A", subject), of: subject, at: 5)
      #expect(try library.latestSnapshot(of: subject)?.subject == subject)
    }
  }
}
