import ArgumentParser
import D4Wire
import TidemarkCollectors
import TidemarkConfiguration

/// `tidemark relay`: the same as collect, to another Tidemark or to a D4 server; and a D4 client.
struct RelayCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "relay",
    abstract: "Collects like collect, and sends to another Tidemark or to a D4 server.",
    discussion: """
      What is collected goes to a spool on disk first and from there to the other Tidemark, each
      batch exactly once. When the spool is full its oldest batches are dropped and counted.

      To a D4 server (--to d4://HOST:PORT) it goes as lines of passivedns (type 8) or as Common
      Output Format (types 254 and 6), at least once: D4 has no acknowledgement.

      Without --config, but with --d4-config, it does what the D4 clients do with that folder:
      standard input, a capture, a folder of files or a queue of d4-core goes to the server named
      there or by --to, from a spool, and it ends when everything is sent.

      Exit status: 0 ended as told, 1 something could not be opened or written, or not sent, 2 usage
      or configuration.
      """)

  @Option(
    help: "The configuration, a YAML file.", completion: .file(extensions: ["yaml", "yml"]))
  var config: String?
  @Option(
    help: """
      Address of the other Tidemark, for example https://collector.example.net:8053, or of a D4 \
      server, for example d4://d4.example.net:4443.
      """)
  var to: String?
  @Option(help: "Folder of batches that wait.", completion: .directory)
  var spool: String?
  @Option(
    name: .customLong("d4-config"), help: "Configuration folder of a D4 client.",
    completion: .directory)
  var d4Config: String?
  @Option(
    name: .customLong("d4-type"), help: "D4: 8, 254 or 6; default: what the folder says.",
    completion: .list(["8", "254", "6"]))
  var d4Type: UInt8?
  @Flag(
    name: .customLong("d4-raw-files"),
    help: "D4: the files of a folder as they are, not as base64.")
  var sendsRawFiles = false
  @Flag(help: "Read the configuration, say what is wrong with it, and end.")
  var check = false

  func validate() throws {
    guard config != nil || d4Config != nil else {
      throw ValidationError("name the sources with --config, or a D4 client's with --d4-config")
    }
    if let d4Type, D4RelaySettings.types.contains(D4Type(rawValue: d4Type)) == false {
      throw ValidationError("--d4-type: 8, 254 or 6, not \(d4Type)")
    }
    guard config == nil || !sendsRawFiles else {
      throw ValidationError("--d4-raw-files goes without --config")
    }
    guard config != nil || d4Type == nil else {
      throw ValidationError("--d4-type goes with --config; the folder says what its source is")
    }
  }

  func run() async throws {
    guard let config else { return try await runClient() }
    let file = ConfigurationFile(path: config)
    let configuration = try file.read()
    guard configuration.streams.isEmpty else {
      throw ValidationError("\(config): has streams to share; only tidemark collect mixes")
    }
    if let http = configuration.http, http.circl != nil || http.active != nil {
      throw ValidationError(
        "\(config): a relay has no store: http.circl and http.active go with tidemark collect")
    }
    var relay = configuration.relay
    if let to, let folder = spool ?? relay?.spool {
      relay = CollectConfiguration.Relay(url: to, spool: folder, like: relay)
    } else if to != nil {
      throw ValidationError("name the spool with --spool or in \(config)")
    }
    guard var relay else {
      throw ValidationError("say where to send with --to or relay: in \(config)")
    }
    if let spool { relay.spool = spool }
    if let d4Config { relay.d4Folder = d4Config }
    if let d4Type { relay.d4Type = d4Type }
    if D4Target.isURL(relay.url), let obstacle = configuration.obstacleToD4 {
      throw ValidationError("\(config): \(obstacle)")
    }
    let settings = D4Target.isURL(relay.url) ? try D4RelaySettings(relay) : nil
    if check { return CollectCommand.confirm(configuration, config) }
    if let settings {
      try await CollectRun.relay(configuration, file: file, relay: relay, d4: settings)
    } else {
      try await CollectRun.relay(configuration, file: file, relay: relay)
    }
  }

  /// What the D4 clients do.
  private func runClient() async throws {
    guard let d4Config else { return }
    let client = try D4ClientSettings(
      folder: d4Config, to: to, spool: spool, sendsRawFiles: sendsRawFiles)
    if check { return client.confirm() }
    try await D4ClientRun(client).run()
  }
}
