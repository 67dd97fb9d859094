import DNSWire
import TidemarkIngest
import TidemarkModel

/// What a dnstap stream leaves behind.
struct DnstapReading {
  let batch = RecordBatch()
  var accounting = Accounting()
  var items: UInt64 = 0
  var untimed: UInt64 = 0
  var replies: [UInt8] = []
  var error: ImportError?

  /// A row: name, type, rdata, times, count, and where it was seen.
  struct Row: Hashable {
    var name: String
    var type: String
    var rdata: String
    var vantage: Vantage
    var bailiwick: UInt8
  }

  /// Decodes a stream whose windows end at `cuts` and at its end.
  init(
    _ stream: [UInt8], options: DnstapOptions = .standard, cuts: [Int] = [],
    _ change: (inout SourceSettings) -> Void = { _ in }
  ) {
    var settings = SourceSettings(
      origin: ObservationOrigin(dataset: .main, sensor: 3, vantage: .text), now: 1_800_000_000)
    change(&settings)
    var decoder = DnstapDecoder(settings: settings, options: options)
    var offset = 0
    do throws(ImportError) {
      for (index, end) in (cuts + [stream.count]).enumerated() {
        let window = stream.span.extracting(0..<end)
        _ = try decoder.decode(
          window, at: &offset, isFinal: index == cuts.count, into: batch)
        replies += decoder.takeReplies()
      }
    } catch {
      self.error = error
    }
    items = decoder.items
    untimed = decoder.untimed
    decoder.account(into: &accounting)
    accounting.stored = UInt64(batch.count)
    accounting.merged = batch.observations - UInt64(batch.count)
  }

  /// The records with their counts.
  func rows(style: RDataTextStyle = .circl) -> [Row: UInt64] {
    var rows: [Row: UInt64] = [:]
    for entry in batch.entries {
      batch.withKey(of: entry) { key in
        guard let view = RecordKeyView(key) else { return }
        var name: [UInt8] = []
        guard RecordKeyView.appendWireName(reversed: key.extracting(view.reversedName), to: &name)
        else { return }
        var rdata: [UInt8] = []
        RDataText.append(key.extracting(view.rdata), type: view.rrtype, style: style, to: &rdata)
        let row = Row(
          name: DomainName(canonicalWire: name).text(finalDot: style.finalDot),
          type: "\(view.rrtype)", rdata: String(decoding: rdata, as: UTF8.self),
          vantage: view.vantage, bailiwick: view.bailiwick.rawValue)
        rows[row] = entry.count
      }
    }
    return rows
  }

  /// The records as lines, sorted: `name type rdata xCOUNT vantage/bailiwick labels`.
  var lines: [String] {
    rows().map { row, count in
      let labels = row.bailiwick == 255 ? "-" : "\(row.bailiwick)"
      return "\(row.name) \(row.type) \(row.rdata) x\(count) \(row.vantage)/\(labels)"
    }.sorted()
  }

  /// All reasons with their counts.
  var reasons: [String: UInt64] {
    var sums: [String: UInt64] = [:]
    for reason in accounting.filtered + accounting.malformed + accounting.dropped {
      sums[reason.name, default: 0] += reason.count
    }
    return sums
  }
}
