import ArgumentParser
import DNSWire
import TidemarkDomains
import TidemarkModel
import TidemarkRocksDB
import TidemarkSharing
import TidemarkStore

/// `tidemark share simulate`: settings of a stream, tried on what a store holds.
struct ShareSimulateCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "simulate",
    abstract: "Says what a stream would have let out of a store, and what that would have told.",
    discussion: """
      The records of the store are taken apart into sightings again, by their days and sensors, and
      run through pool, windows and rule of a stream. An attacker is given the sensors that
      contribute most. What is measured, and what it leaves out, is in docs/notes/0007-mixing.md.

      Exit status: 0 done, 1 the store cannot be read, 2 usage.
      """)

  @OptionGroup var store: StoreOption
  @Option(help: "Datasets, once for each.") var dataset = ["main"]
  @Option(help: "m: sensors that must contribute to a window.") var sensorsMin = 5
  @Option(name: .customLong("k"), help: "k: sensors that must have seen a record.") var k = 3
  @Option(name: .customLong("n"), help: "n: sightings that let a record out as well; 0: never.")
  var n = 0
  @Option(help: "Length of a window, seconds.") var window = 600
  @Option(help: "Times are rounded down to a multiple of this, seconds.") var coarsen = 3_600
  @Option(help: "How long a record waits, seconds.") var pendingMax = 86_400
  @Option(help: "Most records that wait.") var poolMaxRecords = 1_000_000
  @Option(help: "Only days from this time on; seconds or ISO 8601.") var from: String?
  @Option(help: "Only days up to this time.") var to: String?
  @Option(help: "Sensors that an attacker runs, at most.") var colluders = 5
  @Option(help: "Decides where sightings lie that the store does not tell.") var seed: UInt64 = 1
  @Option(help: "Public suffix list; default: the system's.", completion: .file())
  var suffixes: String?

  func validate() throws {
    guard sensorsMin >= 1, k >= 1, n >= 0, window >= 1, coarsen >= 1, pendingMax >= 0,
      poolMaxRecords >= 1_000, (0...1_000).contains(colluders)
    else { throw ValidationError("a number is out of range") }
    _ = try span()
  }

  func run() throws {
    let suffixList =
      try suffixes.map { try PublicSuffixList(path: $0) }
      ?? (try? PublicSuffixList.standard())
    let report = try ShareCommand.explaining { try simulate(suffixList) }
    let text = ShareSimulateCommand.text(report, coarsen: coarsen, hasDomains: suffixList != nil)
    _ = StandardStreams.write(Array(text.utf8))
  }

  private func simulate(_ suffixList: PublicSuffixList?) throws -> MixReport {
    let opened = try store.openForReading()
    let registry = try Registry(store: opened)
    var settings = MixSettings(name: "simulated", datasets: dataset)
    settings.sensorsMin = sensorsMin
    settings.sensorsPerRecordMin = k
    settings.sightingsMin = UInt64(n)
    settings.windowSeconds = window
    settings.coarsenSeconds = coarsen
    settings.pendingSecondsMax = pendingMax
    settings.poolRecordsMax = poolMaxRecords
    var simulation = MixSimulation(
      settings: settings, registry: registry, span: try span(), seed: seed)
    for (number, name) in registry.datasets where dataset.contains(name) {
      try opened.scan(.records, .records(dataset: number), limit: .max) { key, value in
        if let value = try? RecordValue(decoding: value) { simulation.add(key: key, value: value) }
        return !simulation.isFull
      }
    }
    if simulation.isFull {
      StandardStreams.complain("tidemark: more sightings than are held; the rest is left out")
    }
    return try simulation.run(colluders: colluders) { key in
      suffixList.flatMap { ShareSimulateCommand.domain(of: key, $0) }
    }
  }

  private func span() throws -> ClosedRange<UnixSeconds> {
    func time(_ text: String?, _ option: String, _ standard: UnixSeconds) throws -> UnixSeconds {
      guard let text else { return standard }
      guard let time = TimeText.parse(text, now: StandardStreams.now()) else {
        throw ValidationError("--\(option): \(text) is no time")
      }
      return time
    }
    let first = try time(from, "from", 0)
    let last = try time(to, "to", .max)
    guard first <= last else { throw ValidationError("--from is after --to") }
    return first...last
  }

  /// Where the reversed name of the registered domain lies in a record key.
  private static func domain(of key: Span<UInt8>, _ list: PublicSuffixList) -> Range<Int>? {
    guard let view = RecordKeyView(key) else { return nil }
    var wire: [UInt8] = []
    guard RecordKeyView.appendWireName(reversed: key.extracting(view.reversedName), to: &wire),
      let labels = list.registeredDomain(of: wire.span)
    else { return nil }
    // Labels come from the root: the domain is the first of them.
    var end = view.reversedName.lowerBound
    for _ in 0..<labels {
      while end < view.reversedName.upperBound, key[end] != 0 { end += 1 }
      end += 1
    }
    return view.reversedName.lowerBound..<min(end, view.reversedName.upperBound)
  }
}

extension ShareSimulateCommand {
  static func text(_ report: MixReport, coarsen: Int, hasDomains: Bool) -> String {
    let totals = report.totals
    var lines = [
      "records run           \(report.records)",
      "records of no sensor  \(report.recordsWithoutSensor)",
      "sightings pooled      \(totals.pooled)",
      "sightings released    \(totals.released)  \(share(totals.released, totals.pooled))",
      "sightings pending     \(report.pending)  \(share(report.pending, totals.pooled))",
      "sightings dropped     \(totals.dropped)  \(share(totals.dropped, totals.pooled))",
      "records released      \(totals.recordsReleased)",
      "windows               \(totals.windows), early \(totals.windowsEarly),"
        + " extended \(totals.windowsExtended)",
      "times rounded to      \(coarsen) s",
    ]
    let waits = [0.5, 0.9, 0.99, 1].map { report.wait(quantile: $0).map { "\($0)" } ?? "-" }
    lines.append(
      "waited, seconds       half \(waits[0]), 90 % \(waits[1]), 99 % \(waits[2]),"
        + " all \(waits[3])")
    lines.append("")
    lines.append("attacker's  releases that    of all   only the     domains that")
    lines.append("sensors     expose one       releases attacker's   expose one")
    for exposed in report.exposed {
      let domains = hasDomains ? "\(exposed.domainsToOne) of \(report.domains)" : "no suffix list"
      lines.append(
        pad("\(exposed.attackers)", 12) + pad("\(exposed.toOne)", 17)
          + pad(share(exposed.toOne, totals.recordsReleased), 9)
          + pad("\(exposed.ownOnly)", 13) + domains)
    }
    return lines.map { $0 + "\n" }.joined()
  }

  private static func pad(_ text: String, _ width: Int) -> String {
    text + String(repeating: " ", count: max(width - text.count, 1))
  }

  /// A share in percent with two digits.
  private static func share(_ part: UInt64, _ whole: UInt64) -> String {
    guard whole > 0 else { return "-" }
    let hundredths = Int((Double(part) / Double(whole) * 10_000).rounded())
    let rest = hundredths % 100
    return "\(hundredths / 100).\(rest < 10 ? "0" : "")\(rest) %"
  }
}
