import ArgumentParser
import Glibc
import TidemarkEnrichment

/// `tidemark op configure`.
struct OperationConfigureCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "configure",
    abstract: "Changes settings of an operation: all of those given, or none.",
    discussion: """
      Secrets come from a file, standard input or the environment, never from the command line,
      where every user of the machine can read them.

        tidemark op configure circl host=pdns.example --secret-file token=circl.token
        tidemark op configure domaintools api_username=alice --secret-file api_key=-
      """)

  @OptionGroup var place: LibraryOptions
  @Argument(help: "Its id.")
  var operation: String
  @Argument(help: ArgumentHelp("Settings that are no secrets.", valueName: "key=value"))
  var settings: [String] = []
  @Option(
    help: ArgumentHelp(
      "A secret: the first line of a file, or of standard input (-); may be repeated.",
      valueName: "key=file"))
  var secretFile: [String] = []
  @Option(
    help: ArgumentHelp(
      "A secret: the value of a variable of the environment; may be repeated.",
      valueName: "key=variable"))
  var secretEnv: [String] = []
  @Option(help: ArgumentHelp("Takes a setting back; may be repeated.", valueName: "key"))
  var unset: [String] = []

  /// A secret with its line end and some room to notice one that is too long.
  private static let fileOctetsMax = 4_096

  func run() throws {
    let registry = OperationRegistry(library: try place.open(create: true))
    let changed = try Enrichment.explaining {
      let changes = try changes(of: registry.operation(operation))
      try registry.configure(operation, changes)
      return changes.count
    }
    StandardStreams.complain("tidemark: operation \(operation): \(changed) settings changed")
  }

  private func changes(of operation: Operation) throws -> [String: String?] {
    var changes: [String: String?] = [:]
    func add(_ key: String, _ value: String?) throws {
      guard changes.updateValue(value, forKey: key) == nil else {
        throw ValidationError("\(key) is given twice")
      }
    }
    for text in settings {
      let (key, value) = try OperationConfigureCommand.pair(text, "KEY=VALUE")
      // The value is not repeated: it may be the secret.
      guard operation.parameters.first(where: { $0.key == key })?.kind != .secret else {
        throw ValidationError("\(key) is a secret: use --secret-file or --secret-env")
      }
      try add(key, value)
    }
    for text in secretFile {
      let (key, path) = try OperationConfigureCommand.pair(text, "KEY=FILE")
      try add(key, OperationConfigureCommand.secret(path))
    }
    for text in secretEnv {
      let (key, variable) = try OperationConfigureCommand.pair(text, "KEY=VARIABLE")
      guard let value = unsafe getenv(variable) else {
        throw ConfigurationFailure(text: "\(variable): there is no such variable")
      }
      try add(key, unsafe String(cString: value))
    }
    for key in unset { try add(key, nil) }
    guard !changes.isEmpty else { throw ValidationError("nothing to change") }
    return changes
  }

  /// Splits at the first equals sign. What follows it is not repeated in complaints.
  private static func pair(_ text: String, _ form: String) throws -> (String, String) {
    guard let equals = text.firstIndex(of: "="), equals > text.startIndex,
      text.index(after: equals) < text.endIndex
    else { throw ValidationError("write settings as \(form)") }
    return (String(text[..<equals]), String(text[text.index(after: equals)...]))
  }

  /// The first line of a file, without its end.
  private static func secret(_ path: String) throws(TextFile.Failure) -> String {
    let octets = try SmallInput.octets(path, max: fileOctetsMax)
    return String(decoding: octets.prefix { $0 != 10 && $0 != 13 }, as: UTF8.self)
  }
}

/// Files and standard input read whole.
enum SmallInput {
  private static let pieceOctets = 1 << 16

  /// The octets of a file; `-` is standard input.
  static func octets(_ path: String, max octetsMax: Int) throws(TextFile.Failure) -> [UInt8] {
    let reader = try TextFileReader(path: path)
    var octets: [UInt8] = []
    var piece = [UInt8](repeating: 0, count: pieceOctets)
    while true {
      let count = try reader.read(into: &piece)
      guard count > 0 else { return octets }
      guard octets.count + count <= octetsMax else {
        throw TextFile.Failure(path: path, reason: "longer than \(octetsMax) octets")
      }
      octets.append(contentsOf: piece[..<count])
    }
  }
}
