import CaptureFormats
import DNSWire
import TidemarkIngest
import TidemarkModel

/// Messages for both extractors. The input is a series of messages, each behind one octet that says
/// which server sent it and two with its length: what one message teaches, the next ones use. Every
/// record ends in exactly one count, with the zone known, with the zone found out, and below a
/// resolver.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzAuthority(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  let input = unsafe Array(UnsafeBufferPointer(start: start, count: count))
  var state = FuzzState()
  var at = 0
  var time: UnixSeconds = 1_700_000_000
  while input.count - at >= 3 {
    let server = input[at]
    let length = Int(input[at + 1]) << 8 | Int(input[at + 2])
    let end = min(at + 3 + length, input.count)
    state.take(Array(input[(at + 3)..<end]), server: server, time: time)
    time += UnixSeconds(server >> 4)
    at = end
  }
  state.finish()
  return 0
}

private struct FuzzState: ~Copyable {
  private var parser = MessageParser()
  private var answers = AnswerExtractor()
  private var authority: AuthorityExtractor
  private var tally = RecordTally()
  private let batch = RecordBatch()
  private let origin = ObservationOrigin(dataset: .main, sensor: 0, vantage: .authority)

  init() {
    var settings = AuthoritySettings()
    settings.takesDNSSEC = true
    settings.holdOctets = 4_096
    settings.zonesMax = 64
    settings.serversMax = 64
    let server: [UInt8] = [1, 0x61, 0]
    settings.hints = [
      AuthoritySettings.Hint(owner: [0], rrtype: .ns, rdata: server),
      AuthoritySettings.Hint(owner: server, rrtype: .a, rdata: [198, 51, 100, 0]),
    ]
    authority = AuthorityExtractor(settings: settings)
  }

  mutating func take(_ message: [UInt8], server: UInt8, time: UnixSeconds) {
    do { try parser.parse(message.span) } catch { return }
    guard parser.hasQuestion else { return }
    let address = FlowAddress(ipv4: 0xC633_6400 | UInt32(server & 7))
    answers.extract(from: &parser, origin: origin, time: time, into: batch, tally: &tally)
    let zone = parser.withOctets(parser.questionName) { name in name.indices.map { name[$0] } }
    authority.extract(
      from: &parser, zone: zone.span, origin: origin, time: time, into: batch, tally: &tally)
    authority.extract(
      from: &parser, message: message.span, server: address, origin: origin, time: time,
      into: batch, tally: &tally)
    let memory = authority.memory
    precondition(memory.heldOctets <= 4_096 + 65_535 + 1_024, "the queue is not bounded")
    precondition(memory.zones <= 4_200 && memory.servers <= 200, "the tables are not bounded")
  }

  mutating func finish() {
    authority.finish(into: batch, tally: &tally)
    var accounting = Accounting()
    tally.account(into: &accounting)
    let sum =
      tally.observations + Accounting.sum(accounting.filtered) + Accounting.sum(accounting.dropped)
    precondition(tally.offered == sum, "a record was lost or counted twice")
    precondition(tally.observations == batch.observations, "an observation was lost")
  }
}
