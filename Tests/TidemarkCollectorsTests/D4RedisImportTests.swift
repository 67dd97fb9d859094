import Foundation
import Testing
import TidemarkCollectors
import TidemarkIngest
import TidemarkModel

@Suite(.enabled(if: RedisServerProcess.isInstalled), .timeLimit(.minutes(10)))
struct D4RedisImportTests {
  private let server: RedisServerProcess
  private let folder: ScratchFolder
  private let sink = KeepingSink()

  init() throws {
    server = try RedisServerProcess()
    folder = try ScratchFolder()
  }

  /// Writes a record as the analyzer does.
  private func add(
    _ rrname: String, _ type: Int, _ rdata: String, first: Int? = 1_600_000_000,
    last: Int? = 1_600_000_500, count: Int? = 3
  ) throws {
    let connection = try RedisConnection(try server.address())
    _ = try connection.call(["SADD", "r:\(rrname):\(type)", rdata])
    _ = try connection.call(["SADD", "v:\(rdata):\(type)", rrname])
    for (letter, value) in [("s", first), ("l", last), ("o", count)] {
      guard let value else { continue }
      _ = try connection.call(["SET", "\(letter):\(rrname):\(rdata):\(type)", "\(value)"])
    }
  }

  private func run() throws -> ImportRun.Report {
    let origin = ObservationOrigin(dataset: .main, sensor: 0, vantage: .client)
    return try D4RedisImport(
      try server.address(), sink: sink,
      options: ImportRun.Options(origin: origin, now: 1_700_000_000), folder: folder.url.path
    ).run()
  }

  private func files() throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: folder.url.path)
  }

  @Test func readsEverySetWithItsTimesAndCounts() throws {
    try add("www.example.com", 1, "192.0.2.1")
    try add("www.example.com", 1, "192.0.2.2", count: 5)
    try add("www.example.com", 28, "2001:db8::1")
    try add("gone.example.com", 1, "nxdomain")
    try add("old.example.com", 16, "v=spf1 -all\"", first: nil, count: nil)
    try add("older.example.com", 16, "x\"", first: nil, last: nil, count: nil)
    for number in 0..<700 { try add("many.example.com", 1, "198.51.100.\(number % 256)") }
    let report = try run()
    #expect(report.accounting.isBalanced)
    #expect(report.accounting.offered == 6 + 256 && report.accounting.stored == 4 + 256)
    #expect(report.accounting.filtered.map(\.name) == ["negative"])
    #expect(report.accounting.dropped.map(\.name) == ["expired"])
    #expect(sink.count == 3 + 5 + 3 + 1 + 3 * 256)
    #expect(try files().isEmpty)
  }

  @Test func importsTheSameDatabaseOnce() throws {
    for number in 0..<50 { try add("h\(number).example.com", 1, "192.0.2.1") }
    #expect(try run().accounting.stored == 50)
    let again = try run()
    #expect(again.skipped == 50 && again.accounting.offered == 0)
    #expect(sink.count == 150)
    #expect(try files().isEmpty)
  }

  /// Counts are sums: those of a database that went on would be counted twice.
  @Test func refusesADatabaseThatWentOn() throws {
    try add("www.example.com", 1, "192.0.2.1")
    _ = try run()
    try add("www.example.com", 1, "192.0.2.1", count: 4)
    #expect(throws: D4RedisImport.Problem.changed(address: "\(try server.address())", records: 1)) {
      try run()
    }
    #expect(sink.count == 3)
    #expect(try files().isEmpty)
  }

  /// What was read whole is stored later, whatever became of the database.
  @Test func goesOnWithWhatWasRead() throws {
    for number in 0..<20 { try add("h\(number).example.com", 1, "192.0.2.1") }
    sink.refuse(true)
    #expect(throws: KeepingSink.Refused.self) { try run() }
    #expect(try files().count == 1)
    sink.refuse(false)
    _ = try RedisConnection(try server.address()).call(["FLUSHALL"])
    #expect(try run().accounting.stored == 20)
    #expect(sink.count == 60)
    #expect(try files().isEmpty)
  }

  @Test func countsKeysOfOtherKinds() throws {
    try add("www.example.com", 1, "192.0.2.1")
    _ = try RedisConnection(try server.address()).call(["SET", "r:odd.example.com:1", "text"])
    let report = try run()
    #expect(report.accounting.isBalanced)
    #expect(report.accounting.malformed.map(\.name) == ["missing-field"])
    #expect(report.accounting.stored == 1)
  }

  @Test func storesNothingOfAnEmptyDatabase() throws {
    #expect(try run().accounting.offered == 0)
    #expect(try files().isEmpty)
  }
}
