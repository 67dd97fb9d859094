import DNSWire
import TidemarkCollectors
import TidemarkIngest
import TidemarkModel

/// The zone files and zone transfers of an import.
struct ZoneImport {
  let options: ZoneOptions
  /// Dataset, sensor, filter and clock.
  let settings: SourceSettings
  let filterIdentity: String
  let sink: any BatchSink
  let spoolFolder: String

  /// True for an argument that names a transfer: `axfr://server[:port]/zone`.
  static func isTransfer(_ argument: String) -> Bool {
    argument.lowercased().hasPrefix("axfr://")
  }

  /// Imports a zone file.
  func importFile(
    _ source: ByteSource, progress: @escaping (ImportRun.Progress) -> Void
  ) throws -> ImportRun.Report {
    let run = ZoneImportRun(
      sink: sink,
      options: try options.runOptions(
        settings: settings, filterIdentity: filterIdentity,
        time: source.modified ?? settings.now, isTransfer: false,
        spoolFolder: spoolFolder),
      progress: progress)
    return summary(try run.importFile(source), of: source.path)
  }

  /// Fetches a zone and imports it.
  func importTransfer(
    _ url: String, progress: @escaping (ImportRun.Progress) -> Void
  ) throws -> ImportRun.Report {
    guard let request = ZoneTransfer.Request(url: url) else { throw Problem.notAnAddress }
    let run = ZoneImportRun(
      sink: sink,
      options: try options.runOptions(
        settings: settings, filterIdentity: filterIdentity, time: settings.now, isTransfer: true,
        spoolFolder: spoolFolder),
      progress: progress)
    let transfer = ZoneTransfer(request, key: try options.tsigKey())
    let result = try transfer.run(spoolFolder: spoolFolder) { try !run.isStored($0) }
    guard let source = result.source else {
      var report = ZoneImportRun.Report()
      report.wasStored = true
      report.skipped = 1
      report.snapshot = ZoneSnapshot(
        apex: result.start.apex, serial: result.start.serial, time: settings.now)
      return summary(report, of: url)
    }
    return summary(try run.importTransfer(source, start: result.start), of: url)
  }

  /// Tells what happened to the snapshot, and hands its account on.
  private func summary(_ report: ZoneImportRun.Report, of path: String) -> ImportRun.Report {
    for rejection in report.rejections {
      let place = "\(path): line \(rejection.line)"
      StandardStreams.complain("tidemark: \(place): \(rejection.reason.name)")
    }
    if report.wasStored, let snapshot = report.snapshot {
      let serial = snapshot.serial.map(String.init) ?? "-"
      let zone = snapshot.apex.text(finalDot: true)
      StandardStreams.complain("tidemark: \(path): serial \(serial) of \(zone) is stored already")
    }
    var result = ImportRun.Report()
    result.accounting = report.accounting
    result.skipped = report.skipped
    result.damage = report.damage
    return result
  }

  /// What is wrong with an argument.
  enum Problem: Error, CustomStringConvertible {
    case notAnAddress

    var description: String { "not axfr://SERVER[:PORT]/ZONE" }
  }
}
