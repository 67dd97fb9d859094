import D4Wire
import GRDB
import TidemarkDatabase
import TidemarkModel
import TidemarkSharing

extension ControlDatabase {
  /// Sensors that may wait for a decision. More are turned away: whoever can register could
  /// otherwise fill the disk.
  public static let pendingSensorsMax = 1_000
  /// Unknown sensors that are remembered; those whose last attempt is longest ago are forgotten.
  public static let unknownSensorsMax = 1_000

  /// All sensors in the order in which they became known.
  public func sensors() throws(ControlError) -> [SensorRecord] {
    try database.reading { try SensorRows.all($0) }
  }

  /// Those who tried to send and are not known, the last one first.
  public func unknownSensors() throws(ControlError) -> [UnknownSensor] {
    try database.reading { try UnknownSensorRows.all($0) }
  }

  /// Adds a sensor.
  ///
  /// - Throws: ``ControlError/sensorKnown(_:)``, ``ControlError/sensorNameTaken(_:)``,
  ///   ``ControlError/badSensor(_:)``, ``ControlError/failed(path:reason:)``.
  public func addSensor(_ record: SensorRecord) throws(ControlError) {
    try record.check()
    try durably { db in
      guard try SensorRows.find(record.profile.uuid, db) == nil else {
        throw ControlError.sensorKnown(record.profile.uuid.description)
      }
      try ControlDatabase.namingSensor(record) { try SensorRows.insert(record, db) }
    }
  }

  /// Decides something about a sensor. Servers that have the database open learn of it within
  /// seconds.
  ///
  /// - Parameters:
  ///   - sensor: its name or its UUID.
  ///   - change: may set everything but the UUID and what the sensor did.
  /// - Returns: the sensor afterwards.
  /// - Throws: ``ControlError/unknownSensor(_:)``, and as ``addSensor(_:)``.
  public func changeSensor(
    _ sensor: String, _ change: (inout SensorRecord) throws(ControlError) -> Void
  ) throws(ControlError) -> SensorRecord {
    try durably { db in
      let before = try SensorRows.find(sensor, db)
      var record = before
      try change(&record)
      precondition(record.profile.uuid == before.profile.uuid, "a UUID is for ever")
      try record.check()
      try ControlDatabase.namingSensor(record) { try SensorRows.update(record, db) }
      return record
    }
  }

  /// Forgets a sensor and what it did.
  ///
  /// - Throws: ``ControlError/unknownSensor(_:)``, ``ControlError/failed(path:reason:)``.
  public func removeSensor(_ sensor: String) throws(ControlError) -> SensorRecord {
    try durably { db in
      let record = try SensorRows.find(sensor, db)
      try db.execute(
        sql: "DELETE FROM sensors WHERE name = ?", arguments: [record.profile.name])
      return record
    }
  }

  /// Takes a new sensor down as pending, if there is room.
  func registerSensor(
    _ request: SensorRegistration, now: UnixSeconds
  ) throws(ControlError) -> SensorRegistrationOutcome {
    let record = SensorRecord(
      profile: SensorProfile(uuid: request.uuid, key: request.key), mail: request.mail,
      isThirdParty: request.isThirdParty, registered: now)
    try record.check()
    return try durably { db in
      guard try SensorRows.find(request.uuid, db) == nil else { return .alreadyRegistered }
      guard try SensorRows.pendingCount(db) < ControlDatabase.pendingSensorsMax else {
        return .tooManyPending
      }
      try SensorRows.insert(record, db)
      return .registered
    }
  }

  /// Writes what sensors did, and reads what was decided about them.
  func exchangeSensors(
    _ uses: SensorUses, since version: Int64?
  ) throws(ControlError) -> SensorNews {
    try exchanging(writes: !uses.isEmpty) { db in
      let current = try self.version(db)
      var isNewcomer = false
      if !uses.isEmpty {
        for use in uses.known { _ = try SensorRows.add(use.activity, rate: use.rate, db) }
        for activity in uses.newcomers {
          isNewcomer = try ControlDatabase.takeDown(activity, db) || isNewcomer
        }
        try UnknownSensorRows.add(uses.unknown, most: ControlDatabase.unknownSensorsMax, db)
      }
      guard isNewcomer || current != version else { return SensorNews(version: current) }
      return SensorNews(version: current, sensors: try SensorRows.all(db))
    }
  }

  /// Makes a pending sensor of somebody who showed the shared secret, if there is room.
  ///
  /// - Returns: true when the sensor is known now.
  private static func takeDown(_ activity: SensorActivity, _ db: Database) throws -> Bool {
    if try SensorRows.find(activity.uuid, db) == nil {
      guard activity.uuid.isVersion4, try SensorRows.pendingCount(db) < pendingSensorsMax else {
        return false
      }
      try SensorRows.insert(
        SensorRecord(profile: SensorProfile(uuid: activity.uuid), registered: activity.seen), db)
    }
    let rate = Double(activity.records) / SensorRecord.rateSeconds
    return try SensorRows.add(activity, rate: rate, db)
  }

  private static func namingSensor(_ record: SensorRecord, _ body: () throws -> Void) throws {
    do {
      try body()
    } catch let error as DatabaseError where error.resultCode == .SQLITE_CONSTRAINT {
      throw ControlError.sensorNameTaken(record.profile.name)
    }
  }
}

/// What sensors did since it was written last.
struct SensorUses {
  /// Of sensors that are known, with their rates afterwards.
  var known: [(activity: SensorActivity, rate: Double)] = []
  /// Of sensors that were not.
  var newcomers: [SensorActivity] = []
  /// Attempts of others.
  var unknown: [UnknownSensor] = []

  var isEmpty: Bool { known.isEmpty && newcomers.isEmpty && unknown.isEmpty }
}

/// What changed about sensors.
struct SensorNews {
  var version: Int64
  /// All of them; nil when nothing was decided.
  var sensors: [SensorRecord]?
}
