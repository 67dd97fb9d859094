import Foundation
import TidemarkAccess
import TidemarkControl
import Testing
import TidemarkTesting

/// The control database as a file that others open, read and damage.
struct ControlDatabaseTests {
  static let now: Int64 = 1_717_200_000
  let folder: TemporaryFolder
  let path: String

  init() throws {
    folder = try TemporaryFolder()
    path = folder.file("control.sqlite")
  }

  private func open() throws(ControlError) -> ControlDatabase {
    try ControlDatabase(path: path, create: true)
  }

  @Test func aTokenIsFoundAsItWasMade() throws {
    let grant = TokenGrant(
      name: "Überwachung 'a' \"b\"", scopes: Set(Scope.allCases), datasets: ["main", "a, b\nc"],
      limits: LimitOverrides(rows: 1, octets: 2, seconds: 0.5, concurrent: 3), perMinute: 4,
      perDay: 5, expires: Self.now + 1)
    let made = try open().create(grant, now: Self.now)
    let found = try open().tokens()
    #expect(found == [made.record])
    #expect(found[0].grant == grant && found[0].digest == made.secret.digest)
    #expect(found[0].created == Self.now && found[0].lastUsed == nil)
  }

  @Test func whatIsNotSaidIsNil() throws {
    let made = try open().create(TokenGrant(name: "plain"), now: Self.now)
    let grant = try #require(try open().tokens().first).grant
    #expect(grant == TokenGrant(name: "plain") && grant.datasets == nil)
    #expect(made.record.id == 1)
  }

  @Test func aKeyIsKeptOnlyWhereAskedForAndGoesWithTheToken() throws {
    let database = try open()
    let plain = try database.create(TokenGrant(name: "plain"), now: Self.now)
    let signing = try database.create(TokenGrant(name: "signing"), keepsKey: true, now: Self.now)
    #expect(plain.record.signingKey == nil)
    #expect(signing.record.signingKey == SigningKey(signing.secret.text))
    #expect(try database.tokens() == [plain.record, signing.record])
    let text = "SELECT coalesce(group_concat(signing_key), 'none') FROM tokens"
    #expect(try SQLiteShell.run(path, text) == signing.secret.text + "\n")
    let revoked = try database.revoke("signing", now: Self.now)
    #expect(revoked.signingKey == nil)
    #expect(try database.tokens()[1].signingKey == nil)
    #expect(try SQLiteShell.run(path, text) == "none\n")
  }

  @Test("no file holds a token, only its digest")
  func tokensAreNotInTheFiles() throws {
    let database = try open()
    var secrets: [String] = []
    for index in 0..<20 {
      let made = try database.create(TokenGrant(name: "t\(index)"), now: Self.now)
      secrets.append(made.secret.text)
      _ = try database.exchange(
        [TokenUse(token: made.record.id, day: 1, requests: 1, lastUsed: Self.now)], day: 1,
        since: nil)
    }
    let files = try folder.contents()
    #expect(files.map(\.name).contains("control.sqlite-wal"))
    for (name, octets) in files {
      #expect(octets.range(of: Data("tdm_".utf8)) == nil, "\(name) holds a token")
      for secret in secrets {
        #expect(octets.range(of: Data(secret.dropFirst(4).utf8)) == nil)
      }
    }
    let digest = Data(TokenDigest(of: secrets[7]).octets)
    #expect(files.contains { $0.octets.range(of: digest) != nil })
  }

  @Test func onlyTheOwnerCanReadTheFiles() throws {
    let database = try open()
    _ = try database.create(TokenGrant(name: "a"), now: Self.now)
    for name in ["control.sqlite", "control.sqlite-wal", "control.sqlite-shm"] {
      #expect(try folder.mode(name) == 0o600, "\(name)")
    }
  }

  @Test func aFileThatOthersCanWriteIsRefused() throws {
    _ = try open()
    try FileManager.default.setAttributes([.posixPermissions: 0o620], ofItemAtPath: path)
    let error = #expect(throws: ControlError.self) { try open() }
    #expect(error?.description.contains("others can write it") == true)
  }

  @Test func nothingIsMadeUnlessAskedFor() throws {
    #expect(throws: ControlError.notThere(path: path)) {
      try ControlDatabase(path: path, create: false)
    }
    #expect(try folder.contents().isEmpty)
  }

  @Test func foldersAndForeignFilesAreRefusedAndLeftAlone() throws {
    #expect(throws: ControlError.unusable(path: folder.path, reason: "is not a file")) {
      try ControlDatabase(path: folder.path, create: true)
    }
    #expect(throws: ControlError.self) {
      try ControlDatabase(path: folder.file("no/such/folder"), create: true)
    }
    let text = Data(String(repeating: "this is no database\n", count: 1_000).utf8)
    try text.write(to: URL(fileURLWithPath: path))
    try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: path)
    #expect(throws: ControlError.notControl(path: path)) { try open() }
    #expect(try Data(contentsOf: URL(fileURLWithPath: path)) == text)
  }

  @Test func aDatabaseOfAnotherProgramIsRefusedAndLeftAlone() throws {
    try SQLiteShell.run(
      path, "CREATE TABLE bookmarks (url TEXT); INSERT INTO bookmarks VALUES ('x')")
    let before = try Data(contentsOf: URL(fileURLWithPath: path))
    #expect(throws: ControlError.notControl(path: path)) { try open() }
    #expect(try Data(contentsOf: URL(fileURLWithPath: path)) == before)
  }

  @Test func aLaterVersionIsRefused() throws {
    _ = try open()
    try SQLiteShell.run(path, "PRAGMA user_version = 99")
    let error = #expect(throws: ControlError.self) { try open() }
    guard case .newer(path, found: 99, known: 2..<99) = error else {
      Issue.record("\(String(describing: error))")
      return
    }
  }

  @Test(arguments: [
    TokenGrant(name: ""), TokenGrant(name: "17"), TokenGrant(name: "a\nb"),
    TokenGrant(name: "a\u{202E}b"), TokenGrant(name: String(repeating: "a", count: 256)),
    TokenGrant(name: "a", scopes: []), TokenGrant(name: "a", datasets: []),
    TokenGrant(name: "a", perMinute: 0), TokenGrant(name: "a", perDay: -1),
    TokenGrant(name: "a", limits: LimitOverrides(seconds: 0)),
    TokenGrant(name: "a", expires: ControlDatabaseTests.now),
  ])
  func refusesGrantsThatMakeNoSense(_ grant: TokenGrant) throws {
    let database = try open()
    #expect(throws: ControlError.self) { try database.create(grant, now: Self.now) }
    #expect(try database.tokens().isEmpty)
  }

  @Test func aNameIsFreeAgainAfterRevocation() throws {
    let database = try open()
    let first = try database.create(TokenGrant(name: "desk"), now: Self.now)
    #expect(throws: ControlError.nameTaken("desk")) {
      try database.create(TokenGrant(name: "desk"), now: Self.now)
    }
    #expect(try database.revoke("desk", now: Self.now + 5).revoked == Self.now + 5)
    #expect(throws: ControlError.unknownToken("desk")) {
      try database.revoke("desk", now: Self.now)
    }
    #expect(throws: ControlError.revokedBefore("1")) {
      try database.revoke("1", now: Self.now)
    }
    let second = try database.create(TokenGrant(name: "desk"), now: Self.now)
    #expect(second.record.id == first.record.id + 1)
    #expect(try database.revoke("2", now: Self.now).id == 2)
    #expect(try database.tokens().map(\.revoked) == [Self.now + 5, Self.now])
  }

  @Test func usageAddsUpAndKeepsItsDays() throws {
    let (one, other) = (try open(), try open())
    let id = try one.create(TokenGrant(name: "a"), now: Self.now).record.id
    for (database, day, requests) in [(one, 10, 3), (other, 10, 4), (one, 11, 5)] {
      _ = try database.exchange(
        [TokenUse(token: id, day: Int64(day), requests: requests, lastUsed: Int64(day))],
        day: Int64(day), since: nil)
    }
    #expect(try one.usage(day: 10) == [id: 7] && other.usage(day: 11) == [id: 5])
    #expect(try other.tokens().first?.lastUsed == 11)
    // A use of a token that is gone harms nothing.
    _ = try one.exchange(
      [TokenUse(token: 99, day: 11, requests: 1, lastUsed: 1)], day: 11, since: nil)
    #expect(try one.usage(day: 11) == [id: 5])
  }

  @Test func daysLongPastAreForgotten() throws {
    let database = try open()
    let id = try database.create(TokenGrant(name: "a"), now: Self.now).record.id
    for day: Int64 in [100, 101, 501] {
      _ = try database.exchange(
        [TokenUse(token: id, day: day, requests: 1, lastUsed: 0)], day: day, since: nil)
    }
    #expect(try database.usage(day: 100).isEmpty)
    #expect(try database.usage(day: 101) == [id: 1] && database.usage(day: 501) == [id: 1])
  }

  @Test func aReplacedFileIsNoticed() throws {
    let database = try open()
    _ = try database.exchange([], day: 0, since: nil)
    try FileManager.default.moveItem(atPath: path, toPath: folder.file("old"))
    #expect(throws: ControlError.notThere(path: path)) {
      try database.exchange([], day: 0, since: nil)
    }
    _ = try ControlDatabase(path: path, create: true)
    #expect(throws: ControlError.replaced(path: path)) {
      try database.exchange([], day: 0, since: nil)
    }
  }

  @Test("many make a database at once, and all of them get it", .timeLimit(.minutes(10)))
  func opensUnderContention() async throws {
    let path = path
    try await withThrowingTaskGroup(of: Void.self) { group in
      for index in 0..<8 {
        group.addTask {
          let database = try ControlDatabase(path: path, create: true)
          _ = try database.create(TokenGrant(name: "t\(index)"), now: Self.now)
        }
      }
      try await group.waitForAll()
    }
    #expect(try open().tokens().count == 8)
  }

  @Test func theFileStandsBesideTheStore() {
    #expect(ControlDatabase.path(besideStore: "./a.store") == "./a.store.control.sqlite")
    #expect(ControlDatabase.path(besideStore: "/a/b//") == "/a/b.control.sqlite")
  }

  static let expiries: [(text: String, seconds: Int64)] = [
    ("12h", 43_200), ("30d", 2_592_000), ("8w", 4_838_400), ("2024-06-02", 86_400),
    ("2024-06-01T01:00:00Z", 3_600),
  ]

  @Test(arguments: expiries)
  func readsExpiry(_ text: String, seconds: Int64) {
    #expect(ExpiryText.seconds(text, now: Self.now) == Self.now + seconds)
  }

  @Test(arguments: [
    "", "d", "0d", "-1d", "1", "30x", "9999999999999999999d", "99999999w", "2024-13-01", "tomorrow",
    "2024-06-1",
  ])
  func refusesExpiry(_ text: String) {
    #expect(ExpiryText.seconds(text, now: Self.now) == nil)
  }
}
