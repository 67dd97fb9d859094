import ArgumentParser
import D4Wire
import TidemarkControl
import TidemarkSharing

/// `tidemark sensor add`.
struct SensorAddCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "add",
    abstract: "Adds a sensor, approved, and prints its UUID.",
    discussion: """
      Without --key-file and --generate-key the sensor signs with the secret that the listener
      shares with all. A generated key is printed in a second line, once.

        tidemark sensor add --name office-1 --owner "Example Inc." --tlp green --generate-key
      """)

  @OptionGroup var place: ControlOptions
  @Argument(help: "Its UUID, of version 4 (default: a new one).")
  var uuid: String?
  @OptionGroup var settings: SensorSettings
  @OptionGroup var key: SensorKeyOptions
  @Flag(help: "Leave it to be approved later.")
  var pending = false

  func run() throws {
    let label = try settings.label()
    let uuid = try self.uuid.map(SensorAddCommand.uuid) ?? .random()
    let secret = try key.read()
    var record = SensorRecord(
      profile: SensorProfile(
        uuid: uuid, state: pending ? .pending : .approved, key: secret?.key),
      registered: StandardStreams.now())
    settings.apply(label, to: &record)
    let database = try place.open(create: true)
    try TokenCommand.explaining { try database.addSensor(record) }
    let lines = "\(uuid)\n" + (secret?.generated.map { $0 + "\n" } ?? "")
    guard StandardStreams.write(Array(lines.utf8)) else {
      // A key that nobody saw must not stay good.
      _ = try TokenCommand.explaining { try database.removeSensor(uuid.description) }
      StandardStreams.complain("tidemark: the key could not be printed; no sensor was added")
      throw ExitCode(ExitStatus.failure)
    }
    StandardStreams.complain(
      "tidemark: sensor \(SensorText.name(record)): \(record.profile.state.rawValue),"
        + " tlp:\(record.profile.tlp), dataset \(record.profile.dataset)"
        + (secret?.generated == nil ? "" : "; the key is not shown again"))
  }

  private static func uuid(_ text: String) throws -> SensorUUID {
    guard let uuid = SensorUUID(text: text) else { throw ValidationError("\(text): not a UUID") }
    return uuid
  }
}

/// `tidemark sensor key`.
struct SensorKeyCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "key",
    abstract: "Gives a sensor another key.",
    discussion: """
      Packets signed with the old one are refused from then on. A generated key is printed, once.
      No command shows a key that was given before.
      """)

  @OptionGroup var place: ControlOptions
  @Argument(help: "Its name or UUID.")
  var sensor: String
  @OptionGroup var key: SensorKeyOptions
  @Flag(help: "Take the key away: it signs with the secret that the listener shares with all.")
  var shared = false

  func validate() throws {
    guard key.isGiven != shared else {
      throw ValidationError("say one of --generate-key, --key-file and --shared")
    }
  }

  func run() throws {
    let secret = try key.read()
    let database = try place.open(create: false)
    if let generated = secret?.generated {
      // Printed first: a key that nobody saw must not become the sensor's.
      _ = try TokenCommand.explaining { try database.changeSensor(sensor) { _ in } }
      guard StandardStreams.write(Array((generated + "\n").utf8)) else {
        StandardStreams.complain("tidemark: the key could not be printed; the old one stays")
        throw ExitCode(ExitStatus.failure)
      }
    }
    let record = try TokenCommand.explaining {
      try database.changeSensor(sensor) { $0.profile.key = secret?.key }
    }
    StandardStreams.complain(
      "tidemark: sensor \(SensorText.name(record)) has "
        + (secret == nil ? "no key of its own now" : "another key now"))
  }
}

/// Where a sensor's key comes from.
struct SensorKeyOptions: ParsableArguments {
  /// A key, and its text if it was made here.
  struct Secret {
    let key: D4Key
    let generated: String?
  }

  /// Characters of a key that is made here: 384 random bits.
  private static let generatedCount = 64
  private static let alphabet = Array(
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".utf8)

  @Option(
    help: "Its key: the first 100 octets of a file, without the line end, as D4 clients read it.",
    completion: .file())
  var keyFile: String?
  @Flag(help: "Make a key of 64 characters and print it.")
  var generateKey = false
  @Flag(help: .hidden)
  var allowSampleKey = false

  var isGiven: Bool { generateKey || keyFile != nil }

  func validate() throws {
    guard !generateKey || keyFile == nil else {
      throw ValidationError("say one of --generate-key and --key-file")
    }
  }

  /// - Returns: nil when no key was asked for.
  /// - Throws: `ExitCode` after the reason was printed.
  func read() throws -> Secret? {
    do {
      if generateKey { return try SensorKeyOptions.make() }
      guard let keyFile else { return nil }
      let octets = try TextFile.octets(keyFile, max: 4_096)
      let key: D4Key
      do throws(D4KeyError) {
        key = try D4Key(file: octets)
      } catch {
        throw ConfigurationFailure(text: "\(keyFile): \(error)")
      }
      guard !key.isSample || allowSampleKey else {
        throw ConfigurationFailure(text: "\(keyFile): the key of the examples, known to everybody")
      }
      return Secret(key: key, generated: nil)
    } catch {
      StandardStreams.complain("tidemark: \(error)")
      throw ExitCode(ExitStatus.failure)
    }
  }

  private static func make() throws -> Secret {
    var source = SystemRandomNumberGenerator()
    let octets = (0..<generatedCount).map { _ in alphabet[Int((source.next() as UInt64) & 63)] }
    return Secret(
      key: try D4Key(octets: octets), generated: String(decoding: octets, as: UTF8.self))
  }
}
