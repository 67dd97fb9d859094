import ArgumentParser
import D4Wire
import TidemarkControl
import TidemarkSharing

/// `tidemark sensor`: who may send to a collector.
struct SensorCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "sensor",
    abstract: "Lists, approves and blocks the sensors that send by D4.",
    discussion: """
      Works on the control database beside the collector's store, whether the collector runs or not;
      one that runs knows of changes within two seconds. Run it as the user that the collector runs
      as. A sensor is named by its name or its UUID.
      """,
    subcommands: [
      SensorListCommand.self, SensorAddCommand.self, SensorApproveCommand.self,
      SensorBlockCommand.self, SensorRemoveCommand.self, SensorKeyCommand.self,
      SensorSetCommand.self,
    ])
}

extension SensorCommand {
  /// Decides about sensors, one after the other.
  ///
  /// - Throws: `ExitCode` after the reason was printed; those before it are decided about.
  static func decide(_ state: SensorState, _ sensors: [String], _ place: ControlOptions) throws {
    let database = try place.open(create: false)
    for sensor in sensors {
      let record = try TokenCommand.explaining {
        try database.changeSensor(sensor) { $0.profile.state = state }
      }
      StandardStreams.complain("tidemark: sensor \(SensorText.name(record)) is \(state.rawValue)")
    }
  }
}

/// `tidemark sensor approve`.
struct SensorApproveCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "approve", abstract: "Lets sensors send.")

  @OptionGroup var place: ControlOptions
  @Argument(help: "Names or UUIDs.")
  var sensors: [String]

  func run() throws { try SensorCommand.decide(.approved, sensors, place) }
}

/// `tidemark sensor block`.
struct SensorBlockCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "block", abstract: "Lets sensors send no more.",
    discussion: "Collectors that run close their connections within seconds.")

  @OptionGroup var place: ControlOptions
  @Argument(help: "Names or UUIDs.")
  var sensors: [String]

  func run() throws { try SensorCommand.decide(.blocked, sensors, place) }
}

/// `tidemark sensor remove`.
struct SensorRemoveCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "remove", abstract: "Forgets sensors, their keys and what they did.",
    discussion: "The records that they sent stay. To keep a sensor out, block it.")

  @OptionGroup var place: ControlOptions
  @Argument(help: "Names or UUIDs.")
  var sensors: [String]

  func run() throws {
    let database = try place.open(create: false)
    for sensor in sensors {
      let record = try TokenCommand.explaining { try database.removeSensor(sensor) }
      StandardStreams.complain("tidemark: sensor \(SensorText.name(record)) is removed")
    }
  }
}

/// `tidemark sensor set`.
struct SensorSetCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "set", abstract: "Changes what is known of a sensor.",
    discussion: "What is not named stays. Records that were stored keep the name they came with.")

  @OptionGroup var place: ControlOptions
  @Argument(help: "Its name or UUID.")
  var sensor: String
  @OptionGroup var settings: SensorSettings

  func validate() throws {
    guard !settings.isEmpty else { throw ValidationError("say what to change") }
  }

  func run() throws {
    let database = try place.open(create: false)
    let label = try settings.label()
    let record = try TokenCommand.explaining {
      try database.changeSensor(sensor) { settings.apply(label, to: &$0) }
    }
    StandardStreams.complain("tidemark: sensor \(SensorText.name(record)) is changed")
  }
}

/// What an operator says of a sensor.
struct SensorSettings: ParsableArguments {
  @Option(help: "What its records name as their sensor (default: its UUID).")
  var name: String?
  @Option(help: "Whom it belongs to.")
  var owner: String?
  @Option(help: "Whom to ask about it.")
  var mail: String?
  @Option(help: "What to remember about it.")
  var note: String?
  @Option(help: "How far its records may travel: clear, green, amber (default), amber+strict, red.")
  var tlp: String?
  @Option(help: "The dataset that its records go to (default: main).")
  var dataset: String?
  @Option(
    name: .customLong("class"), help: "The class that streams choose by (default: standard).")
  var mixClass: String?

  var isEmpty: Bool {
    [name, owner, mail, note, tlp, dataset, mixClass].allSatisfy { $0 == nil }
  }

  /// - Throws: `ValidationError` for a label that is none.
  func label() throws -> TLP? {
    guard let tlp else { return nil }
    guard let label = TLP(text: tlp) else {
      let known = TLP.allCases.map(\.description).joined(separator: ", ")
      throw ValidationError("--tlp: \(tlp) is none of \(known)")
    }
    return label
  }

  /// Sets what was said.
  func apply(_ label: TLP?, to record: inout SensorRecord) {
    record.profile.name = name ?? record.profile.name
    record.profile.owner = owner ?? record.profile.owner
    record.profile.tlp = label ?? record.profile.tlp
    record.profile.dataset = dataset ?? record.profile.dataset
    record.profile.mixClass = mixClass ?? record.profile.mixClass
    record.mail = mail ?? record.mail
    record.note = note ?? record.note
  }
}
