import D4Wire
import FoundationEssentials
import GRDB
import TidemarkDatabase
import TidemarkModel
import TidemarkSharing

/// Rows of the table `sensors`.
enum SensorRows {
  /// All sensors in the order in which they became known.
  static func all(_ db: Database) throws -> [SensorRecord] {
    try Row.fetchAll(db, sql: "SELECT * FROM sensors ORDER BY registered, uuid").map(record)
  }

  /// The sensor of this name or, failing that, of this UUID.
  static func find(_ sensor: String, _ db: Database) throws -> SensorRecord {
    let named = try Row.fetchOne(
      db, sql: "SELECT * FROM sensors WHERE name = ?", arguments: [sensor])
    if let named { return try record(named) }
    guard let uuid = SensorUUID(text: sensor), let found = try find(uuid, db) else {
      throw ControlError.unknownSensor(sensor)
    }
    return found
  }

  /// A sensor by its UUID.
  static func find(_ uuid: SensorUUID, _ db: Database) throws -> SensorRecord? {
    try Row.fetchOne(
      db, sql: "SELECT * FROM sensors WHERE uuid = ?", arguments: [Data(uuid.octets)]
    ).map(record)
  }

  /// Sensors that wait for a decision.
  static func pendingCount(_ db: Database) throws -> Int {
    try Int.fetchOne(db, sql: "SELECT count(*) FROM sensors WHERE state = 'pending'") ?? 0
  }

  /// Adds a sensor that did nothing yet.
  static func insert(_ record: SensorRecord, _ db: Database) throws {
    try db.execute(
      sql: """
        INSERT INTO sensors (uuid, name, state, key, owner, mail, third_party, note, tlp, dataset,
          mix_class, registered)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
        """,
      arguments: [
        Data(record.profile.uuid.octets), record.profile.name, record.profile.state.rawValue,
        record.profile.key.map { Data($0.octets) }, record.profile.owner, record.mail,
        record.isThirdParty, record.note, record.profile.tlp.description, record.profile.dataset,
        record.profile.mixClass, Int64(record.registered),
      ])
    try db.execute(
      sql: "DELETE FROM unknown_sensors WHERE uuid = ?",
      arguments: [Data(record.profile.uuid.octets)])
  }

  /// Writes what was decided about a sensor; what it did stays.
  static func update(_ record: SensorRecord, _ db: Database) throws {
    try db.execute(
      sql: """
        UPDATE sensors SET name = ?, state = ?, key = ?, owner = ?, mail = ?, third_party = ?,
          note = ?, tlp = ?, dataset = ?, mix_class = ?
        WHERE uuid = ?
        """,
      arguments: [
        record.profile.name, record.profile.state.rawValue,
        record.profile.key.map { Data($0.octets) }, record.profile.owner, record.mail,
        record.isThirdParty, record.note, record.profile.tlp.description, record.profile.dataset,
        record.profile.mixClass, Data(record.profile.uuid.octets),
      ])
  }

  /// Adds what a sensor did.
  ///
  /// - Parameter rate: records a second, afterwards.
  /// - Returns: false when there is no such sensor.
  static func add(
    _ activity: SensorActivity, rate: Double, _ db: Database
  ) throws -> Bool {
    let most = Int64.max
    let seen = activity.packets > 0 ? Int64(activity.seen) : nil
    try db.execute(
      sql: """
        UPDATE sensors SET
          packets = packets + min(:packets, \(most) - packets),
          octets = octets + min(:octets, \(most) - octets),
          records = records + min(:records, \(most) - records),
          losses = losses + min(:losses, \(most) - losses),
          first_seen = coalesce(min(first_seen, :seen), first_seen, :seen),
          last_seen = coalesce(max(last_seen, :seen), last_seen, :seen),
          rate = :rate,
          clock_offset = coalesce(:offset, clock_offset),
          last_error = coalesce(:error, last_error),
          last_error_seen = coalesce(:failed, last_error_seen)
        WHERE uuid = :uuid
        """,
      arguments: [
        "packets": Int64(clamping: activity.packets), "octets": Int64(clamping: activity.octets),
        "records": Int64(clamping: activity.records), "losses": Int64(clamping: activity.losses),
        "seen": seen, "rate": rate, "offset": activity.clockOffset, "error": activity.lastError,
        "failed": activity.lastError.map { _ in Int64(activity.seen) },
        "uuid": Data(activity.uuid.octets),
      ])
    return db.changesCount > 0
  }

  private static func record(_ row: Row) throws -> SensorRecord {
    let profile = try profile(row)
    var activity = SensorActivitySum(uuid: profile.uuid, name: profile.name, state: profile.state)
    activity.firstSeen = optional(Int64.self, "first_seen", row).map(UnixSeconds.init(clamping:))
    activity.lastSeen = optional(Int64.self, "last_seen", row).map(UnixSeconds.init(clamping:))
    activity.packets = UInt64(clamping: try value(Int64.self, "packets", row))
    activity.octets = UInt64(clamping: try value(Int64.self, "octets", row))
    activity.records = UInt64(clamping: try value(Int64.self, "records", row))
    activity.losses = UInt64(clamping: try value(Int64.self, "losses", row))
    activity.clockOffset = optional(Int64.self, "clock_offset", row)
    activity.lastError = optional(String.self, "last_error", row)
    activity.lastErrorSeen = optional(Int64.self, "last_error_seen", row)
      .map(UnixSeconds.init(clamping:))
    return SensorRecord(
      profile: profile, mail: try value(String.self, "mail", row),
      isThirdParty: try value(Bool.self, "third_party", row),
      note: try value(String.self, "note", row),
      registered: UnixSeconds(clamping: try value(Int64.self, "registered", row)),
      activity: activity, rate: try value(Double.self, "rate", row))
  }

  private static func profile(_ row: Row) throws -> SensorProfile {
    let octets = Array(try value(Data.self, "uuid", row))
    guard octets.count == SensorUUID.octetCount else { throw Damage(column: "uuid") }
    guard let tlp = TLP(text: try value(String.self, "tlp", row)) else {
      throw Damage(column: "tlp")
    }
    // A state that is not known here lets nothing in.
    let state = SensorState(rawValue: try value(String.self, "state", row)) ?? .blocked
    return SensorProfile(
      uuid: SensorUUID(octets: octets.span), name: try value(String.self, "name", row),
      state: state, key: try key(row), owner: try value(String.self, "owner", row), tlp: tlp,
      dataset: try value(String.self, "dataset", row),
      mixClass: try value(String.self, "mix_class", row))
  }

  private static func key(_ row: Row) throws -> D4Key? {
    guard let octets = optional(Data.self, "key", row) else { return nil }
    do {
      return try D4Key(octets: Array(octets))
    } catch {
      throw Damage(column: "key")
    }
  }
}

/// Rows of the table `unknown_sensors`.
enum UnknownSensorRows {
  /// Those who tried last first.
  static func all(_ db: Database) throws -> [UnknownSensor] {
    let rows = try Row.fetchAll(
      db, sql: "SELECT * FROM unknown_sensors ORDER BY last_seen DESC, uuid")
    return try rows.map { row in
      let octets = Array(try value(Data.self, "uuid", row))
      guard octets.count == SensorUUID.octetCount else { throw Damage(column: "uuid") }
      return UnknownSensor(
        uuid: SensorUUID(octets: octets.span),
        attempts: UInt64(clamping: try value(Int64.self, "attempts", row)),
        firstSeen: UnixSeconds(clamping: try value(Int64.self, "first_seen", row)),
        lastSeen: UnixSeconds(clamping: try value(Int64.self, "last_seen", row)))
    }
  }

  /// Adds attempts, and forgets those whose last one is longest ago.
  ///
  /// - Parameter most: rows that are kept.
  static func add(_ unknown: [UnknownSensor], most: Int, _ db: Database) throws {
    for sensor in unknown {
      try db.execute(
        sql: """
          INSERT INTO unknown_sensors (uuid, attempts, first_seen, last_seen) VALUES (?, ?, ?, ?)
          ON CONFLICT (uuid) DO UPDATE SET
            attempts = attempts + min(excluded.attempts, \(Int64.max) - attempts),
            last_seen = max(last_seen, excluded.last_seen)
          """,
        arguments: [
          Data(sensor.uuid.octets), Int64(clamping: sensor.attempts), Int64(sensor.firstSeen),
          Int64(sensor.lastSeen),
        ])
    }
    try db.execute(
      sql: """
        DELETE FROM unknown_sensors WHERE uuid IN
          (SELECT uuid FROM unknown_sensors ORDER BY last_seen DESC, uuid LIMIT -1 OFFSET ?)
        """,
      arguments: [most])
  }
}
