import TidemarkModel

/// A feed of JSON objects: read whole and in two pieces with the same steps.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzCOF(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  let input = unsafe Array(UnsafeBufferPointer(start: start, count: count))
  let cut = count == 0 ? 0 : Int(input[count - 1]) * count / 256
  precondition(
    read([input]) == read([Array(input[..<cut]), Array(input[cut...])]),
    "the steps depend on where the stream is cut")
  return 0
}

/// One step and what came with it.
private struct Seen: Equatable {
  let step: COFReader.Step
  var rrname: [UInt8] = []
  var rdata: [UInt8] = []
  var count: UInt64 = 0
}

/// All steps. Times are checked against a fixed clock.
private func read(_ chunks: [[UInt8]]) -> [Seen] {
  var reader = COFReader(now: 1_800_000_000)
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
  _ step: COFReader.Step, _ observation: TextObservation, in steps: inout [Seen]
) {
  guard step == .observation else { return steps.append(Seen(step: step)) }
  precondition(!observation.items.isEmpty, "an observation without rdata")
  precondition(observation.timeFirst <= observation.timeLast, "last before first")
  precondition(observation.count >= 1, "nothing was seen")
  steps.append(
    Seen(
      step: step, rrname: observation.rrname, rdata: observation.rdataOctets,
      count: observation.count))
}
