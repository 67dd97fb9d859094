import DNSWire
import Glibc
import TidemarkModel
import TidemarkQuery
import TidemarkRocksDB
import TidemarkStore

/// Searches that read much of a store, rows counted and not formatted; one thread, in process.
/// Rates are per second of this thread's processor time, so that other work does not blur them.
enum SearchBench {
  static func run(store path: String, zone: String, start: String) throws {
    let store = try RocksDBStore(path: path, mode: .write(create: false))
    let zone = try DomainName(text: zone)
    let start = try DomainName(text: start)
    var unmerged = RecordQuery(.all)
    unmerged.mergesTriples = false
    var two = RecordQuery(.all)
    two.datasets = [.main, 2]
    try measure("all", RecordQuery(.all), store)
    try measure("all_unmerged", unmerged, store)
    try measure("all_of_two_datasets", two, store)
    try measure("below", RecordQuery(.ownerAtOrBelow(zone)), store)
    try measure("one_below", RecordQuery(.ownerOneBelow(zone)), store)
    try measure("starting", RecordQuery(.ownerStartingWith(start)), store)
    try measure("rdata_below", RecordQuery(.rdataNameAtOrBelow(zone)), store)
    try measure("rdata_one_below", RecordQuery(.rdataNameOneBelow(zone)), store)
    try measure("rdata_starting", RecordQuery(.rdataNameStartingWith(start)), store)
    for network in ["0.0.0.0/0", "2001:db8::/32"] {
      guard let prefix = AddressPrefix(text: network) else { continue }
      try measure("network_\(prefix.octets.count)", RecordQuery(.network(prefix)), store)
    }
    try measureRRsets("rrsets", RecordQuery(.all), .rrsets, store)
    try measureRRsets("rrsets_by_rdata", RecordQuery(.all), .rdata, store)
  }

  private static func measure(
    _ what: String, _ query: RecordQuery, _ store: RocksDBStore
  ) throws {
    var first = Duration.seconds(1_000)
    try best(of: what) {
      let clock = ContinuousClock()
      let start = clock.now
      let cursor = RecordCursor(query, store: store)
      while try cursor.next({ _ in false }) == .paused, cursor.rows == 0 {}
      first = min(first, clock.now - start)
      return try LookupBench.all(cursor)
    }
    print("\(what)_first_row_microseconds \(first.inSeconds * 1e6)")
  }

  private static func measureRRsets(
    _ what: String, _ query: RecordQuery, _ grouping: RRsetCursor.Grouping, _ store: RocksDBStore
  ) throws {
    try best(of: what) {
      let cursor = RRsetCursor(query, grouping: grouping, store: store)
      while try cursor.next({ _ in true }) == .paused {}
      return cursor.rows
    }
  }

  /// The fastest of three.
  private static func best(of what: String, _ search: () throws -> Int) throws {
    var seconds = Double.infinity
    var rows = 0
    for _ in 0..<3 {
      let start = processorSeconds()
      rows = try search()
      seconds = min(seconds, processorSeconds() - start)
    }
    print("\(what)_rows \(rows)")
    print("\(what)_rows_per_second \(Int(Double(rows) / seconds))")
  }

  private static func processorSeconds() -> Double {
    var time = timespec()
    unsafe clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
  }
}
