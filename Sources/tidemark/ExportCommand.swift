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
      same export the same octets.
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

  private let dataset: String
  private let registry: Registry
  private var buffer: [UInt8] = []
  private var cof: COFWriter

  init(dataset: String, registry: Registry) {
    self.dataset = dataset
    self.registry = registry
    var options = COFWriter.Options()
    options.showsBailiwick = true
    options.showsVantage = true
    cof = COFWriter(options: options)
  }

  /// Adds a record; false when it is time to ``take()``.
  mutating func append(_ row: borrowing RecordRow) -> Bool {
    cof.append(row.textRow, rrname: row.rrname.span, rdata: row.rdata.span, to: &buffer)
    appendExtras(row)
    return buffer.count < ExportWriter.pieceOctets
  }

  mutating func take() -> [UInt8] {
    defer { buffer.removeAll(keepingCapacity: true) }
    return buffer
  }

  /// Opens the line's object again and adds what COF has no field for.
  private mutating func appendExtras(_ row: borrowing RecordRow) {
    let sensors = row.value.sensors.numbers.compactMap { registry.name(ofSensor: $0) }
      .filter { !$0.isEmpty }.sorted()
    let isMain = dataset == Registry.mainDataset
    guard !sensors.isEmpty || !isMain || !row.value.activity.isEmpty else { return }
    buffer.removeLast(2)
    if !isMain { append(",\"dataset\":", [dataset], isList: false) }
    if !sensors.isEmpty { append(",\"sensors\":", sensors, isList: true) }
    if !row.value.activity.isEmpty {
      append(",\"days\":", row.value.daysSeen.map(ExportWriter.date), isList: true)
    }
    buffer.append(contentsOf: "}\n".utf8)
  }

  private mutating func append(_ name: String, _ values: [String], isList: Bool) {
    buffer.append(contentsOf: name.utf8)
    if isList { buffer.append(UInt8(ascii: "[")) }
    for (index, value) in values.enumerated() {
      if index > 0 { buffer.append(UInt8(ascii: ",")) }
      JSONText.appendQuoted(Array(value.utf8).span, to: &buffer)
    }
    if isList { buffer.append(UInt8(ascii: "]")) }
  }

  private static func date(_ day: UnixDay) -> String {
    let date = ActivityDays.civil(day)
    func two(_ number: UInt32) -> String { number < 10 ? "0\(number)" : "\(number)" }
    return "\(date.year)-\(two(date.month))-\(two(date.day))"
  }
}
