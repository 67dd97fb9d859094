import ArgumentParser
import Glibc
import TidemarkCollectors
import TidemarkIngest
import TidemarkModel
import TidemarkRocksDB
import TidemarkStore

/// `tidemark import`: files into a store, each exactly once.
struct ImportCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "import",
    abstract: "Imports captures and logs. The same content is never counted twice.",
    discussion: """
      Reads pcap and pcapng captures, Common Output Format (ndjson) and passivedns logs, plain or
      packed by gzip, zstd or xz. `-` is standard input.

      Exit status: 0 all was read, 1 something was refused (what was read is stored), 2 usage.
      """)

  @OptionGroup var store: StoreOption
  @Option(help: "Send to a running server instead, for example http://127.0.0.1:8053.")
  var server: String?
  @Option(help: "auto, pcap, cof or passivedns.")
  var format = "auto"
  @Option(help: "Name of the sensor; default: what the feed says, otherwise none.")
  var sensor = ""
  @Option(help: "Dataset that receives the records.")
  var dataset = Registry.mainDataset
  @Option(help: "Where the answers were seen: authority, client, zone or active.")
  var vantage = "client"
  @Option(help: "Responses whose query was not seen: refuse or accept.")
  var unmatched = "refuse"
  @Flag(help: "Print the account as one JSON object.")
  var json = false
  @Argument(help: "Files; - is standard input.")
  var files: [String]

  func validate() throws {
    guard format == "auto" || ImportFormat(rawValue: format) != nil else {
      throw ValidationError("--format: auto, pcap, cof or passivedns, not \(format)")
    }
    guard let value = Vantage(name: vantage), value != .text else {
      throw ValidationError("--vantage: authority, client, zone or active, not \(vantage)")
    }
    guard CaptureIngest.Unmatched(rawValue: unmatched) != nil else {
      throw ValidationError("--unmatched: refuse or accept, not \(unmatched)")
    }
    guard !files.isEmpty else { throw ValidationError("name a file to import") }
  }

  func run() async throws {
    var summary = ImportSummary()
    if let server {
      try importToServer(server, &summary)
    } else {
      try importToStore(&summary)
    }
    _ = StandardStreams.write(Array(summary.text(asJSON: json).utf8))
    if summary.hasFailed { throw ExitCode(ExitStatus.failure) }
  }

  private func importToStore(_ summary: inout ImportSummary) throws {
    let sink: StoreSink
    let origin: ObservationOrigin
    do {
      let opened = try store.openForWriting()
      let registry = try Registry(store: opened)
      sink = StoreSink(store: opened, registry: registry)
      origin = ObservationOrigin(
        dataset: try registry.addDataset(dataset), sensor: try registry.addSensor(sensor),
        vantage: Vantage(name: vantage) ?? .client)
    } catch {
      StandardStreams.complain("tidemark: \(error)")
      throw ExitCode(ExitStatus.failure)
    }
    importFiles(options: runOptions(origin), sink: sink, spoolFolder: store.path, &summary)
  }

  /// Imports each file. One that is refused does not keep the others back.
  func importFiles(
    options: ImportRun.Options, sink: any BatchSink, spoolFolder: String,
    _ summary: inout ImportSummary
  ) {
    for file in files {
      let meter = ProgressMeter(name: file)
      do {
        let source = try ByteSource(path: file, spoolFolder: spoolFolder)
        let report = try ImportRun(source: source, sink: sink, options: options) { meter.show($0) }
          .run()
        meter.end()
        summary.add(report, file: file)
        if let damage = report.damage { StandardStreams.complain("tidemark: \(damage)") }
      } catch {
        meter.end()
        summary.hasFailed = true
        StandardStreams.complain("tidemark: \(ImportCommand.line(error, file: file))")
      }
    }
  }

  func runOptions(_ origin: ObservationOrigin) -> ImportRun.Options {
    var options = ImportRun.Options(origin: origin, now: StandardStreams.now())
    options.format = ImportFormat(rawValue: format)
    options.takesSensorsFromFeed = sensor.isEmpty
    options.unmatched = CaptureIngest.Unmatched(rawValue: unmatched) ?? .refuse
    return options
  }

  /// One line that names the file.
  static func line(_ error: any Error, file: String) -> String {
    let text = "\(error)"
    return text.hasPrefix(file) ? text : "\(file): \(text)"
  }
}
