import CaptureFormats
import TidemarkIngest
import TidemarkModel

/// A stream of PowerDNS messages in either framing: read whole and in pieces, with the same records
/// and a balanced account.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzPowerDNS(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  let input = unsafe Array(UnsafeBufferPointer(start: start, count: count))
  for framing in PowerDNSStreamParser.Framing.allCases {
    let whole = read(input, step: max(count, 1), framing)
    let cut = count == 0 ? 1 : Int(input[count - 1]) * count / 256 + 1
    precondition(whole == read(input, step: cut, framing), "depends on where windows end")
  }
  return 0
}

/// What a run saw, for comparison.
private struct Summary: Equatable {
  var items: UInt64 = 0
  var offered: UInt64 = 0
  var records: [RecordValue] = []
  var end = ""
}

private func read(
  _ stream: [UInt8], step: Int, _ framing: PowerDNSStreamParser.Framing
) -> Summary {
  var settings = SourceSettings(
    origin: ObservationOrigin(dataset: .main, sensor: 0, vantage: .client), now: 1_800_000_000)
  settings.sensorOf = { SensorNumber(min($0.count, 99)) }
  let batch = RecordBatch()
  var decoder = PowerDNSDecoder(settings: settings, framing: framing)
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
  summary.offered = accounting.offered
  return summary
}
