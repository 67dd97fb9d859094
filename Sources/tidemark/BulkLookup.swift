import ArgumentParser
import Glibc
import TidemarkModel
import TidemarkQuery

/// Looks up the keys of a list, one after another in the order of the list.
struct BulkLookup {
  let options: BulkOptions
  let list: String

  /// Octets of the list that are read at once; the keys in them are looked up together.
  private static let chunkOctets = 1 << 16

  /// A line of the list.
  private struct Entry {
    /// The key and, when there is nothing to look up, why.
    var status: BulkStatus
    /// Nil when the line is no key.
    var value: SearchValue?
    /// False for a line that is too long to be one.
    var isKey = true
  }

  /// Runs through the list.
  ///
  /// - Returns: the status of the process.
  /// - Throws: `ValidationError` when list or checkpoint cannot be read;
  ///   ``RowPrinter/Failure``.
  func run(_ search: any RecordSearch, _ printer: inout RowPrinter) async throws -> Int32 {
    do {
      var progress = BulkProgress(
        format: options.status, checkpoint: try options.resume.map(BulkCheckpoint.init(path:)))
      try await lookUpAll(search, &printer, &progress)
      try progress.checkpoint?.end()
      let status = progress.exitStatus
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
    _ search: any RecordSearch, _ printer: inout RowPrinter, _ progress: inout BulkProgress
  ) async throws {
    let reader = try TextFileReader(path: list)
    var keys = BulkList()
    var chunk = [UInt8](repeating: 0, count: BulkLookup.chunkOctets)
    while true {
      let count = try reader.read(into: &chunk)
      var entries: [Entry] = []
      var at = 0
      while true {
        let step =
          count > 0
          ? keys.next(chunk.span.extracting(0..<count), at: &at) : keys.finish()
        if step == .needsInput { break }
        if let entry = try BulkLookup.entry(step, &progress) { entries.append(entry) }
      }
      let isRead = try await lookUp(entries, search, &printer, &progress)
      if count == 0 || !isRead { return }
    }
  }

  /// A line to look up or to complain about; nil for a key that an earlier run finished.
  private static func entry(
    _ step: BulkList.Step, _ progress: inout BulkProgress
  ) throws -> Entry? {
    guard case .key(let key) = step else {
      let reason = "longer than \(BulkList.lineOctetsMax) octets"
      return Entry(
        status: BulkStatus(key: "", value: "", state: .invalid, reason: reason), isKey: false)
    }
    if try progress.checkpoint?.skips(key) ?? false { return nil }
    var entry = Entry(
      status: BulkStatus(key: key, value: RefangedValue(key).value, state: .complete))
    do {
      entry.value = try SearchValue(entry.status.value)
    } catch {
      entry.status.state = .invalid
      entry.status.reason = "\(error)"
    }
    return entry
  }

  /// Looks up the keys among some lines, and tells of each line in its turn.
  ///
  /// - Returns: false when nobody reads the rows any more.
  private func lookUp(
    _ entries: [Entry], _ search: any RecordSearch, _ printer: inout RowPrinter,
    _ progress: inout BulkProgress
  ) async throws -> Bool {
    let asked = entries.indices.filter { entries[$0].value != nil }
    var next = 0
    var isRead = true
    try await search.searchAll(asked.compactMap { entries[$0].value }, into: &printer) {
      index, outcome, printer in
      isRead = outcome.state != .stopped && printer.endSection()
      guard isRead else { return false }
      while next < asked[index] {
        try progress.end(entries[next].status, isKey: entries[next].isKey)
        next += 1
      }
      var status = entries[next].status
      status.take(outcome)
      try progress.end(status, isKey: true)
      next += 1
      return true
    }
    guard isRead else { return false }
    for entry in entries[next...] { try progress.end(entry.status, isKey: entry.isKey) }
    return true
  }
}

/// What became of the keys so far.
struct BulkProgress {
  let format: BulkOptions.Status
  var checkpoint: BulkCheckpoint?
  /// Status of the process when no more keys follow.
  private(set) var exitStatus: Int32 = 0

  init(format: BulkOptions.Status, checkpoint: BulkCheckpoint?) {
    self.format = format
    self.checkpoint = checkpoint
  }

  /// Tells of a line and, when it is a key, notes it in the checkpoint.
  mutating func end(_ status: BulkStatus, isKey: Bool) throws(BulkCheckpoint.Failure) {
    tell(status)
    // The next run starts at the first key that failed.
    if status.state == .failed { checkpoint?.stop() }
    if isKey { try checkpoint?.finish(status.key) }
    // What is missing weighs more than what a limit kept back.
    if exitStatus != ExitStatus.partial, status.exitStatus != 0 { exitStatus = status.exitStatus }
  }

  private func tell(_ status: BulkStatus) {
    var out: [UInt8] = []
    switch format {
    case .text: status.appendText(to: &out)
    case .json: status.appendJSON(to: &out)
    case .none: return
    }
    _ = StandardStreams.write(out, to: STDERR_FILENO)
  }
}

extension BulkStatus {
  /// Status of the process when this key was the only one.
  fileprivate var exitStatus: Int32 {
    switch state {
    case .complete where reason == nil: 0
    case .limited where reason == nil: ExitStatus.limited
    case .complete, .limited, .invalid, .failed: ExitStatus.partial
    }
  }

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
