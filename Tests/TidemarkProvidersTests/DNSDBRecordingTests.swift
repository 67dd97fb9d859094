import Foundation
import TidemarkEnrichment
import Testing

/// Recorded answers of the real service, in version 1 of its format, outside the repository.
@Suite(.enabled(if: DomainToolsRecordings.areThere))
struct DNSDBRecordingTests {
  private static let folder = DomainToolsRecordings.folder.deletingLastPathComponent()
    .appendingPathComponent("dnsdb")

  /// The lines of the answer in a recording.
  private func lines(_ name: String) throws -> [Substring] {
    let file = Self.folder.appendingPathComponent("ninoseki__DNSDB_Clients_\(name).yml")
    let text = try String(contentsOf: file, encoding: .utf8)
    return text.split(separator: "\n").map { $0.drop { $0 == " " } }.filter {
      $0.hasPrefix("{\"count\"")
    }
  }

  @Test(arguments: ["Lookup_rdata_1_1_3", "Lookup_rrset_1_2_1"])
  func everyRecordedRowIsRead(_ name: String) async throws {
    let lines = try lines(name)
    let (result, _) = try await ServiceWorld.run(
      "dnsdb", "passive-dns", .ipv4, "154.9.205.199", settings: ["max_rows": "10000"]
    ) { _ in .octets(ScriptedService.answer(lines.joined(separator: "\n"))) }
    let table = try #require(result.table("records"))
    #expect(lines.count > 0 && table.rows.count >= lines.count)
    #expect(result.notes.isEmpty && !result.isTruncated)
    for row in table.rows.indices {
      #expect(table.cell(row, "time_first")?.string != nil)
      #expect(table.cell(row, "rrname")?.string?.hasSuffix(".") == false)
    }
    if name.contains("rdata") {
      #expect(table.rows.count == lines.count)
      #expect(table.rows.allSatisfy { $0.proposals.count == 3 })
    }
  }
}
