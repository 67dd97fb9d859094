import DNSWire
import Glibc
import TidemarkModel
import TidemarkQuery
import TidemarkRocksDB
import TidemarkStore

/// Look-ups of owner names, one thread, in process.
enum LookupBench {
  static func run(
    store path: String, names file: String, rowsMax: Int, count: Int, dump: String?
  ) throws {
    let store = try RocksDBStore(path: path, mode: .write(create: false))
    var small: [DomainName] = []
    for line in try BenchFile.lines(of: file) {
      guard let name = try? DomainName(text: line) else { continue }
      let rows = try lookUp(name, in: store)
      if rows > 0 && rows <= rowsMax { small.append(name) }
    }
    guard !small.isEmpty else { throw BenchError("no name of \(file) is in the store") }
    if let dump { try TableDump.write(store, names: small, prefix: dump) }
    var times: [Duration] = []
    times.reserveCapacity(count)
    let clock = ContinuousClock()
    var rows = 0
    let all = try clock.measure {
      for index in 0..<count {
        let name = small[index % small.count]
        let start = clock.now
        rows += try lookUp(name, in: store)
        times.append(clock.now - start)
      }
    }
    times.sort()
    print("names \(small.count)")
    print("rows \(rows)")
    print("lookups_per_second \(Int(Double(count) / all.inSeconds))")
    print("p50_microseconds \(times[count / 2].inSeconds * 1e6)")
    print("p99_microseconds \(times[count * 99 / 100].inSeconds * 1e6)")
  }

  static func lookUp(_ name: DomainName, in store: RocksDBStore) throws -> Int {
    try all(RecordCursor(RecordQuery(.owner(name)), store: store))
  }

  /// Walks to the end and returns the number of rows.
  static func all(_ cursor: RecordCursor) throws -> Int {
    while try cursor.next({ _ in true }) == .paused {}
    return cursor.rows
  }
}

/// First pages: what a caller waits for before the first row of a huge answer.
enum FirstPageBench {
  /// Rows of a page.
  static let pageRows = 10

  static func run(store path: String, rows: Int) throws {
    let store = try RocksDBStore(path: path, mode: .write(create: true))
    try fill(store, rows: rows)
    try store.compact()
    let large = try DomainName(text: "large.example.com")
    let small = try DomainName(text: "small.example.com")
    try compare("name", .owner(large), .owner(small), in: store)
    guard let crowded = AddressPrefix(text: "192.0.2.1"),
      let quiet = AddressPrefix(text: "192.0.2.2")
    else { return }
    try compare("address", .network(crowded), .network(quiet), in: store)
    try lastPage("name", .owner(large), rows: rows, in: store)
    try lastPage("address", .network(crowded), rows: rows, in: store)
    try walk("name", .owner(large), rows: rows, in: store)
    try walk("address", .network(crowded), rows: rows, in: store)
  }

  /// The last page of a large answer, beside the first.
  private static func lastPage(
    _ what: String, _ subject: RecordQuery.Subject, rows: Int, in store: RocksDBStore
  ) throws {
    let cursor = RecordCursor(RecordQuery(subject), store: store)
    var left = rows - pageRows
    while left > 0 {
      _ = try cursor.next { _ in
        left -= 1
        return left > 0
      }
    }
    let position = cursor.position
    var times: (first: [Duration], last: [Duration]) = ([], [])
    for _ in 0..<2_000 {
      times.first.append(try page(subject, in: store))
      times.last.append(try page(subject, after: position, in: store))
    }
    print("last_page_\(what)_microseconds \(median(times.last) * 1e6)")
    print("last_page_\(what)_ratio \(median(times.last) / median(times.first))")
  }

  /// All rows of a large answer.
  private static func walk(
    _ what: String, _ subject: RecordQuery.Subject, rows: Int, in store: RocksDBStore
  ) throws {
    let clock = ContinuousClock()
    var best = 0.0
    for _ in 0..<5 {
      let cursor = RecordCursor(RecordQuery(subject), store: store)
      let took = try clock.measure { _ = try LookupBench.all(cursor) }
      guard cursor.rows == rows else { throw BenchError("\(cursor.rows) rows of \(rows)") }
      best = max(best, Double(rows) / took.inSeconds)
    }
    print("large_\(what)_rows_per_second \(Int(best))")
  }

  private static func fill(_ store: RocksDBStore, rows: Int) throws {
    let batch = RecordBatch(capacity: rows)
    func add(_ name: String, _ address: [UInt8]) throws {
      var key: [UInt8] = []
      let owner = try DomainName(text: name)
      RecordKey.append(
        dataset: .main, rrname: owner.wire.span, rrtype: .a,
        rdata: address.span, vantage: .client, bailiwick: .unknown, to: &key)
      batch.add(
        key: key.span, timeFirst: 1_700_000_000, timeLast: 1_700_000_001, count: 1, sensor: 0)
    }
    for index in 0..<rows {
      let address = (0..<4).map { UInt8(truncatingIfNeeded: index >> (24 - 8 * $0)) }
      try add("large.example.com", [10, address[1], address[2], address[3]])
      try add("h\(index).example.net", [192, 0, 2, 1])
    }
    for index in 0..<UInt8(pageRows) {
      try add("small.example.com", [198, 51, 100, index])
      try add("s\(index).example.net", [192, 0, 2, 2])
    }
    try store.apply(batch)
  }

  private static func compare(
    _ what: String, _ large: RecordQuery.Subject, _ small: RecordQuery.Subject,
    in store: RocksDBStore
  ) throws {
    var times: (large: [Duration], small: [Duration]) = ([], [])
    for _ in 0..<2_000 {
      times.large.append(try page(large, in: store))
      times.small.append(try page(small, in: store))
    }
    let (a, b) = (median(times.large), median(times.small))
    print("first_page_\(what)_large_microseconds \(a * 1e6)")
    print("first_page_\(what)_small_microseconds \(b * 1e6)")
    print("first_page_\(what)_ratio \(a / b)")
  }

  private static func page(
    _ subject: RecordQuery.Subject, after position: [UInt8]? = nil, in store: RocksDBStore
  ) throws -> Duration {
    var query = RecordQuery(subject)
    query.limit = pageRows
    query.resumeAfter = position
    let clock = ContinuousClock()
    var rows = 0
    let took = try clock.measure {
      let cursor = RecordCursor(query, store: store)
      rows = try LookupBench.all(cursor)
    }
    guard rows == pageRows else { throw BenchError("a page of \(rows) rows") }
    return took
  }

  private static func median(_ times: [Duration]) -> Double {
    times.sorted()[times.count / 2].inSeconds
  }
}

/// A benchmark that cannot be run.
struct BenchError: Error, CustomStringConvertible {
  let description: String

  init(_ description: String) { self.description = description }
}

/// Files of benchmarks.
enum BenchFile {
  static func write(_ octets: [UInt8], to path: String) throws {
    guard let file = unsafe fopen(path, "wb") else {
      throw BenchError("\(path): cannot be written")
    }
    defer { unsafe fclose(file) }
    let written = unsafe octets.withUnsafeBytes {
      unsafe fwrite($0.baseAddress, 1, octets.count, file)
    }
    guard written == octets.count else { throw BenchError("\(path): cut short") }
  }

  static func lines(of path: String) throws -> [String] {
    guard let file = unsafe fopen(path, "rb") else { throw BenchError("\(path): cannot be read") }
    defer { unsafe fclose(file) }
    var octets: [UInt8] = []
    var piece = [UInt8](repeating: 0, count: 1 << 16)
    while true {
      let count = unsafe piece.withUnsafeMutableBytes {
        unsafe fread($0.baseAddress, 1, 1 << 16, file)
      }
      if count == 0 { break }
      octets += piece[..<count]
    }
    return octets.split(separator: 10).map { String(decoding: $0, as: UTF8.self) }
  }
}
