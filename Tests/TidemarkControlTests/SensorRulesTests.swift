import D4Wire
import Foundation
import TidemarkControl
import TidemarkModel
import TidemarkSharing
import Testing
import TidemarkTesting

/// What a control database takes for a sensor, and how many.
struct SensorRulesTests {
  static let now: UnixSeconds = 1_717_200_000
  let folder: TemporaryFolder
  let path: String
  let database: ControlDatabase
  let book: SensorBook

  init() throws {
    folder = try TemporaryFolder()
    path = folder.file("control.sqlite")
    database = try ControlDatabase(path: path, create: true)
    book = try SensorBook(database) { Self.now }
  }

  private func record(_ profile: SensorProfile, note: String = "") -> SensorRecord {
    SensorRecord(profile: profile, note: note, registered: Self.now)
  }

  private func request(_ uuid: SensorUUID = .random()) throws -> SensorRegistration {
    SensorRegistration(uuid: uuid, key: try D4Key(octets: Array("a key".utf8)))
  }

  @Test func namesAndUUIDsAreUsedOnce() throws {
    let uuid = SensorUUID.random()
    try database.addSensor(record(SensorProfile(uuid: uuid, name: "office")))
    #expect(throws: ControlError.sensorKnown(uuid.description)) {
      try database.addSensor(record(SensorProfile(uuid: uuid, name: "other")))
    }
    #expect(throws: ControlError.sensorNameTaken("office")) {
      try database.addSensor(record(SensorProfile(uuid: .random(), name: "office")))
    }
    try database.addSensor(record(SensorProfile(uuid: .random(), name: "second")))
    #expect(throws: ControlError.sensorNameTaken("office")) {
      try database.changeSensor("second") { $0.profile.name = "office" }
    }
    #expect(try database.sensors().count == 2)
  }

  @Test(arguments: [
    "", "a\nb", "a\u{202E}b", String(repeating: "a", count: 256),
    "3f0c2f9e-5a1b-4c7d-9e21-7b8a6d5c4e3f", "3F0C2F9E5A1B4C7D9E217B8A6D5C4E3F",
  ])
  func refusesNamesThatNobodyCouldUse(_ name: String) throws {
    #expect(throws: ControlError.self) {
      try database.addSensor(record(SensorProfile(uuid: .random(), name: name)))
    }
    let uuid = SensorUUID.random()
    try database.addSensor(record(SensorProfile(uuid: uuid)))
    #expect(throws: ControlError.self) {
      try database.changeSensor(uuid.description) { $0.profile.name = name }
    }
    #expect(try database.sensors().map(\.profile.name) == [uuid.description])
  }

  @Test func refusesOtherVersionsOfUUIDsAndTextsThatAreTooLong() throws {
    let version1 = try #require(SensorUUID(text: "3f0c2f9e-5a1b-1c7d-9e21-7b8a6d5c4e3f"))
    #expect(throws: ControlError.self) {
      try database.addSensor(record(SensorProfile(uuid: version1)))
    }
    #expect(throws: ControlError.self) { try book.register(try request(version1)) }
    let long = String(repeating: "é", count: 128)
    for profile in [
      SensorProfile(uuid: .random(), owner: long), SensorProfile(uuid: .random(), dataset: ""),
      SensorProfile(uuid: .random(), mixClass: "a\tb"),
    ] {
      #expect(throws: ControlError.self) { try database.addSensor(record(profile)) }
    }
    #expect(throws: ControlError.self) {
      try database.addSensor(record(SensorProfile(uuid: .random()), note: long))
    }
    #expect(try database.sensors().isEmpty)
  }

  @Test func aSensorIsNamedByItsNameOrItsUUIDInAnyForm() throws {
    let uuid = SensorUUID.random()
    try database.addSensor(record(SensorProfile(uuid: uuid, name: "office")))
    let bare = uuid.description.filter { $0 != "-" }.uppercased()
    for text in ["office", uuid.description, bare] {
      #expect(try database.changeSensor(text) { _ in }.profile.uuid == uuid)
    }
    #expect(throws: ControlError.unknownSensor("Office")) { try database.removeSensor("Office") }
  }

  @Test("whoever may register fills a thousand rows and no more", .timeLimit(.minutes(10)))
  func pendingSensorsAreBounded() throws {
    // The rows are made by another program: a thousand durable writes take their time.
    try SQLiteShell.run(
      path,
      """
      WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 999)
      INSERT INTO sensors (uuid, name, state, owner, mail, third_party, note, tlp, dataset,
        mix_class, registered)
      SELECT randomblob(16), 'n' || i, 'pending', '', '', 0, '', 'amber', 'main', 'standard', 1
      FROM n
      """)
    let last = try request()
    #expect(try book.register(last) == .registered)
    #expect(try book.register(try request()) == .tooManyPending)
    #expect(try book.register(last) == .alreadyRegistered)
    book.note(SensorActivity(uuid: .random(), seen: Self.now, packets: 1))
    try book.synchronize()
    #expect(try database.sensors().count == ControlDatabase.pendingSensorsMax)
    _ = try database.changeSensor(last.uuid.description) { $0.profile.state = .approved }
    #expect(try book.register(try request()) == .registered)
  }

  @Test func whoShowedTheSharedSecretBecomesPending() throws {
    let uuid = SensorUUID.random()
    book.noteUnknown(uuid)
    try book.synchronize()
    #expect(try database.unknownSensors().map(\.uuid) == [uuid])
    book.note(SensorActivity(uuid: uuid, seen: Self.now, packets: 2, records: 5))
    book.note(SensorActivity(uuid: uuid, seen: Self.now, packets: 1))
    #expect(book.profile(of: uuid) == nil)
    try book.synchronize()
    let profile = try #require(book.profile(of: uuid))
    #expect(profile.state == .pending && profile.key == nil)
    #expect(book.activities().map(\.packets) == [3])
    // Who is known is no stranger any more.
    #expect(try database.unknownSensors().isEmpty)
  }

  @Test func strangersAreCountedAndTheLatestAreKept() throws {
    let stranger = SensorUUID.random()
    for _ in 0..<3 { book.noteUnknown(stranger) }
    for _ in 0..<6 {
      for _ in 0..<2_000 { book.noteUnknown(.random()) }
      try book.synchronize()
    }
    #expect(book.unknownAttempts == 12_003)
    #expect(try database.unknownSensors().count == ControlDatabase.unknownSensorsMax)
    #expect(book.profile(of: stranger) == nil)
  }

  @Test("keys are kept in the clear, so that only the owner may read the file")
  func onlyTheOwnerCanReadTheKeys() throws {
    try database.addSensor(record(SensorProfile(uuid: .random())))
    _ = try book.register(try request())
    for (name, _) in try folder.contents() { #expect(try folder.mode(name) == 0o600, "\(name)") }
  }

  @Test func aDatabaseWithoutSensorsGetsThem() throws {
    let old = folder.file("old.sqlite")
    try SQLiteShell.run(
      old,
      """
      CREATE TABLE tokens (id INTEGER PRIMARY KEY, name TEXT);
      INSERT INTO tokens VALUES (7, 'desk');
      PRAGMA application_id = \(0x5444_4D43); PRAGMA user_version = 1
      """)
    let opened = try ControlDatabase(path: old, create: false)
    try opened.addSensor(record(SensorProfile(uuid: .random(), name: "office")))
    #expect(try opened.sensors().map(\.profile.name) == ["office"])
    #expect(try SQLiteShell.run(old, "SELECT id, name FROM tokens") == "7 desk\n")
  }
}
