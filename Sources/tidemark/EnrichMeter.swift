import TidemarkEnrichment
import TidemarkOperations

/// Shows how far an enrichment is: a line that is rewritten on a terminal, a line every ten seconds
/// elsewhere.
struct EnrichMeter {
  private let start = ContinuousClock.now
  private var last = ContinuousClock.now
  private var report: BulkReport?
  private var waits: String?
  private var added = 0
  private var refused = 0
  private var hasLine = false

  /// Takes what happened.
  mutating func take(_ event: BulkEvent) {
    switch event {
    case .started(let report):
      self.report = report
      if report.resumed > 0 {
        StandardStreams.complain(
          "tidemark: \(report.resumed) of \(report.total) indicators were done before")
      }
    case .waiting(let operation, _): waits = operation
    case .ran: waits = nil
    case .finished(_, let report): self.report = report
    }
    show()
  }

  /// Counts what was added.
  mutating func add(_ outcome: SelectionOutcome) {
    added += outcome.added
    refused += outcome.refused.count
  }

  private mutating func show() {
    let interval = StandardStreams.isErrorTerminal ? Duration.milliseconds(200) : .seconds(10)
    let now = ContinuousClock.now
    guard let report, now - last >= interval else { return }
    last = now
    let done = report.done - report.resumed
    let rate = Double(done) / max((now - start).seconds, 0.001)
    var line = "\(report.done) of \(report.total) indicators"
    if rate > 0 {
      let left = (Double(report.total - report.done) / rate).rounded(.up)
      line += ", \(Int(left)) s left"
    }
    if let waits { line += ", waiting for \(waits)" }
    if StandardStreams.isErrorTerminal {
      _ = StandardStreams.write(Array("\r\u{1B}[K\(line)".utf8), to: 2)
      hasLine = true
    } else {
      StandardStreams.complain("tidemark: \(line)")
    }
  }

  /// Clears the line, so that other text can be printed.
  mutating func clear() {
    if hasLine { _ = StandardStreams.write(Array("\r\u{1B}[K".utf8), to: 2) }
    hasLine = false
  }

  /// Shows no more.
  mutating func end() { clear() }

  /// Tells what became of all indicators.
  func summarize(_ report: BulkReport) {
    let counts = report.counts
    var line =
      "tidemark: \(report.done) of \(report.total) indicators done; \(counts.runs) runs:"
      + " \(counts.ok) with rows, \(counts.empty) without"
    for kind in FailureKind.allCases {
      if let count = counts.failed[kind], count > 0 { line += ", \(count) \(kind.rawValue)" }
    }
    if report.notTaken > 0 { line += "; \(report.notTaken) indicators that no action takes" }
    if added + refused > 0 { line += "; \(added) rows added, \(refused) refused" }
    StandardStreams.complain(line)
  }
}
