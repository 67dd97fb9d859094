public import DNSWire
public import TidemarkModel

/// One row of a result. The cursor reuses it: copy what must outlive the call.
public struct RecordRow: Sendable {
  /// Owner, canonical wire form.
  public internal(set) var rrname: [UInt8] = [0]
  /// Counts up when ``rrname`` changes, so that its text need be made only once.
  public internal(set) var ownerSerial: UInt64 = 0
  /// Type.
  public internal(set) var rrtype = RRType(rawValue: 0)
  /// Canonical wire form, or text when ``isLossy``.
  public internal(set) var rdata: [UInt8] = []
  /// True when ``rdata`` is text of a feed that does not give rdata completely.
  public internal(set) var isLossy = false
  /// First and last seen, count, sensors, days; merged when the query merges triples.
  public internal(set) var value = RecordValue(timeFirst: 0, timeLast: 0, count: 0)
  /// Vantages of the records merged into the row, ascending; one unless the query merges triples.
  public internal(set) var vantages: [Vantage] = []
  /// The bailiwick, when all merged records agree on it.
  public internal(set) var bailiwick = Bailiwick.unknown
  /// Datasets of the records merged into the row.
  public internal(set) var datasets: [DatasetNumber] = []
}

extension RecordRow {
  /// The row's scalars for the text writers. The vantage is left out when records of several were
  /// merged.
  public var textRow: TextRow {
    TextRow(
      rrtype: rrtype, timeFirst: value.timeFirst, timeLast: value.timeLast, count: value.count,
      vantage: vantages.count == 1 ? vantages[0] : nil, bailiwick: bailiwick)
  }
}
