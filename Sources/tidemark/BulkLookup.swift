import ArgumentParser
import Glibc
import TidemarkModel
import TidemarkQuery

/// Looks up the keys of a list, one after another in the order of the list.
struct BulkLookup {
  let options: BulkOptions
  let list: String

  /// Octets of the list that are read at once.
  private static let chunkOctets = 1 << 16

  /// Runs through the list.
  ///
  /// - Returns: the status of the process.
  /// - Throws: `ValidationError` when list or checkpoint cannot be read;
  ///   ``RowPrinter/Failure``.
  func run(_ search: any RecordSearch, _ printer: inout RowPrinter) async throws -> Int32 {
    var checkpoint: BulkCheckpoint?
    do {
      checkpoint = try options.resume.map(BulkCheckpoint.init(path:))
      let status = try await lookUpAll(search, &printer, &checkpoint)
      try checkpoint?.end()
      return try printer.finish() && status == 0 ? ExitStatus.limited : status
    } catch let error as BulkCheckpoint.Failure {
      StandardStreams.complain("tidemark: \(error)")
      return ExitStatus.failure
    } catch let error as TextFile.Failure {
      StandardStreams.complain("tidemark: \(error)")
      return ExitStatus.failure
    }
  }

  private func lookUpAll(
    _ search: any RecordSearch, _ printer: inout RowPrinter,
    _ checkpoint: inout BulkCheckpoint?
  ) async throws -> Int32 {
    let reader = try TextFileReader(path: list)
    var keys = BulkList()
    var chunk = [UInt8](repeating: 0, count: BulkLookup.chunkOctets)
    var status: Int32 = 0
    while true {
      let count = try reader.read(into: &chunk)
      var at = 0
      while true {
        let step =
          count > 0
          ? keys.next(chunk.span.extracting(0..<count), at: &at) : keys.finish()
        if step == .needsInput { break }
        let ended = try await lookUp(step, search, &printer, &checkpoint)
        // What is missing weighs more than what a limit kept back.
        if ended != 0, status != ExitStatus.partial { status = ended }
        if ended == BulkLookup.unread { return 0 }
      }
      if count == 0 { return status }
    }
  }

  /// Nobody reads the rows any more.
  private static let unread: Int32 = -1

  private func lookUp(
    _ step: BulkList.Step, _ search: any RecordSearch, _ printer: inout RowPrinter,
    _ checkpoint: inout BulkCheckpoint?
  ) async throws -> Int32 {
    guard case .key(let key) = step else {
      let reason = "longer than \(BulkList.lineOctetsMax) octets"
      tell(BulkStatus(key: "", value: "", state: .invalid, reason: reason))
      return ExitStatus.partial
    }
    if try checkpoint?.skips(key) ?? false { return 0 }
    var status = BulkStatus(key: key, value: RefangedValue(key).value, state: .complete)
    do {
      let outcome = try await search.search(SearchValue(status.value), into: &printer)
      guard outcome.state != .stopped, printer.endSection() else { return BulkLookup.unread }
      status.take(outcome)
    } catch let error as LookupValueError {
      status.state = .invalid
      status.reason = "\(error)"
    }
    tell(status)
    // The next run starts at the first key that failed.
    if status.state == .failed { checkpoint?.stop() }
    try checkpoint?.write()
    switch status.state {
    case .complete where status.reason == nil: return 0
    case .limited where status.reason == nil: return ExitStatus.limited
    case .complete, .limited, .invalid, .failed: return ExitStatus.partial
    }
  }

  private func tell(_ status: BulkStatus) {
    var out: [UInt8] = []
    switch options.status {
    case .text: status.appendText(to: &out)
    case .json: status.appendJSON(to: &out)
    case .none: return
    }
    _ = StandardStreams.write(out, to: STDERR_FILENO)
  }
}

extension BulkStatus {
  /// Takes how the search ended.
  fileprivate mutating func take(_ outcome: SearchOutcome) {
    rows = outcome.rows
    switch outcome.state {
    case .complete, .stopped: state = .complete
    case .limited: state = .limited
    case .failed(let reason):
      state = .failed
      self.reason = reason
    }
    if outcome.damaged > 0, reason == nil {
      reason = "\(outcome.damaged) damaged rows were left out"
    }
  }
}
