import DNSWire
import D4Wire
import Synchronization
import TidemarkAccess
import TidemarkHTTP
import TidemarkModel
import TidemarkSharing
import TidemarkStore

/// A stream's log in memory.
final class MemoryLog: PartnerLog {
  private struct State {
    var chunks: [SharedChunk] = []
    var next: UInt64 = 1
    var waiting: [AsyncStream<Void>.Continuation] = []
  }

  let name = "community"
  let coarsenSeconds: UnixSeconds = 1
  private let state = Mutex(State())

  /// Lets a chunk out.
  ///
  /// - Parameter isLost: it has its number, but is not there any more.
  func release(
    _ records: [SharedRecord], at time: UnixSeconds = TestServer.now, isLost: Bool = false
  ) {
    let waiting = state.withLock { state in
      if !isLost {
        state.chunks.append(SharedChunk(sequence: state.next, releasedAt: time, records: records))
      }
      state.next += 1
      return state.waiting
    }
    if !isLost { for continuation in waiting { continuation.yield() } }
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

/// A stream, its partner `cert`, another partner with another stream, and their tokens.
final class ShareWorld: PartnerDirectory {
  let log = MemoryLog()
  let secret = TokenSecret().text
  let otherSecret = TokenSecret().text
  let ledger = ReleaseLedger()
  let origin = SensorUUID.random()
  private let list: Mutex<[Partner]>
  private let learnt = Mutex<SensorUUID?>(nil)

  init(
    _ policy: PartnerPolicy = PartnerPolicy(stream: "community"),
    outlets: PartnerOutlets = PartnerOutlets()
  ) {
    list = Mutex([
      Partner(
        id: 1, name: "cert", token: 1, tokenDigest: TokenDigest(of: secret).octets,
        policy: policy, outlets: outlets, created: 0),
      Partner(
        id: 2, name: "other", token: 2, tokenDigest: TokenDigest(of: otherSecret).octets,
        policy: PartnerPolicy(stream: "elsewhere"), created: 0),
    ])
  }

  var hub: PartnerHub {
    let log = log
    return PartnerHub(
      directory: self, ledger: ledger, log: { $0 == log.name ? log : nil },
      originIDs: { [self] in [origin] + learnt.withLock { $0.map { [$0] } ?? [] } },
      datasetName: { _ in "main" }, clock: { Int64(TestServer.now) })
  }

  /// Records of another store came in.
  func learn(_ id: SensorUUID) { learnt.withLock { $0 = id } }

  var partners: [Partner] { list.withLock { $0 } }
  func partner(_ id: Int64) -> Partner? { partners.first { $0.id == id } }
  func partner(token: Int64) -> Partner? { partners.first { $0.token == token } }
  func partner(tokenDigest: [UInt8]) -> Partner? {
    partners.first { $0.tokenDigest == tokenDigest }
  }

  func revoke(_ id: Int64 = 1) {
    list.withLock { list in
      for index in list.indices where list[index].id == id { list[index].revoked = 1 }
    }
  }

  /// The field that shows the partner's token.
  var token: [String] { ["Authorization: Bearer \(secret)"] }

  /// Serves the stream while `test` runs.
  func serving(
    access: AccessControl = .open,
    adjust: (inout TidemarkServer.Settings) -> Void = { _ in },
    _ test: @Sendable (TestServer) async throws -> Void
  ) async throws {
    let hub = hub
    try await TestServer.serving(
      MemoryStore(), access: access,
      adjust: { settings in
        settings.sharing = hub
        adjust(&settings)
      }, test)
  }
}

/// A record as a stream lets it out.
func shared(
  _ rrname: String, _ rrtype: RRType = .a, _ rdata: String = "192.0.2.1", tlp: TLP = .green
) throws -> SharedRecord {
  let owner = try DomainName(text: rrname)
  let octets = try wire(rdata, rrtype)
  var key: [UInt8] = []
  RecordKey.append(
    dataset: 1, rrname: owner.wire.span, rrtype: rrtype, rdata: octets.span,
    vantage: .authority, bailiwick: .unknown, to: &key)
  return SharedRecord(
    key: key, timeFirst: 1_717_196_400, timeLast: 1_717_200_000, count: 3, tlp: tlp)
}

/// The octets of rdata that is written as in master files.
private func wire(_ rdata: String, _ rrtype: RRType) throws -> [UInt8] {
  let text = Array(rdata.utf8)
  var octets: [UInt8] = []
  try RDataParser.parse(text.span, type: rrtype, into: &octets)
  return octets
}
