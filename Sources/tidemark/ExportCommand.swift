import ArgumentParser
import DNSWire
import TidemarkModel
import TidemarkQuery
import TidemarkRocksDB
import TidemarkStore

/// `tidemark export`: every record of a store as COF ndjson, in key order.
struct ExportCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "export",
    abstract: "Prints every record as COF ndjson, in key order.",
    discussion: """
      One line a record: vantages and bailiwicks are not merged. Beside the fields of the Common
      Output Format a line has the dataset unless it is main, the vantage, the names of the sensors,
      and the days on which the record was seen if they are more than two. Two stores that hold the
      same export the same octets, and an import of what one exports gives the same records.
      """)

  @OptionGroup var store: StoreOption
  @Option(help: "Only this dataset; default: all, by name.")
  var dataset: String?

  func run() async throws {
    do {
      try export()
    } catch let error as StoreError {
      StandardStreams.complain("tidemark: \(error)")
      throw ExitCode(ExitStatus.failure)
    }
  }

  private func export() throws {
    let opened = try store.openForReading()
    let registry = try Registry(store: opened)
    var damaged = 0
    for (number, name) in registry.datasets.sorted(by: { $0.name < $1.name })
    where dataset == nil || dataset == name {
      var query = RecordQuery(.all)
      query.datasets = [number]
      query.mergesTriples = false
      let cursor = RecordCursor(query, store: opened)
      var writer = ExportWriter(dataset: name, registry: registry)
      var end = RecordCursor.End.paused
      while end == .paused {
        end = try cursor.next { writer.append($0) }
        guard StandardStreams.write(writer.take()) else { return }
      }
      damaged += cursor.damaged
    }
    guard damaged == 0 else {
      StandardStreams.complain("tidemark: \(damaged) damaged records were left out")
      throw ExitCode(ExitStatus.failure)
    }
  }
}

/// Lines of an export.
struct ExportWriter {
  private static let pieceOctets = 1 << 16

  private var buffer: [UInt8] = []
  private var lines: ObservationLineWriter

  init(dataset: String, registry: Registry) {
    lines = ObservationLineWriter(dataset: dataset == Registry.mainDataset ? nil : dataset) {
      registry.name(ofSensor: $0)
    }
  }

  /// Adds a record; false when it is time to ``take()``.
  mutating func append(_ row: borrowing RecordRow) -> Bool {
    lines.append(
      row.textRow, rrname: row.rrname.span, rdata: row.rdata.span, sensors: row.value.sensors,
      activity: row.value.activity, to: &buffer)
    return buffer.count < ExportWriter.pieceOctets
  }

  mutating func take() -> [UInt8] {
    defer { buffer.removeAll(keepingCapacity: true) }
    return buffer
  }
}
