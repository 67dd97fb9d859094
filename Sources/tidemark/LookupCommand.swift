import ArgumentParser
import DNSWire
import TidemarkModel
import TidemarkQuery
import TidemarkRocksDB
import TidemarkStore

/// `tidemark lookup`: what is remembered of a name, an address, a network or rdata.
struct LookupCommand: AsyncParsableCommand {
  /// How rows are printed.
  enum Output: String, ExpressibleByArgument, CaseIterable {
    case text, cof, csv, names
  }

  static let configuration = CommandConfiguration(
    commandName: "lookup",
    abstract: "Looks up a name, *.name, address, network or rdata.",
    discussion: """
      Names are looked up as owner and inside rdata. Times are seconds since 1970 or
      2025-01-31T12:00:00Z or 2025-01-31, and are strict bounds.

      Exit status: 0 complete, 3 the limit was reached and there is more, 2 usage, 1 failure.
      """)

  @OptionGroup var store: StoreOption
  @Option(help: "Ask a running server instead, for example http://127.0.0.1:8053.")
  var server: String?
  @Option(help: "Only these types, for example A,AAAA.")
  var rrtype: String?
  @Option(help: "Most rows to print.")
  var limit: Int?
  @Option(help: "Only this dataset; default: all.")
  var dataset: String?
  @Option(help: "First seen after this time.")
  var firstAfter: String?
  @Option(help: "First seen before this time.")
  var firstBefore: String?
  @Option(help: "Last seen after this time.")
  var lastAfter: String?
  @Option(help: "Last seen before this time.")
  var lastBefore: String?
  @Option(help: "text, cof, csv or names; default: text on a terminal, cof otherwise.")
  var output: Output?
  @Argument(help: "What to look up.")
  var value: String

  func validate() throws {
    if let limit, limit < 0 { throw ValidationError("--limit: 0 or more") }
    _ = try template()
    do {
      _ = try LookupValue(value)
    } catch {
      throw ValidationError("\(value): \(error)")
    }
  }

  func run() async throws {
    if let server {
      try await lookUp(server: server)
      return
    }
    let end: RecordCursor.End
    do {
      end = try lookUpLocally()
    } catch let error as StoreError {
      StandardStreams.complain("tidemark: \(error)")
      throw ExitCode(ExitStatus.failure)
    }
    if end == .limited { throw ExitCode(ExitStatus.limited) }
  }

  private func lookUpLocally() throws -> RecordCursor.End {
    let opened = try store.openForReading()
    let registry = try Registry(store: opened)
    var query = try template()
    if let dataset {
      guard let number = registry.dataset(dataset) else { return .complete }
      query.datasets = [number]
    } else {
      query.datasets = registry.datasets.map(\.number)
    }
    let cursor = LookupCursor(try LookupValue(value), like: query, store: opened)
    var printer = RowPrinter(output ?? standardOutput)
    var end = RecordCursor.End.paused
    while end == .paused {
      end = try cursor.next { printer.append($0) }
      guard printer.flush() else { return .complete }
    }
    if cursor.damaged > 0 {
      StandardStreams.complain("tidemark: \(cursor.damaged) damaged rows were left out")
      throw ExitCode(ExitStatus.failure)
    }
    return end
  }

  var standardOutput: Output { StandardStreams.isTerminal ? .text : .cof }

  /// Filters and limit, without subject and datasets.
  func template() throws -> RecordQuery {
    var query = RecordQuery(.all)
    query.limit = limit
    for part in (rrtype ?? "").split(separator: ",") {
      guard let type = RRType(mnemonic: Array(part.utf8).span) else {
        throw ValidationError("--rrtype: no such type: \(part)")
      }
      query.rrtypes.insert(type)
    }
    query.times.firstAfter = try time(firstAfter, "--first-after")
    query.times.firstBefore = try time(firstBefore, "--first-before")
    query.times.lastAfter = try time(lastAfter, "--last-after")
    query.times.lastBefore = try time(lastBefore, "--last-before")
    return query
  }

  private func time(_ text: String?, _ option: String) throws -> UnixSeconds? {
    guard let text else { return nil }
    guard let time = TimeText.parse(text) else {
      throw ValidationError("\(option): not a time: \(text)")
    }
    return time
  }
}

extension LookupCommand {
  /// Asks a server. Its lines are COF already; other outputs need a store at hand.
  func lookUp(server url: String) async throws {
    guard (output ?? .cof) == .cof else {
      throw ValidationError("--server answers with --output cof only")
    }
    do {
      let end = try await RemoteServer(url).records(remoteParameters()) {
        StandardStreams.write($0)
      }
      switch end.state {
      case .limited: throw ExitCode(ExitStatus.limited)
      case .failed:
        StandardStreams.complain("tidemark: the server could not finish: \(end.line)")
        throw ExitCode(ExitStatus.failure)
      case .complete, .stopped: break
      }
    } catch let error as RemoteError {
      StandardStreams.complain("tidemark: \(error)")
      throw ExitCode(ExitStatus.failure)
    }
  }

  private func remoteParameters() throws -> [(String, String)] {
    let times = try template().times
    let optional: [(String, String?)] = [
      ("value", value), ("rrtype", rrtype), ("dataset", dataset), ("limit", limit.map(String.init)),
      ("first_after", times.firstAfter.map(String.init)),
      ("first_before", times.firstBefore.map(String.init)),
      ("last_after", times.lastAfter.map(String.init)),
      ("last_before", times.lastBefore.map(String.init)), ("merge", "true"),
    ]
    return optional.compactMap { name, text in text.map { (name, $0) } }
  }
}
