import DNSWire
import TidemarkModel

/// Lines of Zeek's DNS log, as columns and as JSON: read whole and in two pieces with the same
/// steps.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzZeek(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  let input = unsafe Array(UnsafeBufferPointer(start: start, count: count))
  let cut = count == 0 ? 0 : Int(input[count - 1]) * count / 256
  precondition(
    read([input]) == read([Array(input[..<cut]), Array(input[cut...])]),
    "the steps depend on where the stream is cut")
  _ = ZeekReader.recognises(input.span)
  var primed = ZeekReader(now: 1_800_000_000)
  primed.prime(input.span)
  return 0
}

/// One step and what came with it.
private struct Seen: Equatable {
  let step: ReadStep
  var rrname: [UInt8] = []
  var rrtype: UInt16 = 0
  var rdata: [UInt8] = []
}

/// All steps. Times are checked against a fixed clock; lines of more than 4 KiB are too long.
private func read(_ chunks: [[UInt8]]) -> [Seen] {
  var reader = ZeekReader(now: 1_800_000_000, lineOctetsMax: 1 << 12)
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

private func record(
  _ step: ReadStep, _ observation: TextObservation, in steps: inout [Seen]
) {
  guard case .observation = step else { return steps.append(Seen(step: step)) }
  precondition(!observation.items.isEmpty, "an observation without rdata")
  precondition(!observation.rrname.isEmpty, "an observation without an owner")
  precondition(observation.timeFirst == observation.timeLast, "a log tells of one time")
  precondition(observation.count == 1, "every answer was seen once")
  for item in observation.items {
    precondition(item.range.count <= 65_535, "rdata that no message could hold")
  }
  steps.append(
    Seen(
      step: step, rrname: observation.rrname, rrtype: observation.rrtype.rawValue,
      rdata: observation.rdataOctets))
}
