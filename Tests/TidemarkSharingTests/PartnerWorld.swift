import DNSWire
import Synchronization
import TidemarkModel
import TidemarkSharing
import TidemarkStore
import Testing

/// A stream's log in memory.
final class MemoryLog: PartnerLog {
  private struct State {
    var chunks: [SharedChunk] = []
    var next: UInt64 = 1
    var waiting: [AsyncStream<Void>.Continuation] = []
  }

  let name: String
  let coarsenSeconds: UnixSeconds
  private let state = Mutex(State())

  init(_ name: String = "community", coarsenSeconds: UnixSeconds = 1) {
    self.name = name
    self.coarsenSeconds = coarsenSeconds
  }

  /// Lets a chunk out.
  func release(_ records: [SharedRecord], at time: UnixSeconds = PartnerWorld.now) {
    let waiting = state.withLock { state in
      state.chunks.append(SharedChunk(sequence: state.next, releasedAt: time, records: records))
      state.next += 1
      return state.waiting
    }
    for continuation in waiting { continuation.yield() }
  }

  /// Forgets chunks up to one.
  func drop(through sequence: UInt64) {
    state.withLock { $0.chunks.removeAll { $0.sequence <= sequence } }
  }

  func next(after sequence: UInt64) throws(StoreError) -> SharedChunk? {
    state.withLock { $0.chunks.first { $0.sequence > sequence } }
  }

  var bounds: (first: UInt64, last: UInt64)? {
    state.withLock { state in
      guard let first = state.chunks.first, let last = state.chunks.last else { return nil }
      return (first.sequence, last.sequence)
    }
  }

  var nextSequence: UInt64 { state.withLock { $0.next } }

  func arrivals() -> AsyncStream<Void> {
    let (stream, continuation) = AsyncStream.makeStream(of: Void.self)
    state.withLock { $0.waiting.append(continuation) }
    return stream
  }
}

/// Partners in memory.
final class PartnerList: PartnerDirectory {
  private let list: Mutex<[Partner]>

  init(_ partners: [Partner]) { list = Mutex(partners) }

  var partners: [Partner] { list.withLock { $0 } }

  func partner(_ id: Int64) -> Partner? { partners.first { $0.id == id } }

  func partner(token: Int64) -> Partner? { partners.first { $0.token == token } }

  func partner(tokenDigest: [UInt8]) -> Partner? {
    partners.first { $0.tokenDigest == tokenDigest }
  }

  func change(_ id: Int64, _ body: (inout Partner) -> Void) {
    list.withLock { list in
      for index in list.indices where list[index].id == id { body(&list[index]) }
    }
  }
}

/// A hub with one stream and one partner.
struct PartnerWorld {
  static let now: UnixSeconds = 1_717_200_000

  let log = MemoryLog()
  let list: PartnerList
  let ledger = ReleaseLedger()
  let hub: PartnerHub
  let clock = Ticks()

  /// A clock that goes when it is told to.
  final class Ticks: Sendable {
    private let at = Mutex(ContinuousClock.now)
    var now: ContinuousClock.Instant { at.withLock { $0 } }
    func advance(_ time: Duration) { at.withLock { $0 += time } }
  }

  var partner: Partner {
    get throws { try #require(list.partner(1)) }
  }

  init(_ policy: PartnerPolicy = PartnerPolicy(stream: "community"), expires: Int64? = nil) {
    list = PartnerList([
      Partner(
        id: 1, name: "cert", token: 7, tokenDigest: [1], policy: policy, created: 0,
        expires: expires)
    ])
    hub = PartnerHub(
      directory: list, ledger: ledger, log: { [log] name in name == log.name ? log : nil },
      originIDs: { [] }, datasetName: { [1: "main", 2: "other"][$0] },
      clock: { Int64(PartnerWorld.now) }, ticks: { [clock] in clock.now })
  }

  func open(
    _ start: PartnerStart = .oldest, outlet: PartnerOutlet = .http, isForD4Types: Bool = false
  ) throws -> PartnerFeed {
    try hub.open(
      partner, stream: "community", from: start, outlet: outlet, isForD4Types: isForD4Types)
  }
}

/// A record as a stream lets it out.
func shared(
  _ rrname: String, _ rrtype: RRType = .a, _ rdata: String = "192.0.2.1",
  vantage: Vantage = .authority, dataset: DatasetNumber = 1, last: UnixSeconds = PartnerWorld.now,
  tlp: TLP = .green
) throws -> SharedRecord {
  let owner = try DomainName(text: rrname)
  let octets = vantage == .text ? Array(rdata.utf8) : try wire(rdata, rrtype)
  var key: [UInt8] = []
  RecordKey.append(
    dataset: dataset, rrname: owner.wire.span, rrtype: rrtype, rdata: octets.span,
    vantage: vantage, bailiwick: .unknown, to: &key)
  return SharedRecord(key: key, timeFirst: last - 10, timeLast: last, count: 3, tlp: tlp)
}

/// The octets of rdata that is written as in master files.
private func wire(_ rdata: String, _ rrtype: RRType) throws -> [UInt8] {
  let text = Array(rdata.utf8)
  var octets: [UInt8] = []
  try RDataParser.parse(text.span, type: rrtype, into: &octets)
  return octets
}
