import DNSWire
import TidemarkIngest
import TidemarkModel

/// Drives a decoder over a stream and says what came of it.
struct FeedRun: Equatable {
  /// Owner, type, rdata, vantage, labels of the bailiwick, first, last, count, sensors.
  var lines: [String] = []
  var reasons: [String: UInt64] = [:]
  var offered: UInt64 = 0
  var responses: UInt64 = 0
  var items: UInt64 = 0
  var end = ""
  var isBalanced = false

  /// The clock of all tests, 2023-11-15.
  static let now: UnixSeconds = 1_700_000_000

  static func settings(
    vantage: Vantage = .client, takesSensors: Bool = false, firstItem: UInt64 = 0
  ) -> SourceSettings {
    var settings = SourceSettings(
      origin: ObservationOrigin(dataset: .main, sensor: 3, vantage: vantage), now: now)
    settings.firstItem = firstItem
    if takesSensors { settings.sensorOf = { name in SensorNumber(10 + name.count) } }
    return settings
  }

  /// Reads `stream` through windows that grow by `piece` octets.
  static func run(
    _ decoder: consuming some ItemDecoder & ~Copyable, _ stream: [UInt8], piece: Int = .max
  ) -> FeedRun {
    var run = FeedRun()
    let batch = RecordBatch()
    var (window, at, taken) = ([UInt8](), 0, 0)
    reading: do throws(ImportError) {
      while true {
        let isFinal = taken == stream.count
        switch try decoder.decode(window.span, at: &at, isFinal: isFinal, into: batch) {
        case .needsInput:
          if isFinal {
            run.end = "stuck"
            break reading
          }
          window.removeFirst(at)
          at = 0
          let next = stream.count - taken > piece ? taken + piece : stream.count
          window += stream[taken..<next]
          taken = next
        case .batchIsFull: continue
        case .end:
          run.end = "end"
          break reading
        }
      }
    } catch {
      run.end = "\(error)"
    }
    run.items = decoder.items
    run.settle(decoder, batch)
    return run
  }

  private mutating func settle(
    _ decoder: borrowing some ItemDecoder & ~Copyable, _ batch: RecordBatch
  ) {
    var accounting = Accounting()
    decoder.account(into: &accounting)
    accounting.merged = batch.observations
    isBalanced = accounting.isBalanced
    (offered, responses) = (accounting.offered, accounting.responses)
    for reason in accounting.filtered + accounting.malformed + accounting.dropped {
      reasons[reason.name, default: 0] += reason.count
    }
    batch.sort()
    lines = batch.entries.compactMap { FeedRun.line($0, of: batch) }
  }

  private static func line(_ entry: RecordBatch.Entry, of batch: RecordBatch) -> String? {
    batch.withKey(of: entry) { key -> String? in
      guard let view = RecordKeyView(key) else { return nil }
      var name: [UInt8] = []
      guard RecordKeyView.appendWireName(reversed: key.extracting(view.reversedName), to: &name)
      else { return nil }
      var rdata: [UInt8] = []
      let octets = key.extracting(view.rdata)
      if view.vantage == .text {
        for index in octets.indices { rdata.append(octets[index]) }
      } else {
        RDataText.append(octets, type: view.rrtype, style: .circl, to: &rdata)
      }
      let owner = DomainName(canonicalWire: name).text(finalDot: false)
      let value = batch.value(of: entry)
      let sensors = value.sensors.numbers.map(String.init).joined(separator: ",")
      let zone = view.bailiwick == .unknown ? "?" : "\(view.bailiwick.rawValue)"
      return "\(owner) \(view.rrtype) \(String(decoding: rdata, as: UTF8.self)) \(view.vantage) "
        + "\(zone) \(value.timeFirst) \(value.timeLast) \(value.count) \(sensors)"
    }
  }
}

/// Octets of protocol buffers, written by hand, so that tests do not rest on a reader of ours.
enum Wire {
  static func varint(_ value: UInt64) -> [UInt8] {
    var (rest, octets) = (value, [UInt8]())
    while rest >= 0x80 {
      octets.append(UInt8(rest & 0x7F) | 0x80)
      rest >>= 7
    }
    return octets + [UInt8(rest)]
  }

  static func number(_ field: UInt64, _ value: UInt64) -> [UInt8] {
    varint(field << 3) + varint(value)
  }

  static func octets(_ field: UInt64, _ value: [UInt8]) -> [UInt8] {
    varint(field << 3 | 2) + varint(UInt64(value.count)) + value
  }

  static func text(_ field: UInt64, _ value: String) -> [UInt8] { octets(field, Array(value.utf8)) }

  static func fixed32(_ field: UInt64, _ value: UInt32) -> [UInt8] {
    varint(field << 3 | 5) + (0..<4).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
  }

  static func big(_ value: UInt32) -> [UInt8] {
    (0..<4).map { UInt8(truncatingIfNeeded: value >> (24 - 8 * $0)) }
  }

  static func big(_ value: UInt16) -> [UInt8] { [UInt8(value >> 8), UInt8(value & 0xFF)] }
}
