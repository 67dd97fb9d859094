import ArgumentParser
import DNSWire
import FoundationEssentials
import TidemarkDomains
import TidemarkModel
import TidemarkPivots
import TidemarkRocksDB
import TidemarkStore

/// `tidemark risk`: scores and how good they are.
struct RiskCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "risk",
    abstract: "Scores names by lists and by what they share with listed ones.",
    discussion: "Lists are kept by `tidemark lists`. Nobody else is asked.",
    subcommands: [RiskShowCommand.self, RiskEvaluateCommand.self])

  /// Prints why something failed, and ends with the status of failures.
  static func explaining<Value>(_ body: () throws -> Value) throws -> Value {
    do {
      return try body()
    } catch let error where !isOfParser(error) {
      throw failure(error)
    }
  }

  /// The same for what waits.
  static func explaining<Value>(_ body: () async throws -> Value) async throws -> Value {
    do {
      return try await body()
    } catch let error where !isOfParser(error) {
      throw failure(error)
    }
  }

  private static func isOfParser(_ error: any Error) -> Bool {
    error is ExitCode || error is ValidationError
  }

  private static func failure(_ error: any Error) -> ExitCode {
    StandardStreams.complain("tidemark: \(error)")
    return ExitCode(ExitStatus.failure)
  }
}

/// What scores rest on: a store, its lists, the public suffix list.
struct RiskWorld {
  let store: RocksDBStore
  let suffixes: PublicSuffixList
  /// All of the store.
  let datasets: [DatasetNumber]
  let lists: [RiskList]

  /// Opens everything to read, and says on standard error which lists cannot be used.
  ///
  /// - Throws: `ExitCode` after the reason was printed.
  init(_ place: ListsOption) throws {
    let opened = try RiskCommand.explaining {
      let store = try place.store.openForReading()
      return (store, try Registry(store: store), try PublicSuffixList.standard())
    }
    (store, suffixes) = (opened.0, opened.2)
    datasets = opened.1.datasets.map(\.number)
    let folder = place.folder
    let inventory = try RiskCommand.explaining { try folder.lists() }
    for remark in inventory.remarks { StandardStreams.complain("tidemark: \(remark)") }
    var lists: [RiskList] = []
    for stored in inventory.lists {
      do {
        let octets = try folder.read(stored.header.name).octets
        lists.append(try RiskList(stored.header, octets: octets, suffixes: suffixes))
      } catch {
        StandardStreams.complain("tidemark: list \(stored.header.name) is left out: \(error)")
      }
    }
    self.lists = lists
  }
}

/// Output of risk commands.
enum RiskText {
  /// One line.
  static func json(_ line: some Encodable) throws -> String {
    let encoder = JSONEncoder()
    encoder.keyEncodingStrategy = .convertToSnakeCase
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    return String(decoding: try encoder.encode(line), as: UTF8.self) + "\n"
  }

  /// A time as people write it.
  static func time(
    _ text: String?, option: String, now: UnixSeconds
  ) throws -> UnixSeconds? {
    guard let text else { return nil }
    guard let time = TimeText.parse(text, now: now) else {
      throw ValidationError("\(option): write a date like 2025-01-31, or how long ago: 30d")
    }
    return time
  }
}
