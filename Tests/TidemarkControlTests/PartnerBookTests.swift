import Foundation
import Synchronization
import TidemarkAccess
import TidemarkControl
import TidemarkSharing
import Testing
import TidemarkTesting

/// Partners in the control database, and in the memory of a collector that has it open.
@Suite(.timeLimit(.minutes(10)))
struct PartnerBookTests {
  static let now: Int64 = 1_717_200_000
  let folder: TemporaryFolder
  let path: String
  let database: ControlDatabase

  init() throws {
    folder = try TemporaryFolder()
    path = folder.file("control.sqlite")
    database = try ControlDatabase(path: path, create: true)
  }

  private func policy() -> PartnerPolicy {
    var policy = PartnerPolicy(stream: "community")
    policy.exclude = ["example.com", "two..dots.example"]
    policy.tlpMax = .amber
    policy.rowsPerSecondMax = 100
    return policy
  }

  private func book(
    _ onTrouble: @escaping @Sendable (String?) -> Void = { _ in }
  ) throws -> PartnerBook {
    try PartnerBook(
      ControlDatabase(path: path, create: false), clock: { Self.now }, onTrouble: onTrouble)
  }

  private func plain(_ name: String) throws -> Partner {
    try database.addPartner(name, policy: PartnerPolicy(stream: "community"), now: Self.now).partner
  }

  @Test func aPartnerIsFoundAsItWasMade() throws {
    let outlets = PartnerOutlets(
      files: PartnerFiles(folder: "/srv/cert", period: .day),
      push: PartnerPush(
        url: "d4://192.0.2.1:4443", keyFile: "/etc/key", uuid: "u", type: 254,
        authorityFile: "/etc/ca"))
    var allowed = policy()
    allowed.exclude = ["example.com"]
    let made = try database.addPartner(
      "cert", policy: allowed, outlets: outlets, expires: Self.now + 5, now: Self.now)
    #expect(try database.partners() == [made.partner])
    #expect(made.partner.policy == allowed && made.partner.outlets == outlets)
    #expect(made.partner.tokenDigest == TokenDigest(of: made.secret.text).octets)
    #expect(try database.partner("cert") == database.partner(String(made.partner.id)))
    #expect(made.partner.isGood(at: Self.now + 4) && !made.partner.isGood(at: Self.now + 5))
    let token = try #require(try database.tokens().first)
    #expect(token.grant.scopes == [.partner] && token.grant.name == "partner cert")
    #expect(token.id == made.partner.token)
    for file in try folder.contents() {
      #expect(file.octets.range(of: Data(made.secret.text.dropFirst(4).utf8)) == nil)
    }
  }

  @Test func aPolicyThatMakesNoSenseMakesNoPartner() throws {
    #expect(throws: ControlError.self) {
      try database.addPartner("cert", policy: policy(), now: Self.now)
    }
    for name in ["", "17", "a\nb"] {
      #expect(throws: ControlError.self) { try plain(name) }
    }
    #expect(try database.partners().isEmpty && database.tokens().isEmpty)
  }

  @Test func aNameAndItsTokenAreFreeAgainAfterRevocation() throws {
    let first = try plain("cert")
    #expect(throws: ControlError.partnerNameTaken("cert")) { try plain("cert") }
    #expect(try database.revokePartner("cert", now: Self.now + 1).id == first.id)
    #expect(throws: ControlError.partnerRevokedBefore("1")) {
      try database.revokePartner("1", now: Self.now)
    }
    #expect(throws: ControlError.unknownPartner("none")) {
      try database.revokePartner("none", now: Self.now)
    }
    #expect(try database.tokens().map(\.revoked) == [Self.now + 1])
    let second = try plain("cert")
    #expect(second.id == first.id + 1)
    #expect(try database.partner("cert").id == second.id)
    #expect(try database.partners().map { $0.isGood(at: Self.now) } == [false, true])
  }

  @Test func aRevokedTokenRevokesThePartner() throws {
    let partner = try plain("cert")
    _ = try database.revoke("partner cert", now: Self.now + 1)
    #expect(try database.partners().first?.revoked == Self.now + 1)
    // The name is not free before the partner is revoked as well.
    #expect(throws: ControlError.partnerNameTaken("cert")) { try plain("cert") }
    #expect(try database.revokePartner("cert", now: Self.now + 2).id == partner.id)
    #expect(try plain("cert").id == partner.id + 1)
  }

  @Test func aBookLearnsWhatOtherProcessesDo() throws {
    let book = try book()
    #expect(book.partners.isEmpty)
    let made = try database.addPartner(
      "cert", policy: PartnerPolicy(stream: "community"), now: Self.now)
    #expect(book.partner(made.partner.id) == nil)
    book.synchronize()
    #expect(book.partner(made.partner.id) == made.partner)
    #expect(book.partner(token: made.partner.token) == made.partner)
    #expect(book.partner(tokenDigest: made.secret.digest.octets) == made.partner)
    #expect(book.partner(tokenDigest: [0]) == nil && book.partner(token: 99) == nil)
    try SQLiteShell.run(path, "UPDATE tokens SET revoked = 50")
    book.synchronize()
    #expect(book.partner(made.partner.id)?.revoked == 50)
  }

  @Test(
    "a policy that cannot be read is no policy",
    arguments: [
      "{}", "", #"{"stream":"s","tlp":"green","keep_private":false,"streams":4,"new":1}"#,
    ])
  func anUnreadablePolicyGetsNothing(_ text: String) throws {
    let (bad, good) = (try plain("bad"), try plain("good"))
    try SQLiteShell.run(path, "UPDATE partners SET policy = '\(text)' WHERE id = \(bad.id)")
    let book = try book()
    #expect(book.partners.map(\.id) == [good.id])
    #expect(book.partner(token: bad.token) == nil)
  }

  @Test func whatWasReleasedAddsUpOverProcessesAndDays() throws {
    let partner = try plain("cert")
    var counts = PartnerCounts()
    counts[.released] = 10
    counts[.tlp] = 3
    for day in [Self.now, Self.now, Self.now + 86_400] {
      let book = try PartnerBook(
        ControlDatabase(path: path, create: false), clock: { day }, onTrouble: { _ in })
      book.ledger.add(counts, of: partner.id)
      book.ledger.add(counts, of: 99)
      book.synchronize()
      book.synchronize()
    }
    #expect(
      try database.releases() == [
        Release(partner: partner.id, rule: .released, rows: 30),
        Release(partner: partner.id, rule: .tlp, rows: 9),
      ])
    #expect(try database.releases(since: Self.now / 86_400 + 1).map(\.rows) == [10, 3])
  }

  @Test func aBookForgetsNothingWhileTheDatabaseCannotBeUsed() throws {
    let partner = try plain("cert")
    let troubles = Mutex<[String?]>([])
    let book = try book { reason in troubles.withLock { $0.append(reason) } }
    var counts = PartnerCounts()
    counts[.released] = 7
    try SQLiteShell.run(path, "ALTER TABLE releases RENAME TO hidden")
    for _ in 0..<3 {
      book.ledger.add(counts, of: partner.id)
      book.synchronize()
    }
    #expect(book.partner(partner.id) == partner)
    try SQLiteShell.run(path, "ALTER TABLE hidden RENAME TO releases")
    book.synchronize()
    #expect(try database.releases().map(\.rows) == [21])
    let told = troubles.withLock { $0 }
    #expect(told.count == 2 && told[0]?.contains("releases") == true && told[1] == nil)
  }

  @Test func aRevocationIsKnownThoughNoReleaseCanBeWritten() throws {
    let partner = try plain("cert")
    let book = try book()
    var counts = PartnerCounts()
    counts[.released] = 7
    book.ledger.add(counts, of: partner.id)
    try SQLiteShell.run(path, "ALTER TABLE releases RENAME TO hidden")
    _ = try database.revokePartner("cert", now: Self.now)
    book.synchronize()
    #expect(book.partner(partner.id)?.isGood(at: Self.now) == false)
    try SQLiteShell.run(path, "ALTER TABLE hidden RENAME TO releases")
    book.synchronize()
    #expect(try database.releases().map(\.rows) == [7])
  }

  @Test func whatWasReleasedIsCountedOnceThoughPartnersCannotBeRead() throws {
    let partner = try plain("cert")
    let book = try book()
    var counts = PartnerCounts()
    counts[.released] = 7
    book.ledger.add(counts, of: partner.id)
    try SQLiteShell.run(path, "ALTER TABLE tokens RENAME TO hidden")
    for _ in 0..<3 { book.synchronize() }
    try SQLiteShell.run(path, "ALTER TABLE hidden RENAME TO tokens")
    book.synchronize()
    #expect(try database.releases().map(\.rows) == [7])
  }

  @Test func aBookLooksByItself() async throws {
    let partner = try plain("cert")
    let book = try book()
    book.start()
    _ = try database.revokePartner("cert", now: Self.now)
    while book.partner(partner.id)?.isGood(at: Self.now) == true { await Task.yield() }
    #expect(ControlKeeper.seconds < 5)
  }
}
