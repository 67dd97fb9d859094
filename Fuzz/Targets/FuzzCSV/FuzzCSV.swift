import TidemarkModel

/// Delimited text: options of a layout up to the first line end, then records. Read whole and in
/// two pieces with the same steps.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzCSV(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  let input = unsafe Array(UnsafeBufferPointer(start: start, count: count))
  let end = input.firstIndex(of: 0x0A) ?? input.count
  let text = String(decoding: input[..<end], as: UTF8.self)
  guard let layout = try? CSVLayout(text: text) else { return 0 }
  let records = Array(input[end...])
  let cut = records.isEmpty ? 0 : Int(records[records.count - 1]) * records.count / 256
  // A low limit, so that the fuzzer finds what happens beyond it.
  let reader = CSVReader(layout: layout, now: 1_800_000_000, recordOctetsMax: 256)
  check(reader, records, cut: cut)
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
