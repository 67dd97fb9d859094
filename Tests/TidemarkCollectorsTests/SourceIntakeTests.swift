import DNSWire
import Dispatch
import Synchronization
import Testing
import TidemarkCollectors
import TidemarkIngest
import TidemarkModel

/// Decodes one record from each octet; says that the batch is full after each `batchItems`.
private struct OctetDecoder: ~Copyable, ItemDecoder {
  var items: UInt64 = 0
  var now: UnixSeconds = 0
  let batchItems: UInt64
  private var keys = RecordKeyWriter()

  init(batchItems: UInt64 = .max) {
    self.batchItems = batchItems
  }

  mutating func decode(
    _ window: Span<UInt8>, at offset: inout Int, isFinal: Bool, into batch: RecordBatch
  ) throws(ImportError) -> DecodeStep {
    while offset < window.count {
      let octet = window[offset]
      guard octet != 0xFF else { throw .unreadable(reason: "0xFF", offset: items) }
      let name: [UInt8] = [1, 0x61, 0]
      keys.setOwner(dataset: .main, rrname: name.span)
      let rdata: [UInt8] = [192, 0, 2, octet]
      keys.finish(rrtype: .a, rdata: rdata.span, vantage: .client, bailiwick: .unknown)
      keys.withKey {
        batch.add(key: $0, timeFirst: 1_700_000_000, timeLast: 1_700_000_000, count: 1, sensor: 0)
      }
      offset += 1
      items += 1
      if items % batchItems == 0 { return .batchIsFull }
    }
    return isFinal ? .end : .needsInput
  }

  func account(into accounting: inout Accounting) {
    accounting.read = items
    accounting.offered = items
  }
}

/// Keeps what is written; refuses as often as it is told; waits while its gate is closed.
private final class TestSink: BatchSink {
  struct Refused: Error {}
  struct Written {
    var observations: UInt64
    var states: [[UInt8]: [UInt8]]
  }

  let written = Mutex<[Written]>([])
  let known = Mutex<Set<[UInt8]>>([])
  let refusals = Mutex(0)
  let gate = DispatchSemaphore(value: 0)
  let isGated: Bool

  init(isGated: Bool = false) { self.isGated = isGated }

  func write(_ batch: RecordBatch) throws -> UInt64 {
    if isGated { gate.wait() }
    let isRefused = refusals.withLock { left in
      left -= 1
      return left >= 0
    }
    if isRefused { throw Refused() }
    var created: UInt64 = 0
    for entry in batch.entries {
      let key = batch.withKey(of: entry) { key in key.indices.map { key[$0] } }
      if known.withLock({ $0.insert(key).inserted }) { created += 1 }
    }
    var states: [[UInt8]: [UInt8]] = [:]
    for change in batch.stateChanges { states[change.key] = change.value }
    written.withLock { $0.append(Written(observations: batch.observations, states: states)) }
    return created
  }

  func states(prefix: [UInt8]) throws -> [(key: [UInt8], value: [UInt8])] { [] }
  func sensor(named name: String) throws -> SensorNumber { 0 }
}

@Suite struct SourceIntakeTests {
  private func intake(_ sink: TestSink) -> SourceIntake {
    SourceIntake(
      name: "test",
      writer: SinkWriter(sink: sink, retryInterval: .milliseconds(1)) { _ in })
  }

  private static func position(
    _ start: Int
  ) -> (Int, UInt64) -> RecordBatch.StateChange? {
    { consumed, _ in
      RecordBatch.StateChange(key: [0x74], value: [UInt8(start + consumed)])
    }
  }

  @Test func everyBatchCarriesThePositionBehindItsOwnItems() throws {
    let sink = TestSink()
    let intake = intake(sink)
    let decoder = AnyDecoder.make(OctetDecoder(batchItems: 3))
    let octets: [UInt8] = [1, 2, 3, 4, 5, 6, 7, 8]
    let taken = try intake.take(
      octets.span, with: decoder, now: 0, waits: true, position: SourceIntakeTests.position(0))
    #expect(taken.consumed == 8)
    intake.finish()
    var sum: UInt64 = 0
    for batch in sink.written.withLock({ $0 }) {
      sum += batch.observations
      #expect(batch.states[[0x74]] == [UInt8(sum)])
    }
    #expect(sum == 8)
  }

  @Test func aWholeChunkIsInOneBatchWithItsPosition() throws {
    let sink = TestSink(isGated: true)
    let intake = intake(sink)
    let decoder = AnyDecoder.make(OctetDecoder(batchItems: 1))
    let octets: [UInt8] = [1, 2, 3]
    func take(_ position: UInt8) -> Bool {
      intake.takeWhole(
        octets.span, with: decoder, now: 0, isFinal: true,
        position: RecordBatch.StateChange(key: [0x75], value: [position]))
    }
    #expect(take(1) && take(2))
    intake.flush()
    #expect(take(3))
    sink.gate.signal()
    sink.gate.signal()
    intake.finish()
    let written = sink.written.withLock { $0 }
    #expect(written.map(\.observations) == [6, 3])
    #expect(written.map { $0.states[[0x75]] } == [[2], [3]])
  }

  @Test func whatIsVisibleIsWhatWasCommittedAndBalances() throws {
    let sink = TestSink(isGated: true)
    let intake = intake(sink)
    let decoder = AnyDecoder.make(OctetDecoder())
    let first: [UInt8] = [1, 2, 1]
    _ = try intake.take(first.span, with: decoder, now: 0, waits: true)
    #expect(intake.accounting == Accounting())
    intake.flush()
    let second: [UInt8] = [3, 1]
    _ = try intake.take(second.span, with: decoder, now: 0, waits: true)
    #expect(intake.accounting == Accounting())
    sink.gate.signal()
    sink.gate.signal()
    intake.finish()
    let account = intake.accounting
    #expect(account.isBalanced)
    #expect((account.offered, account.stored, account.merged) == (5, 3, 2))
  }

  @Test func comesBackBusyAndCallsWhenThereIsRoom() throws {
    let sink = TestSink(isGated: true)
    let intake = intake(sink)
    let decoder = AnyDecoder.make(OctetDecoder(batchItems: 2))
    let octets: [UInt8] = [1, 2, 3, 4, 5, 6]
    let taken = try intake.take(octets.span, with: decoder, now: 0, waits: false)
    #expect(taken.isBusy)
    #expect(taken.consumed == 4)
    let called = DispatchSemaphore(value: 0)
    intake.whenReady { called.signal() }
    #expect(called.wait(timeout: .now()) == .timedOut)
    sink.gate.signal()
    called.wait()
    let rest = octets.span.extracting(4..<6)
    let more = try intake.take(rest, with: decoder, now: 0, waits: false)
    #expect(more.consumed == 2)
    for _ in 0..<4 { sink.gate.signal() }
    intake.finish()
    #expect(intake.accounting.observations == 6)
  }

  @Test func refusedBatchesAreTriedAgainAndLoseNothing() throws {
    let sink = TestSink()
    sink.refusals.withLock { $0 = 3 }
    let intake = intake(sink)
    let decoder = AnyDecoder.make(OctetDecoder())
    let octets: [UInt8] = [1, 2]
    _ = try intake.take(octets.span, with: decoder, now: 0, waits: true)
    intake.finish()
    #expect(sink.written.withLock { $0.map(\.observations) } == [2])
    #expect(intake.accounting.isBalanced)
  }

  @Test func batchesGivenUpAreCountedAsDropped() throws {
    let sink = TestSink()
    sink.refusals.withLock { $0 = .max }
    let writer = SinkWriter(sink: sink, retryInterval: .seconds(600)) { _ in }
    let intake = SourceIntake(name: "test", writer: writer)
    let decoder = AnyDecoder.make(OctetDecoder())
    let octets: [UInt8] = [1, 2]
    _ = try intake.take(octets.span, with: decoder, now: 0, waits: true)
    writer.giveUp()
    intake.finish()
    let account = intake.accounting
    #expect(account.isBalanced)
    #expect(account.dropped == [.init(name: "sink-failed", count: 2)])
  }

  @Test func closedStreamsStayInTheAccount() throws {
    let sink = TestSink()
    let intake = intake(sink)
    for _ in 0..<3 {
      let decoder = AnyDecoder.make(OctetDecoder())
      let octets: [UInt8] = [1, 2]
      _ = try intake.take(octets.span, with: decoder, now: 0, isFinal: true, waits: true)
      intake.close(decoder)
    }
    intake.finish()
    #expect(intake.accounting.offered == 6)
    #expect(intake.accounting.isBalanced)
  }

  @Test func whatWasReadBeforeDamageIsKept() throws {
    let sink = TestSink()
    let intake = intake(sink)
    let decoder = AnyDecoder.make(OctetDecoder())
    let octets: [UInt8] = [1, 2, 0xFF]
    #expect(throws: ImportError.unreadable(reason: "0xFF", offset: 2)) {
      try intake.take(octets.span, with: decoder, now: 0, waits: true)
    }
    intake.close(decoder)
    intake.finish()
    #expect(intake.accounting.observations == 2)
  }
}
