import D4Wire
import Foundation
import Synchronization
import TidemarkAccess
import TidemarkControl
import TidemarkModel
import TidemarkSharing
import Testing
import TidemarkTesting

/// A collector's view of the sensors, while others decide about them.
struct SensorBookTests {
  /// A clock that stands still until it is set.
  final class Clock: Sendable {
    private let time = Mutex<UnixSeconds>(1_717_200_000)
    var now: UnixSeconds { time.withLock { $0 } }
    func advance(_ seconds: UnixSeconds) { time.withLock { $0 += seconds } }
  }

  let folder: TemporaryFolder
  let path: String
  let database: ControlDatabase
  let book: SensorBook
  let clock = Clock()
  let uuid = SensorUUID.random()

  init() throws {
    folder = try TemporaryFolder()
    path = folder.file("control.sqlite")
    database = try ControlDatabase(path: path, create: true)
    book = try SensorBook(database) { [clock] in clock.now }
  }

  private func key(_ text: String = "a key of the tests") throws -> D4Key {
    try D4Key(octets: Array(text.utf8))
  }

  private func approve(_ sensor: String, by database: ControlDatabase) throws {
    _ = try database.changeSensor(sensor) { $0.profile.state = .approved }
  }

  private func add(_ profile: SensorProfile) throws {
    try database.addSensor(SensorRecord(profile: profile, registered: clock.now))
    try book.synchronize()
  }

  @Test func aRegisteredSensorIsPendingAndThenApprovedByAnotherProcess() throws {
    let key = try key()
    let request = SensorRegistration(
      uuid: uuid, key: key, mail: "noc@example.com", isThirdParty: true)
    #expect(try book.register(request) == .registered)
    #expect(try book.register(request) == .alreadyRegistered)
    try book.synchronize()
    let pending = try #require(book.profile(of: uuid))
    #expect(pending == SensorProfile(uuid: uuid, key: key))
    #expect(pending.state == .pending && pending.tlp == .amber && pending.dataset == "main")

    let other = try ControlDatabase(path: path, create: false)
    try approve(uuid.description, by: other)
    try book.synchronize()
    #expect(book.profile(of: uuid)?.state == .approved)
    let record = try #require(try other.sensors().first)
    #expect(record.mail == "noc@example.com" && record.isThirdParty)
    #expect(record.registered == clock.now && record.profile.key == key)
  }

  @Test func whatThisProcessDecidesIsSeenAsWell() throws {
    try add(SensorProfile(uuid: uuid, name: "office"))
    try approve("office", by: database)
    #expect(book.profile(of: uuid)?.state == .pending)
    try book.synchronize()
    #expect(book.profile(of: uuid)?.state == .approved)
  }

  @Test func everythingThatIsKnownOfASensorIsKept() throws {
    let profile = SensorProfile(
      uuid: uuid, name: "Büro 'a'", state: .approved, key: try key(), owner: "Example \"Inc.\"",
      tlp: .amberStrict, dataset: "isp", mixClass: "large")
    let record = SensorRecord(
      profile: profile, mail: "a@example.com", isThirdParty: true, note: "rack 4", registered: 17)
    try database.addSensor(record)
    #expect(try ControlDatabase(path: path, create: false).sensors() == [record])
    try book.synchronize()
    #expect(book.profile(named: "Büro 'a'") == profile && book.profile(of: uuid) == profile)
  }

  @Test func aNewNameReplacesTheOldOne() throws {
    try add(SensorProfile(uuid: uuid))
    #expect(book.profile(named: uuid.description)?.uuid == uuid)
    _ = try database.changeSensor(uuid.description) { $0.profile.name = "office" }
    try book.synchronize()
    #expect(book.profile(named: "office")?.uuid == uuid)
    #expect(book.profile(named: uuid.description) == nil)
    _ = try database.removeSensor("office")
    try book.synchronize()
    #expect(book.profile(named: "office") == nil && book.profile(of: uuid) == nil)
  }

  @Test func whatASensorDidIsSummedAndWrittenOnce() throws {
    try add(SensorProfile(uuid: uuid, name: "office"))
    let start = clock.now
    for index in 0..<3 {
      book.note(
        SensorActivity(
          uuid: uuid, seen: clock.now, packets: 2, octets: 100, records: 7, losses: 1,
          clockOffset: -4))
      clock.advance(1)
      if index == 0 { try book.synchronize() }
    }
    let before = try #require(book.activities().first)
    #expect(try database.sensors().first?.activity.packets == 2)
    try book.synchronize()
    try book.synchronize()
    let written = try #require(try ControlDatabase(path: path, create: false).sensors().first)
    #expect(written.activity == before && book.activities() == [before])
    #expect(before.packets == 6 && before.octets == 300 && before.records == 21)
    #expect(before.losses == 3 && before.clockOffset == -4 && before.name == "office")
    #expect(before.firstSeen == start && before.lastSeen == start + 2)
    // A collector that begins anew goes on counting.
    let again = try SensorBook(database) { 0 }
    again.note(SensorActivity(uuid: uuid, seen: clock.now, packets: 1))
    #expect(again.activities().first?.packets == 7)
  }

  @Test func theRateFollowsAMinuteAndFallsByItself() throws {
    try add(SensorProfile(uuid: uuid))
    for _ in 0..<600 {
      book.note(SensorActivity(uuid: uuid, seen: clock.now, packets: 1, records: 50))
      try book.synchronize()
      clock.advance(1)
    }
    let record = try #require(try database.sensors().first)
    #expect(abs(record.rate(at: clock.now) - 50) < 1)
    #expect(record.rate(at: clock.now + 60) < 20)
    #expect(record.rate(at: clock.now + 3_600) < 0.01)
  }

  @Test func numbersStopAtWhatTheDatabaseCanHold() throws {
    try add(SensorProfile(uuid: uuid))
    for _ in 0..<3 {
      book.note(SensorActivity(uuid: uuid, seen: clock.now, packets: 1, octets: .max))
      try book.synchronize()
    }
    #expect(try database.sensors().first?.activity.octets == UInt64(Int64.max))
    #expect(try database.sensors().first?.activity.packets == 3)
  }

  @Test func errorsAreOneShortLine() throws {
    try add(SensorProfile(uuid: uuid))
    let text = "the HMAC\r\n\u{1B}[2J does not match" + String(repeating: "x", count: 5_000)
    book.note(SensorActivity(uuid: uuid, seen: clock.now, lastError: text))
    try book.synchronize()
    let activity = try #require(try database.sensors().first?.activity)
    #expect(activity.lastError?.hasPrefix("the HMAC???[2J does not match") == true)
    #expect(activity.lastError?.unicodeScalars.count == 200)
    #expect(activity.lastErrorSeen == clock.now && activity.lastSeen == nil)
  }

  @Test func nothingIsLostWhileTheDatabaseCannotBeWritten() throws {
    try add(SensorProfile(uuid: uuid))
    let stranger = SensorUUID.random()
    book.note(SensorActivity(uuid: uuid, seen: clock.now, packets: 3))
    book.noteUnknown(stranger)
    try SQLiteShell.run(path, "ALTER TABLE sensors RENAME TO hidden")
    #expect(throws: ControlError.self) { try book.synchronize() }
    #expect(book.activities().first?.packets == 3 && book.profile(of: uuid) != nil)
    book.note(SensorActivity(uuid: uuid, seen: clock.now, packets: 4))
    book.noteUnknown(stranger)
    try SQLiteShell.run(path, "ALTER TABLE hidden RENAME TO sensors")
    try book.synchronize()
    #expect(try database.sensors().first?.activity.packets == 7)
    #expect(try database.unknownSensors().map(\.attempts) == [2])
  }

  @Test func strangersCostBoundedMemoryWhileTheDatabaseCannotBeWritten() throws {
    try SQLiteShell.run(path, "ALTER TABLE unknown_sensors RENAME TO hidden")
    for _ in 0..<5 {
      for _ in 0..<300 { book.noteUnknown(.random()) }
      #expect(throws: ControlError.self) { try book.synchronize() }
    }
    #expect(book.unknownAttempts == 1_500)
    try SQLiteShell.run(path, "ALTER TABLE hidden RENAME TO unknown_sensors")
    try book.synchronize()
    #expect(try database.unknownSensors().count == 256, "those of a second, not of five")
  }

  @Test func aDecisionIsKnownThoughNothingCanBeWritten() throws {
    try add(SensorProfile(uuid: uuid, name: "office", state: .approved))
    book.note(SensorActivity(uuid: uuid, seen: clock.now, packets: 3))
    book.noteUnknown(SensorUUID.random())
    try SQLiteShell.run(path, "ALTER TABLE unknown_sensors RENAME TO hidden")
    _ = try database.changeSensor("office") { $0.profile.state = .blocked }
    #expect(throws: ControlError.self) { try book.synchronize() }
    #expect(book.profile(of: uuid)?.state == .blocked)
    try SQLiteShell.run(path, "ALTER TABLE hidden RENAME TO unknown_sensors")
    try book.synchronize()
    #expect(try database.sensors().first?.activity.packets == 3)
  }

  @Test func whatASensorDidCountsOnceThoughSensorsCannotBeRead() throws {
    try add(SensorProfile(uuid: uuid, name: "office"))
    book.note(SensorActivity(uuid: uuid, seen: clock.now, packets: 3))
    try SQLiteShell.run(path, "UPDATE sensors SET tlp = 'pink'")
    for _ in 0..<3 {
      #expect(throws: ControlError.self) { try book.synchronize() }
    }
    try SQLiteShell.run(path, "UPDATE sensors SET tlp = 'amber'")
    try book.synchronize()
    #expect(try database.sensors().first?.activity.packets == 3)
  }

  @Test func aKeeperLooksAtSensorsThoughTokensCannotBeRead() throws {
    try add(SensorProfile(uuid: uuid, name: "office", state: .approved))
    let access = try AccessControl(directory: database) { 100 }
    let keeper = ControlKeeper(access, book) { _ in }
    try SQLiteShell.run(path, "ALTER TABLE tokens RENAME TO hidden")
    _ = try database.changeSensor("office") { $0.profile.state = .blocked }
    keeper.synchronize()
    #expect(book.profile(of: uuid)?.state == .blocked)
  }

  @Test func aSensorThatWasForgottenDoesNotComeBackByWhatItDid() throws {
    try add(SensorProfile(uuid: uuid))
    book.note(SensorActivity(uuid: uuid, seen: clock.now, packets: 3))
    _ = try ControlDatabase(path: path, create: false).removeSensor(uuid.description)
    try book.synchronize()
    try book.synchronize()
    #expect(book.activities().isEmpty)
    #expect(try database.sensors().isEmpty)
  }

  @Test func readsNothingWhileNothingIsDecided() throws {
    try add(SensorProfile(uuid: uuid))
    let other = try ControlDatabase(path: path, create: false)
    let version = try other.exchange([], day: 1, since: nil).version
    book.note(SensorActivity(uuid: uuid, seen: clock.now, packets: 1))
    try book.synchronize()
    // Tokens of this process need not be read again for what sensors did.
    let own = try database.exchange([], day: 1, since: nil).version
    book.note(SensorActivity(uuid: uuid, seen: clock.now, packets: 1))
    try book.synchronize()
    #expect(try database.exchange([], day: 1, since: own).tokens == nil)
    #expect(try other.exchange([], day: 1, since: version).tokens != nil)
  }
}
