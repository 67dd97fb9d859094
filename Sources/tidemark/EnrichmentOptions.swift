import ArgumentParser
import FoundationEssentials
import TidemarkEnrichment
import TidemarkModel
import TidemarkOperations

/// Where the library is.
struct LibraryOptions: ParsableArguments {
  @OptionGroup var store: StoreOption
  @Option(help: "The library; default: beside the store.", completion: .file())
  var library: String?

  /// Opens the library, and makes it if it is not there and `create` is true.
  ///
  /// - Throws: `ExitCode` after the reason was printed.
  func open(create: Bool) throws -> Library {
    try Enrichment.explaining {
      try Library(path: library ?? Library.path(besideStore: store.path), create: create)
    }
  }

  /// Opens everything that actions need but risk lists.
  ///
  /// - Throws: `ExitCode` after the reason was printed.
  func world() throws -> EnrichmentWorld {
    try Enrichment.explaining {
      try EnrichmentWorld(besideStore: store.path, library: library)
    }
  }
}

/// What the commands of enrichment share.
enum Enrichment {
  /// The source of what people add by hand.
  static let handSource = "Tidemark command line"

  /// Prints why something failed, and ends with the status of failures, or of usage when what was
  /// asked for does not exist.
  static func explaining<Value>(_ body: () throws -> Value) throws -> Value {
    do { return try body() } catch { throw exit(for: error) }
  }

  /// The same for work that waits.
  static func explaining<Value>(_ body: () async throws -> Value) async throws -> Value {
    do { return try await body() } catch { throw exit(for: error) }
  }

  private static func exit(for error: any Error) -> any Error {
    switch error {
    case let error as OperationError:
      StandardStreams.complain("tidemark: \(error)")
      if case .library = error { return ExitCode(ExitStatus.failure) }
      return ExitCode(ExitStatus.usage)
    case let error as BulkError:
      StandardStreams.complain("tidemark: \(error)")
      return ExitCode(error == .noAction ? ExitStatus.usage : ExitStatus.failure)
    case is LibraryError, is ImportError, is TextFile.Failure, is ConfigurationFailure:
      StandardStreams.complain("tidemark: \(error)")
      return ExitCode(ExitStatus.failure)
    default: return error
    }
  }

  /// Puts the risk lists in force, and tells what an administrator should know.
  static func loadLists(of world: EnrichmentWorld) {
    for notice in world.loadLists() { StandardStreams.complain("tidemark: \(notice)") }
  }

  /// Prints text that was made harmless, or JSON.
  static func write(_ text: String) {
    _ = StandardStreams.write(Array(text.utf8))
  }

  /// Lines of strangers as a terminal may have them.
  static func printable(lines octets: [UInt8]) -> String {
    var out: [UInt8] = []
    for line in octets.split(separator: 10, omittingEmptySubsequences: false) {
      PrintableText.append(Array(line).span, to: &out)
      out.append(10)
    }
    return String(decoding: out, as: UTF8.self)
  }

  /// The user that runs this process, as selections name who made them.
  static var author: String { ProcessInfo.processInfo.userName }
}
