import ArgumentParser
import TidemarkCollectors
import TidemarkConfiguration

/// `tidemark collect`: sources of all kinds into a store, until told to stop.
struct CollectCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "collect",
    abstract: "Collects answers from sockets, files and interfaces into a store.",
    discussion: """
      Sources are named in a YAML file; docs/guides/collect.md shows one for each producer.

      SIGHUP reads the file again: sources that changed are started anew, the others go on.
      SIGTERM and SIGINT write what was collected and end it; a second one does not wait for a
      store that refuses to be written.

      Exit status: 0 ended as told, 1 something could not be opened or written, 2 usage or
      configuration.
      """)

  @Option(
    help: "The configuration, a YAML file.", completion: .file(extensions: ["yaml", "yml"]))
  var config: String
  @Option(
    help: "The store's folder; default: `store` in the configuration.", completion: .directory)
  var store: String?
  @Flag(help: "Read the configuration, say what is wrong with it, and end.")
  var check = false

  func run() async throws {
    let file = ConfigurationFile(path: config)
    let configuration = try file.read()
    guard configuration.relay == nil else {
      throw ValidationError("\(config): has a relay; use tidemark relay")
    }
    guard let path = store ?? configuration.store else {
      throw ValidationError("name the store with --store or in \(config)")
    }
    if check { return CollectCommand.confirm(configuration, config) }
    try await CollectRun.collect(configuration, file: file, storePath: path)
  }

  static func confirm(_ configuration: CollectConfiguration, _ path: String) {
    let sources = configuration.sources.map { "\($0.name) (\($0.format.rawValue))" }
    let text = "\(path) is in order: \(sources.count) sources: \(sources.joined(separator: ", "))\n"
    _ = StandardStreams.write(Array(text.utf8))
  }
}

/// The configuration file, which is read again on SIGHUP.
struct ConfigurationFile {
  let path: String

  /// - Throws: `ExitCode` after the reason was printed.
  func read() throws -> CollectConfiguration {
    do {
      return try parse()
    } catch {
      StandardStreams.complain("tidemark: \(error)")
      throw ExitCode(ExitStatus.usage)
    }
  }

  /// - Throws: an error whose text is one line for people.
  func parse() throws -> CollectConfiguration {
    do {
      return try CollectConfiguration(yaml: try TextFile.read(path, octetsMax: 1 << 20))
    } catch let error as ConfigurationError {
      throw ConfigurationFailure(text: "\(path): \(error)")
    }
  }
}

/// One line that names the configuration.
struct ConfigurationFailure: Error, CustomStringConvertible {
  let text: String
  var description: String { text }
}
