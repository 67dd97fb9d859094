import Foundation
import TidemarkEnrichment
import TidemarkModel
import TidemarkTesting
import Testing

struct CirclAnswerTests {
  let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private func request(_ indicator: IndicatorKey, rowsMax: Int = 500) throws -> ActionRequest {
    let library = try Library(path: folder.file("l"), create: true)
    let registry = OperationRegistry(library: library)
    try registry.configure("circl", ["max_rows": String(rowsMax)])
    return try registry.request("circl", "passive-dns", on: indicator)
  }

  private func name(_ text: String = "www.example.com") throws -> IndicatorKey {
    try IndicatorKey(.fqdn, text)
  }

  private func read(
    _ text: String, _ indicator: IndicatorKey, rowsMax: Int = 500
  ) throws -> CirclAnswer {
    try CirclAnswer(Array(text.utf8), for: request(indicator, rowsMax: rowsMax))
  }

  static let record =
    #"{"rrname":"www.example.com","rrtype":"A","rdata":"192.0.2.1","#
    + #""count":6,"time_first":100,"time_last":200}"#

  @Test(arguments: [
    record + "\n" + record + "\n", record + record, "[\(record),\n\(record)]",
    record.replacingOccurrences(of: ",", with: ",\n  ") + record,
    record.replacingOccurrences(of: "rdata", with: "rrdata") + record,
    record.replacingOccurrences(of: "100", with: "\"100\"") + record,
    record.replacingOccurrences(of: "\"192.0.2.1\"", with: #"["192.0.2.1", "192.0.2.1"]"#),
  ])
  func readsEveryShape(_ text: String) throws {
    let answer = try read(text, name())
    #expect(answer.table.rows.count == 2 && answer.notes.isEmpty && !answer.isCut)
    for row in answer.table.rows.indices {
      #expect(answer.table.cell(row, "rrname") == .text("www.example.com"))
      #expect(answer.table.cell(row, "rdata") == .text("192.0.2.1"))
      #expect(answer.table.cell(row, "time_first") == .time(100))
      #expect(answer.table.cell(row, "count") == .integer(6))
    }
  }

  @Test func proposesTheOtherSide() throws {
    let forName = try read(Self.record, name()).table.rows[0].proposals
    let seen: ClosedRange<UnixSeconds> = 100...200
    let address = Proposal.Candidate(
      types: [.ipv4], value: "192.0.2.1", relation: .resolvesTo, seen: seen)
    #expect(forName.contains(.indicator(address)))
    #expect(forName.contains(.attribute(AttributeEntry("Resource Type", "A", seen: seen))))
    #expect(
      forName.contains(.attribute(AttributeEntry("Resource Data", "192.0.2.1", seen: seen))))
    let forAddress = try read(Self.record, IndicatorKey(.ipv4, "192.0.2.1")).table.rows[0]
    let owner = Proposal.Candidate(
      types: [.fqdn], value: "www.example.com", relation: .resolvesTo, isIncoming: true,
      seen: seen)
    #expect(forAddress.proposals.contains(.indicator(owner)))
  }

  @Test func putsSwappedRecordsRight() throws {
    let swapped = Self.record.replacingOccurrences(of: "www.example.com", with: "#")
      .replacingOccurrences(of: "192.0.2.1", with: "www.example.com")
      .replacingOccurrences(of: "#", with: "192.0.2.1")
    let answer = try read(swapped, name())
    #expect(answer.table.cell(0, "rrname") == .text("www.example.com"))
    #expect(answer.notes == [ResultNote("Swapped records put right", "1")])
  }

  @Test func oneBadRecordCostsItself() throws {
    let answer = try read("{\"rrname\":\"a{\nx{\"rrname\":1}\(Self.record)\n{\"a", name())
    #expect(answer.table.rows.count == 1 && answer.isCut)
    #expect(answer.notes.map(\.label) == ["Unreadable records"])
  }

  @Test func countsWhatDoesNotFit() throws {
    let answer = try read(String(repeating: Self.record, count: 5), name(), rowsMax: 2)
    #expect(answer.table.rows.count == 2 && answer.table.total == 5)
    #expect(answer.table.isTruncated)
  }

  @Test func nothingIsNothingAndAPageIsAFailure() throws {
    #expect(try read("", name()).table.rows.isEmpty)
    #expect(try read("[]", name()).table.rows.isEmpty)
    let failure = #expect(throws: ActionFailure.self) {
      try read("<html>Welcome</html>", name())
    }
    #expect(failure?.kind == .unavailable)
  }

  /// The seven records of the guide to CIRCL's operation, one a line.
  private static let guideSample = "fixtures/threatq-guide-sample.ndjson"

  /// The guide's sample asks for an address; its NS records stand for names linked to it.
  @Test(.enabled(if: SharedData.has(guideSample)))
  func readsTheGuidesSample() throws {
    let octets = try SharedData.octets(Self.guideSample)
    let joined = octets.filter { $0 != UInt8(ascii: "\n") }
    let indicator = try IndicatorKey(.ipv4, "104.196.175.197")
    for text in [octets, joined] {
      let answer = try CirclAnswer(text, for: request(indicator))
      #expect(answer.table.rows.count == 7 && answer.notes.isEmpty)
      let types = answer.table.rows.indices.map { answer.table.cell($0, "rrtype")?.string }
      #expect(types.filter { $0 == "NS" }.count == 5)
      let indicators = answer.table.rows.flatMap(\.proposals).filter {
        if case .indicator = $0 { true } else { false }
      }
      #expect(indicators.count == 2)
      // Both rows of the guide's mapping table, of each record.
      for (index, row) in answer.table.rows.enumerated() {
        let attributes = row.proposals.compactMap { proposal in
          if case .attribute(let entry) = proposal { "\(entry.name)=\(entry.value)" } else { nil }
        }
        let (type, data) = (
          "\(types[index] ?? "")", answer.table.cell(index, "rdata")?.string ?? ""
        )
        #expect(attributes == ["Resource Type=\(type)", "Resource Data=\(data)"])
        #expect(!data.isEmpty)
      }
    }
  }

  @Test func damagedAnswersNeverTrapAndStayInBounds() throws {
    let seed: UInt64 = 5
    var random = SeededGenerator(seed: seed)
    let request = try request(name(), rowsMax: 10)
    let whole = Array(String(repeating: Self.record, count: 20).utf8)
    for _ in 0..<500 {
      var octets = whole
      for _ in 0..<Int.random(in: 1...20, using: &random) {
        let marks = Array("{}[]\"\\\n,:\u{0}a".utf8)
        octets[Int.random(in: 0..<octets.count, using: &random)] =
          marks[Int.random(in: 0..<marks.count, using: &random)]
      }
      if let answer = try? CirclAnswer(octets, for: request) {
        #expect(answer.table.rows.count <= 10, "seed \(seed)")
      }
    }
  }
}
