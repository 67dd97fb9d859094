import DNSWire
import Foundation
import Testing
import TidemarkIngest
import TidemarkModel

/// Test data outside the repository: the folder `shared` beside the checkout, or where the
/// environment variable `TIDEMARK_SHARED` says.
enum RecordedStreams {
  static let data: URL = {
    let environment = ProcessInfo.processInfo.environment
    let package = URL(fileURLWithPath: #filePath)
      .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    let shared =
      environment["TIDEMARK_SHARED"].map { URL(fileURLWithPath: $0) }
      ?? package.deletingLastPathComponent().appendingPathComponent("shared")
    return shared.appendingPathComponent("data")
  }()

  static let isAvailable: Bool = {
    let isThere = FileManager.default.fileExists(
      atPath: data.appendingPathComponent("open/dnstap").path)
    if !isThere { print("SKIPPED: no streams in \(data.path)") }
    return isThere
  }()
}

/// Recorded streams, compared with what an independent reader finds in their messages.
@Suite(.enabled(if: RecordedStreams.isAvailable))
struct DnstapOracleTests {
  private typealias Triple = [String]

  private static func octets(_ path: String) throws -> [UInt8] {
    [UInt8](try Data(contentsOf: RecordedStreams.data.appendingPathComponent(path)))
  }

  /// The oracle's records of all sections with their counts, types it does not fold left as sent.
  private static func oracle(
    _ stream: String, _ suffixes: [String] = [".tsv", ".sections.tsv"]
  ) throws -> [Triple: UInt64] {
    var rows: [Triple: UInt64] = [:]
    for suffix in suffixes {
      let url = RecordedStreams.data.appendingPathComponent("open/oracle/dnstap/\(stream)\(suffix)")
      guard let text = try? String(contentsOf: url, encoding: .utf8) else { continue }
      for line in text.split(separator: "\n") {
        var fields = line.split(separator: "\t").map(String.init)
        if suffix == ".sections.tsv" { fields.removeFirst() }
        let rdata = fields[1] == "NS" ? fields[2].lowercased() : fields[2]
        rows[[fields[0], fields[1], rdata], default: 0] += UInt64(fields[3]) ?? 0
      }
    }
    return rows
  }

  /// What a stream gives when everything is taken, as triples.
  private static func ours(_ reading: DnstapReading) -> [Triple: UInt64] {
    var rows: [Triple: UInt64] = [:]
    for (row, count) in reading.rows(style: .master) {
      rows[[row.name, row.type, row.rdata], default: 0] += count
    }
    return rows
  }

  /// Types whose text the oracle writes as we do.
  private static let comparable: Set<String> = ["A", "AAAA", "NS", "MX", "TXT", "SOA", "CNAME"]

  private static let everything = DnstapOptions(rawValue: 127)

  /// What is left of each stream when everything is taken: the reasons for what is not.
  static let expected: [String: [String: UInt64]] = [
    // One message has a label type that does not exist.
    "compactor__test-scripts.fstrm": ["bad-label-type": 1],
    "dns-collector__dnstap.fstrm": [:],
    "dsc__dotdoh.fstrm": [:],
    "dsc__test.fstrm": [:],
    // Referrals of the root zone, which have AA clear, and signatures that nobody asked for.
    "made-bind__auth.fstrm": ["not-authoritative": 4_723, "dnssec-not-taken": 2_678],
    // RESOLVER_RESPONSE: the same signatures.
    "made-unbound__resolver.fstrm": ["dnssec-not-taken": 2_033],
  ]

  @Test(arguments: expected.keys.sorted())
  func everyDifferenceHasItsReason(stream: String) throws {
    let reading = DnstapReading(
      try Self.octets("open/dnstap/\(stream)"), options: Self.everything)
    #expect(reading.error == nil && reading.accounting.isBalanced)
    let (ours, oracle) = (Self.ours(reading), try Self.oracle(stream))
    for (triple, count) in ours where Self.comparable.contains(triple[1]) {
      #expect(count <= oracle[triple] ?? 0, "\(triple)")
    }
    #expect(reading.reasons == Self.expected[stream])
  }

  @Test func aResolversStreamGivesEveryAnswerOnBothSides() throws {
    let stream = "made-unbound__resolver.fstrm"
    let ours = Self.ours(
      DnstapReading(try Self.octets("open/dnstap/\(stream)"), options: Self.everything))
    let sections = try Self.oracle(stream, [".sections.tsv"])
    let answers = try Self.oracle(stream, [".tsv"]).filter {
      Self.comparable.contains($0.key[1]) && sections[$0.key] == nil
    }
    #expect(answers.count > 100)
    for (triple, count) in answers { #expect(ours[triple] == count, "\(triple)") }
  }

  @Test func aServersOwnStreamOffersEveryRecordOfTheOracle() throws {
    let stream = "made-bind__auth.fstrm"
    let reading = DnstapReading(
      try Self.octets("open/dnstap/\(stream)"), options: Self.everything)
    let total = try Self.oracle(stream).values.reduce(0, +)
    #expect(reading.accounting.offered == total)
    #expect(reading.accounting.responses == 4_739)
  }

  @Test func unboundsStreamGivesWhatTheFixtureSays() throws {
    struct Expected: Decodable {
      var rrname: String
      var rrtype: String
      var rdata: String
      var bailiwick: String
      var time_first: UInt32
      var time_last: UInt32
      var count: UInt64
    }
    let lines = String(
      decoding: try Self.octets("fixtures/dnstap/expected_resolver_response.ndjson"), as: UTF8.self)
    let expected = try lines.split(separator: "\n").map {
      try JSONDecoder().decode(Expected.self, from: Data($0.utf8))
    }
    let reading = DnstapReading(
      try Self.octets("fixtures/dnstap/unbound_1.17_client_and_resolver.fstrm"))
    var rows: [Triple: UInt64] = [:]
    for (row, count) in reading.rows(style: .master) {
      rows[[row.name, row.type, row.rdata, "\(row.vantage)/\(row.bailiwick)"]] = count
    }
    var wanted: [Triple: UInt64] = [:]
    for row in expected {
      let labels = row.bailiwick.split(separator: ".").count
      wanted[[row.rrname + ".", row.rrtype, row.rdata, "authority/\(labels)"]] = row.count
    }
    #expect(rows == wanted)
    let times = Set(expected.flatMap { [$0.time_first, $0.time_last] })
    #expect(reading.batch.entries.allSatisfy { times.contains($0.timeLast) })
    #expect(reading.accounting.isBalanced)
  }

  @Test func aStreamThatWasCutGivesWhatIsComplete() throws {
    let reading = DnstapReading(try Self.octets("fixtures/dnstap/truncated_no_stop.fstrm"))
    #expect(reading.reasons["truncated-frame"] == 1)
    #expect(reading.batch.count > 0 && reading.accounting.isBalanced)
    guard case .truncated = reading.error else {
      Issue.record("the cut was not told: \(String(describing: reading.error))")
      return
    }
  }
}
