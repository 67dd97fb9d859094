import ArgumentParser
import TidemarkEnrichment
import TidemarkHTTP
import TidemarkModel
import TidemarkOperations

/// Enriches the indicators of a list, one after another.
struct EnrichList {
  let options: EnrichBulkOptions
  let types: Set<IndicatorType>?
  let adding: AddOptions
  let json: Bool

  /// Octets of the list that are read at once.
  private static let chunkOctets = 1 << 16

  /// Runs through the list.
  ///
  /// - Returns: the status of the process.
  func run(_ choice: ActionChoice, _ world: EnrichmentWorld) async throws -> Int32 {
    let rates = try options.rates().mapValues { RequestRate(perSecond: Double($0) / 60) }
    let (keys, strayCount) = try indicators()
    if choice.chosen.contains(where: \.needsLists) { Enrichment.loadLists(of: world) }
    let enrichment = BulkEnrichment(
      runner: world.runner, registry: world.registry, rates: rates)
    var meter = EnrichMeter()
    var sum = EnrichSum()
    var failure: (any Error)?
    var isRead = true
    let report = try await enrichment.run(
      keys,
      actions: choice.chosen.map { BulkAction(operation: $0.operation.id, action: $0.action.id) },
      checkpoint: options.resume
    ) { event in
      if case .ran(let result) = event, failure == nil, isRead {
        do {
          sum.add(try show(result, world.library, &meter, &isRead))
        } catch {
          failure = error
        }
        // The indicator under way does not count as done then.
        if failure != nil || !isRead { EnrichList.stop() }
      }
      meter.take(event)
    }
    meter.end()
    if let failure { throw failure }
    guard isRead else { return 0 }
    meter.summarize(report)
    if strayCount > 0 {
      StandardStreams.complain("tidemark: \(strayCount) lines of the list are no indicators")
    }
    guard report.isComplete else { return ExitStatus.failure }
    return strayCount > 0 && sum.exitStatus != ExitStatus.failure
      ? ExitStatus.partial : sum.exitStatus
  }

  /// Ends the enrichment behind the run under way.
  private static func stop() {
    unsafe withUnsafeCurrentTask { unsafe $0?.cancel() }
  }

  /// The indicators of the list; how many lines are none.
  private func indicators() throws -> (keys: [IndicatorKey], strayCount: Int) {
    let reader = try TextFileReader(path: options.file ?? "-")
    var lines = BulkList()
    var chunk = [UInt8](repeating: 0, count: EnrichList.chunkOctets)
    var keys: [IndicatorKey] = []
    var strayCount = 0
    while true {
      let count = try reader.read(into: &chunk)
      var at = 0
      while true {
        let step =
          count > 0 ? lines.next(chunk.span.extracting(0..<count), at: &at) : lines.finish()
        if step == .needsInput { break }
        if case .key(let text) = step, let key = IndicatorArgument.quietly(text, oneOf: types) {
          keys.append(key)
          guard keys.count <= BulkEnrichment.indicatorsMax else { throw BulkError.tooMany }
        } else {
          strayCount += 1
          tellStray(step, strayCount)
        }
      }
      if count == 0 { return (keys, strayCount) }
    }
  }

  /// Lines that are told one by one.
  private static let straysMax = 20

  private func tellStray(_ step: BulkList.Step, _ number: Int) {
    guard number <= EnrichList.straysMax else { return }
    if case .key(let text) = step {
      StandardStreams.complain("tidemark: \(text): no indicator")
    } else {
      StandardStreams.complain("tidemark: a line longer than \(BulkList.lineOctetsMax) octets")
    }
  }

  /// Adds from a result and prints it.
  private func show(
    _ result: ActionResult, _ library: Library, _ meter: inout EnrichMeter, _ isRead: inout Bool
  ) throws -> Int32 {
    let selection = try adding.selection(of: result, isPartial: true)
    let outcome = try selection.map { try library.add($0, now: StandardStreams.now()) }
    meter.clear()
    if json {
      isRead = StandardStreams.write(EnrichmentJSON.result(result, outcome))
    } else {
      isRead = StandardStreams.write(Array((ResultPrinter.text(result) + "\n").utf8))
    }
    if let outcome { meter.add(outcome) }
    if case .failed(let failure) = result.status {
      StandardStreams.complain(
        "tidemark: \(result.operation).\(result.action) \(result.indicator.value):"
          + " \(ResultPrinter.text(failure))")
    }
    return ResultPrinter.exitStatus(result, outcome)
  }
}
