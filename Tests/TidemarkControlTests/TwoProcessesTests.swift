import Synchronization
import TidemarkAccess
import TidemarkControl
import Testing
import TidemarkTesting

/// A server and other processes on one control database.
@Suite(.timeLimit(.minutes(10)))
struct TwoProcessesTests {
  let folder: TemporaryFolder
  let path: String
  let database: ControlDatabase

  init() throws {
    folder = try TemporaryFolder()
    path = folder.file("control.sqlite")
    database = try ControlDatabase(path: path, create: true)
  }

  @Test func revocationByAnotherProcessIsSeen() throws {
    let made = try database.create(TokenGrant(name: "a"), now: 1)
    let access = try AccessControl(directory: database) { 100 }
    _ = try access.admit(secret: made.secret.text, for: .token)
    try SQLiteShell.run(path, "UPDATE tokens SET revoked = 50")
    try access.synchronize()
    #expect(throws: AccessDenial.unknown) {
      try access.admit(secret: made.secret.text, for: .token)
    }
  }

  @Test func tokensOfAnotherProcessAreSeen() throws {
    let access = try AccessControl(directory: database) { 100 }
    let other = try ControlDatabase(path: path, create: false)
    let made = try other.create(TokenGrant(name: "b"), now: 1)
    try access.synchronize()
    #expect(try access.admit(secret: made.secret.text, for: .token).caller.name == "b")
  }

  @Test func whatWasUsedCanBeReadByOthers() throws {
    let made = try database.create(TokenGrant(name: "a", perDay: 10), now: 1)
    let access = try AccessControl(directory: database) { 86_400 * 3 + 7 }
    for _ in 0..<4 { _ = try access.admit(secret: made.secret.text, for: .scope(.query)) }
    try access.synchronize()
    #expect(
      try SQLiteShell.run(path, "SELECT token, day, requests FROM usage") == "1 3 4\n")
    #expect(try SQLiteShell.run(path, "SELECT last_used FROM tokens") == "259207\n")
    // The day is not refilled by a restart.
    let again = try AccessControl(directory: ControlDatabase(path: path, create: false)) {
      86_400 * 3 + 8
    }
    #expect(try again.admit(secret: made.secret.text, for: .token).quota?.remaining == 6)
  }

  @Test func nothingIsReadWhileNothingChanges() throws {
    _ = try database.create(TokenGrant(name: "a"), now: 1)
    let first = try database.exchange([], day: 1, since: nil)
    #expect(first.tokens?.count == 1)
    let second = try database.exchange([], day: 1, since: first.version)
    #expect(second.tokens == nil && second.usage == nil && second.version == first.version)
    // Own usage is no reason to read the tokens again; others' is.
    let third = try database.exchange(
      [TokenUse(token: 1, day: 1, requests: 2, lastUsed: 5)], day: 1, since: first.version)
    #expect(third.tokens == nil && third.usage == [1: 2])
    try SQLiteShell.run(path, "UPDATE tokens SET per_day = 3")
    let fourth = try database.exchange([], day: 1, since: third.version)
    #expect(fourth.tokens?.first?.grant.perDay == 3)
  }

  @Test func usesAreWrittenWithWhatIsReadOrNotAtAll() throws {
    _ = try database.create(TokenGrant(name: "a"), now: 1)
    let uses = [TokenUse(token: 1, day: 1, requests: 2, lastUsed: 5)]
    try SQLiteShell.run(path, "ALTER TABLE token_datasets RENAME TO hidden")
    #expect(throws: ControlError.self) { try database.exchange(uses, day: 1, since: nil) }
    try SQLiteShell.run(path, "ALTER TABLE hidden RENAME TO token_datasets")
    #expect(try database.exchange(uses, day: 1, since: nil).usage == [1: 2])
  }

  @Test("a keeper looks by itself, and says once what is wrong")
  func keeperSynchronizes() async throws {
    let made = try database.create(TokenGrant(name: "a"), now: 1)
    let access = try AccessControl(directory: database) { 100 }
    let (troubles, trouble) = AsyncStream.makeStream(of: String?.self)
    let keeper = ControlKeeper(access) { trouble.yield($0) }
    keeper.start()
    try SQLiteShell.run(path, "UPDATE tokens SET revoked = 50")
    while (try? access.admit(secret: made.secret.text, for: .token)) != nil {
      await Task.yield()
    }
    // How long that took is measured by Tests/Interop/access.py, where no other test runs.
    #expect(ControlKeeper.seconds < 5)
    try SQLiteShell.run(path, "ALTER TABLE tokens RENAME TO hidden")
    keeper.synchronize()
    keeper.synchronize()
    try SQLiteShell.run(path, "ALTER TABLE hidden RENAME TO tokens")
    var told: [String?] = []
    for await reason in troubles {
      told.append(reason)
      if reason == nil { break }
    }
    #expect(told.count == 2 && told[0]?.contains("no such table: tokens") == true)
  }
}
