import TidemarkIngest
import TidemarkModel

/// An NMSG stream: read whole, in pieces, and again from its middle, with the same records and a
/// balanced account each time.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzNMSG(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  let input = unsafe Array(UnsafeBufferPointer(start: start, count: count))
  let whole = read(input, step: max(count, 1))
  let cut = count == 0 ? 1 : Int(input[count - 1]) * count / 256 + 1
  precondition(whole == read(input, step: cut), "the result depends on where windows end")
  guard whole.items > 1 else { return 0 }
  let rest = read(input, step: max(count, 1), firstItem: whole.items / 2)
  precondition(rest.items == whole.items && rest.end == whole.end)
  precondition(rest.observations <= whole.observations && rest.offered <= whole.offered)
  return 0
}

/// What a run saw, for comparison.
private struct Summary: Equatable {
  var items: UInt64 = 0
  var observations: UInt64 = 0
  var offered: UInt64 = 0
  var records: [RecordValue] = []
  var end = ""
}

/// Stands in for zlib: gives the octets as they are, so that the fuzzer can reach what is inside.
private let unpack: ZlibUnpack = { packed, octetsMax in
  precondition(octetsMax <= 4 << 20, "asks for more than the limit")
  let octets = Span<UInt8>(_bytes: packed)
  return octets.count <= octetsMax ? octets.indices.map { octets[$0] } : nil
}

private func read(_ stream: [UInt8], step: Int, firstItem: UInt64 = 0) -> Summary {
  let vantage: Vantage = stream.count % 2 == 0 ? .client : .authority
  var settings = SourceSettings(
    origin: ObservationOrigin(dataset: .main, sensor: 0, vantage: vantage), now: 1_800_000_000)
  settings.sensorOf = { SensorNumber($0.count) }
  settings.firstItem = firstItem
  let batch = RecordBatch()
  var decoder = NMSGDecoder(settings: settings, unpack: unpack, batch: batch)
  var summary = Summary()
  var offset = 0
  var end = min(step, stream.count)
  do throws(ImportError) {
    while summary.end.isEmpty {
      let window = stream.span.extracting(0..<end)
      switch try decoder.decode(window, at: &offset, isFinal: end == stream.count, into: batch) {
      case .needsInput:
        precondition(end < stream.count, "asks for more after the last window")
        end = min(end + step, stream.count)
      case .batchIsFull: continue
      case .end: summary.end = "end"
      }
    }
  } catch {
    summary.end = "\(error)"
  }
  var accounting = Accounting()
  decoder.account(into: &accounting)
  accounting.merged = batch.observations
  precondition(accounting.isBalanced, "\(accounting)")
  batch.sort()
  summary.records = batch.entries.map { batch.value(of: $0) }
  summary.items = decoder.items
  summary.observations = batch.observations
  summary.offered = accounting.offered
  return summary
}
