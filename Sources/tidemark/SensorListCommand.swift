import ArgumentParser
import D4Wire
import FoundationEssentials
import TidemarkControl
import TidemarkModel
import TidemarkSharing

/// `tidemark sensor list`.
struct SensorListCommand: ParsableCommand {
  /// How rows are printed.
  enum Output: String, ExpressibleByArgument, CaseIterable {
    case table, json
  }

  static let configuration = CommandConfiguration(
    commandName: "list",
    abstract: "Lists sensors: what was decided about them, and what they did.",
    discussion: """
      The rate is that of records in the last minute, mostly; the offset is the sensor's clock less
      ours. No key is shown.
      """)

  @OptionGroup var place: ControlOptions
  @Option(help: "pending, approved or blocked ones only.")
  var state: String?
  @Flag(help: "Those instead who tried to send and are not known.")
  var unknown = false
  @Option(help: "table, or json: one object per line.")
  var output = Output.table

  func run() throws {
    if let state, SensorState(rawValue: state) == nil {
      throw ValidationError("--state: \(state) is none of pending, approved, blocked")
    }
    let database = try place.open(create: false)
    let text = try unknown ? unknownText(database) : knownText(database)
    _ = StandardStreams.write(Array(text.utf8))
  }

  private func knownText(_ database: ControlDatabase) throws -> String {
    let now = StandardStreams.now()
    let sensors = try TokenCommand.explaining { try database.sensors() }
      .filter { state == nil || $0.profile.state.rawValue == state }
    switch output {
    case .json: return try sensors.map { try SensorText.json($0, now: now) }.joined()
    case .table:
      return TokenText.table(sensors.map { SensorText.row($0, now: now) }, head: SensorText.head)
    }
  }

  private func unknownText(_ database: ControlDatabase) throws -> String {
    let sensors = try TokenCommand.explaining { try database.unknownSensors() }
    switch output {
    case .json: return try sensors.map(SensorText.json).joined()
    case .table:
      return TokenText.table(
        sensors.map {
          [
            $0.uuid.description, String($0.attempts), SensorText.time($0.firstSeen),
            SensorText.time($0.lastSeen),
          ]
        }, head: ["uuid", "attempts", "first", "last"])
    }
  }
}

/// Sensors in words.
enum SensorText {
  static let head = [
    "name", "uuid", "state", "key", "tlp", "dataset", "class", "owner", "last seen", "records/s",
    "packets", "records", "losses", "offset", "error",
  ]

  private struct Line: Encodable {
    let uuid, name, state: String
    let hasKey: Bool
    let owner, mail: String
    let thirdParty: Bool
    let note, tlp, dataset: String
    let `class`: String
    let registered: UnixSeconds
    let firstSeen, lastSeen: UnixSeconds?
    let packets, octets, records, losses: UInt64
    let recordsPerSecond: Double
    let clockOffset: Int64?
    let error: String?
    let errorSeen: UnixSeconds?
  }

  private struct UnknownLine: Encodable {
    let uuid: String
    let attempts: UInt64
    let firstSeen, lastSeen: UnixSeconds
  }

  /// The name, and the UUID where it is another.
  static func name(_ record: SensorRecord) -> String {
    let (name, uuid) = (record.profile.name, record.profile.uuid.description)
    return name == uuid ? uuid : "\(name) (\(uuid))"
  }

  static func row(_ record: SensorRecord, now: UnixSeconds) -> [String] {
    let (profile, activity) = (record.profile, record.activity)
    return [
      profile.name, profile.uuid.description, profile.state.rawValue,
      profile.key == nil ? "shared" : "own", profile.tlp.description, profile.dataset,
      profile.mixClass, profile.owner.isEmpty ? "-" : profile.owner,
      activity.lastSeen.map(time) ?? "-", "\(rounded(record.rate(at: now)))",
      String(activity.packets), String(activity.records), String(activity.losses),
      activity.clockOffset.map { "\($0) s" } ?? "-", activity.lastError ?? "-",
    ].map { PrintableText.string($0) }
  }

  static func json(_ record: SensorRecord, now: UnixSeconds) throws -> String {
    let (profile, activity) = (record.profile, record.activity)
    return try json(
      Line(
        uuid: profile.uuid.description, name: profile.name, state: profile.state.rawValue,
        hasKey: profile.key != nil, owner: profile.owner, mail: record.mail,
        thirdParty: record.isThirdParty, note: record.note, tlp: profile.tlp.description,
        dataset: profile.dataset, class: profile.mixClass, registered: record.registered,
        firstSeen: activity.firstSeen, lastSeen: activity.lastSeen, packets: activity.packets,
        octets: activity.octets, records: activity.records, losses: activity.losses,
        recordsPerSecond: rounded(record.rate(at: now)), clockOffset: activity.clockOffset,
        error: activity.lastError, errorSeen: activity.lastErrorSeen))
  }

  static func json(_ sensor: UnknownSensor) throws -> String {
    try json(
      UnknownLine(
        uuid: sensor.uuid.description, attempts: sensor.attempts, firstSeen: sensor.firstSeen,
        lastSeen: sensor.lastSeen))
  }

  static func time(_ seconds: UnixSeconds) -> String {
    Date(timeIntervalSince1970: Double(seconds)).formatted(.iso8601)
  }

  private static func rounded(_ rate: Double) -> Double { (rate * 100).rounded() / 100 }

  private static func json(_ line: some Encodable) throws -> String {
    let encoder = JSONEncoder()
    encoder.keyEncodingStrategy = .convertToSnakeCase
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    return String(decoding: try encoder.encode(line), as: UTF8.self) + "\n"
  }
}
