import DNSWire
import TidemarkModel

/// A feed of JSON objects; the first octet chooses the format. Read whole and in two pieces with
/// the same steps.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzFeeds(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  guard count > 0 else { return 0 }
  let input = unsafe Array(UnsafeBufferPointer(start: start, count: count))
  let feed = Array(input[1...])
  let cut = feed.isEmpty ? 0 : Int(feed[feed.count - 1]) * feed.count / 256
  let now: UnixSeconds = 1_800_000_000
  switch input[0] & 3 {
  case 0: check(PacketbeatReader(now: now), feed, cut: cut)
  case 1:
    // A low limit, so that the fuzzer finds what happens beyond it.
    let excluded = [DomainName(canonicalWire: [1, 0x61, 0])]
    check(FEVERReader(now: now, excluding: excluded, objectOctetsMax: 512), feed, cut: cut)
  case 2: check(GopassivednsReader(now: now), feed, cut: cut)
  default: check(NMSGTextReader(now: now), feed, cut: cut)
  }
  _ =
    PacketbeatReader.recognises(feed.span) || FEVERReader.recognises(feed.span)
    || GopassivednsReader.recognises(feed.span) || NMSGTextReader.recognises(feed.span)
  return 0
}

/// One step and what came with it.
private struct Seen: Equatable {
  let step: ReadStep
  var rrname: [UInt8] = []
  var rdata: [UInt8] = []
  var count: UInt64 = 0
}

private func check<Reader: ObservationReader>(_ reader: Reader, _ feed: [UInt8], cut: Int) {
  let pieces = read(reader, [Array(feed[..<cut]), Array(feed[cut...])])
  precondition(read(reader, [feed]) == pieces, "the steps depend on where the feed is cut")
}

private func read<Reader: ObservationReader>(_ reader: Reader, _ chunks: [[UInt8]]) -> [Seen] {
  var reader = reader
  var observation = TextObservation()
  var steps: [Seen] = []
  for chunk in chunks {
    var at = 0
    while true {
      let step = reader.next(chunk.span, at: &at, into: &observation)
      if step == .needsInput { break }
      record(step, observation, in: &steps)
    }
    precondition(at == chunk.count, "a used chunk has octets left")
  }
  while true {
    let step = reader.finish(into: &observation)
    if step == .needsInput { break }
    record(step, observation, in: &steps)
  }
  return steps
}

private func record(_ step: ReadStep, _ observation: TextObservation, in steps: inout [Seen]) {
  guard case .observation = step else { return steps.append(Seen(step: step)) }
  precondition(!observation.items.isEmpty, "an observation without rdata")
  precondition(observation.timeFirst <= observation.timeLast, "last before first")
  precondition(observation.count >= 1, "nothing was seen")
  steps.append(
    Seen(
      step: step, rrname: observation.rrname, rdata: observation.rdataOctets,
      count: observation.count))
}
