import ArgumentParser
import TidemarkModel
import TidemarkSharing
import TidemarkStore

/// `tidemark share`: what a store shares, and what it would.
struct ShareCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "share",
    abstract: "Shows the streams of a store, and tries settings out.",
    discussion: """
      Streams are mixed by tidemark collect, from the section share of its configuration.
      """,
    subcommands: [ShareListCommand.self, ShareSimulateCommand.self])

  /// Prints why a store cannot be read, and ends with the status of failures.
  static func explaining<Value>(_ body: () throws -> Value) throws -> Value {
    do {
      return try body()
    } catch let error as StoreError {
      StandardStreams.complain("tidemark: \(error)")
      throw ExitCode(ExitStatus.failure)
    }
  }
}

/// `tidemark share list`.
struct ShareListCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "list",
    abstract: "Lists the streams of a store: positions, and what became of sightings.",
    discussion: """
      Works beside a collector: what it pooled since it last closed a window is not counted yet.
      """)

  @OptionGroup var store: StoreOption
  @Flag(help: "One JSON object per line.")
  var json = false

  func run() throws {
    let streams = try ShareCommand.explaining {
      try StreamSummary.all(of: try store.openForReading())
    }
    let text =
      json ? streams.map(ShareListCommand.json).joined() : ShareListCommand.table(streams)
    _ = StandardStreams.write(Array(text.utf8))
  }

  private static func table(_ streams: [StreamSummary]) -> String {
    let head = [
      "stream", "state", "first", "last", "octets", "pooled", "released", "pending", "dropped",
      "windows",
    ]
    let lines =
      [head]
      + streams.map { stream in
        [
          stream.name, stream.isMixed ? "mixed" : "ended",
          stream.first.map { "\($0)" } ?? "-", "\(stream.last)", "\(stream.octets)",
          "\(stream.totals.pooled)", "\(stream.totals.released)", "\(stream.pending)",
          "\(stream.totals.dropped)", "\(stream.totals.windows)",
        ]
      }
    let widths = head.indices.map { column in lines.map { $0[column].count }.max() ?? 0 }
    return lines.map { line in
      line.indices.map { column in
        column == line.indices.last
          ? line[column]
          : line[column] + String(repeating: " ", count: widths[column] - line[column].count)
      }.joined(separator: "  ") + "\n"
    }.joined()
  }

  /// Names of streams need no escapes.
  private static func json(_ stream: StreamSummary) -> String {
    let dropped = MixTotals.Reason.allCases.map {
      "\"\($0.name)\":\(stream.totals.sightings(dropped: $0))"
    }.joined(separator: ",")
    return "{\"stream\":\"\(stream.name)\",\"mixed\":\(stream.isMixed),"
      + "\"first\":\(stream.first.map { "\($0)" } ?? "null"),\"last\":\(stream.last),"
      + "\"octets\":\(stream.octets),\"pooled\":\(stream.totals.pooled),"
      + "\"released\":\(stream.totals.released),\"pending\":\(stream.pending),"
      + "\"dropped\":{\(dropped)},\"released_records\":\(stream.totals.recordsReleased),"
      + "\"windows\":\(stream.totals.windows)}\n"
  }
}
