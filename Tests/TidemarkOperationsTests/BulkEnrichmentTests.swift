import Foundation
import Synchronization
import TidemarkEnrichment
import TidemarkModel
import TidemarkOperations
import TidemarkStore
import TidemarkTesting
import Testing

/// Time that passes only when somebody waits.
final class TestClock: Sendable {
  private let time = Mutex<Int64>(0)

  var milliseconds: Int64 { time.withLock { $0 } }

  var clock: BulkEnrichment.Clock {
    BulkEnrichment.Clock(
      milliseconds: { self.milliseconds },
      sleep: { wait in self.time.withLock { $0 += wait } })
  }
}

/// Answers what a value asks for: rows, none, or a failure of some kind.
struct ValueSource: ActionSource {
  let asked: @Sendable (ActionRequest) async -> Void

  func answer(_ request: ActionRequest) async throws(ActionFailure) -> SourceAnswer {
    await asked(request)
    let value = request.indicator.value
    for kind in FailureKind.allCases where value.hasPrefix(kind.rawValue) {
      throw ActionFailure(kind, message: "as asked")
    }
    var answer = SourceAnswer(
      source: "test", raw: RawAnswer(contentType: "text/plain", octets: []))
    var table = request.table("records")
    if !value.hasPrefix("empty") { table.append(["rrname": .text(value)]) }
    answer.tables = [table]
    return answer
  }
}

@Suite(.enabled(if: Suffixes.isThere)) struct BulkEnrichmentTests {
  private let world: OwnWorld
  private let clock = TestClock()
  private let circl = BulkAction(operation: "circl", action: "passive-dns")

  init() throws {
    world = try OwnWorld()
    try world.registry.configure("circl", ["token": "secret"])
    try world.registry.setEnabled("circl", true)
  }

  private func bulk(
    rates: [String: RequestRate] = [:],
    asked: @escaping @Sendable (ActionRequest) async -> Void = { _ in }
  ) -> BulkEnrichment {
    let runner = ActionRunner(
      registry: world.registry,
      sources: ["circl": ValueSource(asked: asked), "tidemark": world.source],
      clock: ActionRunner.Clock(now: { OwnWorld.now }, milliseconds: { 0 }))
    return BulkEnrichment(
      runner: runner, registry: world.registry, rates: rates, clock: clock.clock)
  }

  private static func keys(_ names: [String]) throws -> [IndicatorKey] {
    try names.map { try IndicatorKey(.fqdn, "\($0).example") }
  }

  @Test func failuresStopNothing() async throws {
    let kinds = FailureKind.allCases.map(\.rawValue)
    var keys = try Self.keys(["a", "empty"] + kinds + ["b", "a"])
    keys.append(try IndicatorKey(.email, "x@example.com"))
    let report = try await bulk().run(keys, actions: [circl, circl])
    #expect(report.total == 8 && report.isComplete)
    #expect(report.counts.ok == 2 && report.counts.empty == 1 && report.notTaken == 1)
    #expect(
      report.counts.failed == Dictionary(uniqueKeysWithValues: FailureKind.allCases.map { ($0, 1) })
    )
    #expect(report.counts.runs == 7)
  }

  @Test func asksNoFasterThanItMay() async throws {
    let times = Mutex<[Int64]>([])
    let clock = clock
    let bulk = bulk(rates: ["circl": RequestRate(perSecond: 4, burst: 3)]) { _ in
      times.withLock { $0.append(clock.milliseconds) }
    }
    var waits = 0
    _ = try await bulk.run(try Self.keys((0..<10).map { "n\($0)" }), actions: [circl]) { event in
      if case .waiting(let operation, _) = event {
        #expect(operation == "circl")
        waits += 1
      }
    }
    #expect(times.withLock { $0 } == [0, 0, 0, 250, 500, 750, 1_000, 1_250, 1_500, 1_750])
    #expect(waits == 7)
  }

  @Test func eachOperationHasARateOfItsOwn() async throws {
    let own = BulkAction(operation: "tidemark", action: "passive-dns")
    let bulk = bulk(rates: ["tidemark": RequestRate(perSecond: 1)])
    _ = try await bulk.run(try Self.keys(["a", "b"]), actions: [circl, own])
    #expect(clock.milliseconds == 1_000)
  }

  @Test func refusesWhatCannotBeRunBeforeItStarts() async throws {
    let keys = try Self.keys(["a"])
    await #expect(throws: BulkError.noAction) { try await bulk().run(keys, actions: []) }
    await #expect(throws: BulkError.operation(.unknownOperation)) {
      try await bulk().run(keys, actions: [BulkAction(operation: "no", action: "no")])
    }
    await #expect(throws: BulkError.operation(.unknownAction)) {
      try await bulk().run(keys, actions: [circl, BulkAction(operation: "circl", action: "no")])
    }
    #expect(try world.library.indicators(limit: 9).isEmpty)
  }

  /// A run is killed after any number of events, again and again, sometimes in the middle of a line
  /// of the checkpoint. In the end every indicator counts once.
  @Test func killedRunsGoOnWhereTheyWere() async throws {
    let seed = UInt64.random(in: 0 ... .max)
    print("seed of killed enrichments: \(seed)")
    var generator = SeededGenerator(seed: seed)
    let words = ["a", "empty", "unavailable", "refused"]
    for round in 0..<10 {
      let path = "\(world.folder)/checkpoint-\(round)"
      let keys = try Self.keys(
        (0..<Int.random(in: 1...20, using: &generator)).map { number in
          "\(words[Int.random(in: 0..<4, using: &generator)])\(number)"
        })
      var last = BulkReport()
      var kills = 0
      while !last.isComplete || last.total == 0 {
        let stopAfter = kills > 30 ? Int.max : Int.random(in: 0...8, using: &generator)
        let before = last.done
        last = try await killed(keys, path, after: stopAfter)
        #expect(last.resumed == before, "seed \(seed)")
        kills += 1
        guard !last.isComplete, Bool.random(using: &generator) else { continue }
        // What a kill in the middle of a write leaves.
        let file = try #require(FileHandle(forWritingAtPath: path))
        try file.seekToEnd()
        try file.write(contentsOf: Data("\(before) 1 0".utf8))
        try file.close()
      }
      var counts = RunCounts()
      for key in keys {
        switch key.value.first {
        case "a": counts.ok += 1
        case "e": counts.empty += 1
        case "u": counts.failed[.unavailable, default: 0] += 1
        default: counts.failed[.refused, default: 0] += 1
        }
      }
      #expect(last.counts == counts && last.done == keys.count, "seed \(seed)")
      let again = try await bulk(asked: { _ in Issue.record("asked again") }).run(
        keys, actions: [circl], checkpoint: path)
      #expect(again.resumed == keys.count && again.counts == counts, "seed \(seed)")
    }
  }

  /// Cancels the run after so many runs; what it then reports is what a killed process had done.
  private func killed(
    _ keys: [IndicatorKey], _ path: String, after runs: Int
  ) async throws -> BulkReport {
    let left = Mutex(runs)
    let bulk = bulk { _ in
      let isOver = left.withLock { left in
        left -= 1
        return left < 0
      }
      if isOver { unsafe withUnsafeCurrentTask { unsafe $0?.cancel() } }
    }
    let circl = circl
    return try await Task { try await bulk.run(keys, actions: [circl], checkpoint: path) }.value
  }

  @Test func aCheckpointIsForOneList() async throws {
    let path = "\(world.folder)/checkpoint"
    _ = try await bulk().run(try Self.keys(["a", "b"]), actions: [circl], checkpoint: path)
    for keys in [try Self.keys(["a", "c"]), try Self.keys(["b", "a"]), try Self.keys(["a"])] {
      await #expect(throws: BulkError.self) {
        try await bulk().run(keys, actions: [circl], checkpoint: path)
      }
    }
    try Data("something else\n".utf8).write(to: URL(fileURLWithPath: path))
    await #expect(throws: BulkError.self) {
      try await bulk().run(try Self.keys(["a"]), actions: [circl], checkpoint: path)
    }
    #expect(try Data(contentsOf: URL(fileURLWithPath: path)) == Data("something else\n".utf8))
  }

  @Test func twoProcessesDoNotShareACheckpoint() async throws {
    let path = "\(world.folder)/checkpoint"
    let keys = try Self.keys(["a"])
    let second = bulk()
    let circl = circl
    let errors = Mutex<[BulkError]>([])
    let first = bulk { _ in
      do throws(BulkError) {
        _ = try await second.run(keys, actions: [circl], checkpoint: path)
      } catch {
        errors.withLock { $0.append(error) }
      }
    }
    let report = try await first.run(keys, actions: [circl], checkpoint: path)
    #expect(report.counts.ok == 1)
    #expect(
      errors.withLock { $0 } == [
        .checkpoint(path: path, reason: "another process works with it")
      ])
  }

  /// Whoever takes the results cannot go on: what it did not take is not done.
  @Test(arguments: ["circl", "tidemark"])
  func whatWasNotTakenIsNotDone(operation: String) async throws {
    let keys = try Self.keys((0..<20).map { "a\($0)" })
    let action = BulkAction(operation: operation, action: "passive-dns")
    let path = "\(world.folder)/taken"
    let bulk = bulk()
    let first = try await Task {
      try await bulk.run(keys, actions: [action], checkpoint: path) { event in
        if case .ran = event { unsafe withUnsafeCurrentTask { unsafe $0?.cancel() } }
      }
    }.value
    #expect(first.done == 0)
    let second = try await bulk.run(keys, actions: [action], checkpoint: path)
    #expect(second.resumed == 0 && second.isComplete)
  }

  @Test func ownDataAnswersAThousandIndicators() async throws {
    try world.store.apply(
      StoreSample.batch((0..<1_000).map { OwnWorld.a("www.d\($0).example", UInt8($0 % 250)) }))
    let keys = try (0..<1_000).map { try IndicatorKey(.fqdn, "www.d\($0).example") }
    let own = BulkAction(operation: "tidemark", action: "passive-dns")
    var finished: [Int] = []
    let report = try await bulk().run(keys, actions: [own]) { event in
      if case .finished(_, let report) = event { finished.append(report.done) }
    }
    #expect(report.counts.ok == 1_000)
    #expect(finished == Array(1...1_000))
  }
}
