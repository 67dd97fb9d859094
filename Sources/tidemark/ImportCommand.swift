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
    abstract: "Imports captures, logs and zones. The same content is never counted twice.",
    discussion: """
      Reads pcap and pcapng captures, dnstap and NMSG files, Common Output Format (ndjson), logs of
      passivedns, Suricata, Zeek, packetbeat, FEVER, gopassivedns and dnscap, delimited text, and
      zone files, plain or packed by gzip, zstd or xz. `-` is standard input. A zone transfer is
      named by axfr://SERVER[:PORT]/ZONE, the database of a D4 analyzer by
      redis://HOST[:PORT]/NUMBER.

      Exit status: 0 all was read, 1 something was refused (what was read is stored), 2 usage.
      """)

  @OptionGroup var store: StoreOption
  @OptionGroup(title: "Server, instead of a store") var server: ServerOption
  @Option(
    help: "auto, or one of \(SourceFormat.names).",
    completion: .list(["auto"] + SourceFormat.ofFiles.map(\.rawValue)))
  var format = "auto"
  @Option(help: "csv: columns and times, for example columns=rrname,rrtype,rdata,time_first.")
  var layout: String?
  @Option(help: "dnstap, PowerDNS: messages to take, separated by commas.")
  var messages: String?
  @Option(help: "Name of the sensor; default: what the feed says, otherwise none.")
  var sensor = ""
  @Option(help: "Dataset that receives the records.")
  var dataset = Registry.mainDataset
  @Option(
    help: "Where the answers were seen: authority, client, zone or active.",
    completion: .list(["authority", "client", "zone", "active"]))
  var vantage = "client"
  @Option(
    help: "Responses whose query was not seen: refuse or accept.",
    completion: .list(["refuse", "accept"]))
  var unmatched = "refuse"
  @OptionGroup(title: "Filters and bailiwick") var filters: FilterOptions
  @OptionGroup(title: "Zones") var zones: ZoneOptions
  @Flag(help: "Print the account as one JSON object.")
  var json = false
  @Argument(help: "Files; - is standard input.", completion: .file())
  var files: [String]

  func validate() throws {
    guard format == "auto" || SourceFormat.ofFiles.contains(where: { $0.rawValue == format }) else {
      throw ValidationError("--format: auto or one of \(SourceFormat.names), not \(format)")
    }
    _ = try formatOptions()
    guard let value = Vantage(name: vantage), value != .text else {
      throw ValidationError("--vantage: authority, client, zone or active, not \(vantage)")
    }
    guard CaptureIngest.Unmatched(rawValue: unmatched) != nil else {
      throw ValidationError("--unmatched: refuse or accept, not \(unmatched)")
    }
    guard !files.isEmpty else { throw ValidationError("name a file to import") }
    for file in files where D4RedisImport.isDatabase(file) {
      guard format == "auto" || format == SourceFormat.d4Redis.rawValue else {
        throw ValidationError("--format: a database is d4-redis, not \(format)")
      }
      guard server.server == nil else {
        throw ValidationError(
          "a database is imported into a store: what is in it once is known there")
      }
    }
  }

  func run() async throws {
    var summary = ImportSummary()
    if let remote = try connect() {
      let result = Result { try importToServer(remote, &summary) }
      try await remote.shutdown()
      try result.get()
    } else {
      try importToStore(&summary)
    }
    _ = StandardStreams.write(Array(summary.text(asJSON: json).utf8))
    if summary.hasFailed { throw ExitCode(ExitStatus.failure) }
  }

  private func connect() throws -> RemoteServer? {
    do {
      return try server.remote()
    } catch let error as RemoteError {
      StandardStreams.complain("tidemark: \(error)")
      throw ExitCode(ExitStatus.failure)
    }
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
    importFiles(options: try runOptions(origin), sink: sink, spoolFolder: store.path, &summary)
  }

  /// Imports each file. One that is refused does not keep the others back.
  func importFiles(
    options: ImportRun.Options, sink: any BatchSink, spoolFolder: String,
    _ summary: inout ImportSummary
  ) {
    for file in files {
      let shown = ImportCommand.shown(file)
      let meter = ProgressMeter(name: shown)
      do {
        let report = try importFile(file, options, sink, spoolFolder) { meter.show($0) }
        meter.end()
        summary.add(report, file: shown)
        if let damage = report.damage { StandardStreams.complain("tidemark: \(damage)") }
      } catch {
        meter.end()
        summary.hasFailed = true
        StandardStreams.complain("tidemark: \(ImportCommand.line(error, file: shown))")
      }
    }
  }

  private func importFile(
    _ file: String, _ options: ImportRun.Options, _ sink: any BatchSink, _ spoolFolder: String,
    progress: @escaping (ImportRun.Progress) -> Void
  ) throws -> ImportRun.Report {
    let zone = ZoneImport(
      options: zones, settings: options.settings(sink: sink),
      filterIdentity: options.filterIdentity, sink: sink, spoolFolder: spoolFolder)
    if ZoneImport.isTransfer(file) { return try zone.importTransfer(file, progress: progress) }
    if D4RedisImport.isDatabase(file) {
      return try D4RedisImport(
        try ImportCommand.database(file), sink: sink, options: options, folder: spoolFolder,
        progress: progress
      ).run()
    }
    let source = try ByteSource(path: file, spoolFolder: spoolFolder)
    let run = ImportRun(source: source, sink: sink, options: options, progress: progress)
    // Who names the zone of a file says that it is a zone file.
    let isZone = try options.format == nil && zones.zone != nil || run.format() == .zone
    if isZone { return try zone.importFile(source, progress: progress) }
    return try run.run()
  }

  func runOptions(_ origin: ObservationOrigin) throws -> ImportRun.Options {
    var options = ImportRun.Options(origin: origin, now: StandardStreams.now())
    options.format = SourceFormat(rawValue: format)
    options.formatOptions = try formatOptions()
    options.takesSensorsFromFeed = sensor.isEmpty
    options.unmatched = CaptureIngest.Unmatched(rawValue: unmatched) ?? .refuse
    options.filter = try filters.recordFilter(isOnByDefault: false)
    options.filterIdentity = options.filter?.rules.identity ?? ""
    options.authority = try filters.authoritySettings()
    return options
  }

  private func formatOptions() throws -> FormatOptions {
    var options = FormatOptions()
    if let layout {
      do {
        options.csv = try CSVLayout(text: layout)
      } catch {
        throw ValidationError("--layout: \(error)")
      }
    }
    if let names = messages?.split(separator: ",").map(String.init) {
      guard options.take(messages: names, of: SourceFormat(rawValue: format) ?? .dnstap) else {
        throw ValidationError(
          "--messages: resolver, authoritative, forwarder, client, stub, tool for dnstap;"
            + " authority, client for powerdns")
      }
    }
    return options
  }

  /// A file as messages name it: never with a password.
  private static func shown(_ file: String) -> String {
    guard D4RedisImport.isDatabase(file) else { return file }
    return (try? RedisAddress(url: file))?.description ?? "redis://"
  }

  /// The database, with the password of ``passwordVariable`` when the address has none.
  private static func database(_ url: String) throws -> RedisAddress {
    var address = try RedisAddress(url: url)
    if address.password == nil, let value = unsafe getenv(passwordVariable) {
      address.password = unsafe String(cString: value)
    }
    return address
  }

  /// Holds the password of a database, so that it is not on the command line.
  private static let passwordVariable = "TIDEMARK_REDIS_PASSWORD"

  /// One line that names the file.
  static func line(_ error: any Error, file: String) -> String {
    let text = "\(error)"
    return text.hasPrefix(file) ? text : "\(file): \(text)"
  }
}
