import Foundation
import TidemarkEnrichment
import TidemarkProviders
import Testing

/// Recorded answers of the real service, outside the repository: the folder `shared` beside the
/// checkout, or where the environment variable `TIDEMARK_SHARED` says.
enum DomainToolsRecordings {
  static let folder: URL = {
    if let path = ProcessInfo.processInfo.environment["TIDEMARK_SHARED"] {
      return URL(fileURLWithPath: path).appendingPathComponent("data/open/api/domaintools")
    }
    let package = URL(fileURLWithPath: #filePath)
      .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    return package.deletingLastPathComponent()
      .appendingPathComponent("shared/data/open/api/domaintools")
  }()

  static let areThere: Bool = {
    let areThere = FileManager.default.fileExists(atPath: folder.path)
    if !areThere { print("SKIPPED: no \(folder.path)") }
    return areThere
  }()

  /// Answers that a file has as plain text: a folded scalar in single quotes behind `content:`.
  static func answers(_ name: String) throws -> [String] {
    let text = try String(
      contentsOf: folder.appendingPathComponent("\(name).yaml"), encoding: .utf8)
    let parts = text.components(separatedBy: "\n    content: '").dropFirst()
    return parts.map { part in
      var answer = ""
      for piece in part.replacingOccurrences(of: "''", with: "\u{0}").prefix(while: { $0 != "'" })
        .split(separator: "\n", omittingEmptySubsequences: false)
      {
        answer += (answer.isEmpty ? "" : " ") + piece.drop { $0 == " " }
      }
      return answer.replacingOccurrences(of: "\u{0}", with: "'")
    }
  }
}

@Suite(.enabled(if: DomainToolsRecordings.areThere))
struct DomainToolsRecordingTests {
  private func results(_ file: String, _ action: String) async throws -> [ActionResult] {
    var results: [ActionResult] = []
    for answer in try DomainToolsRecordings.answers(file) {
      results.append(
        try await ServiceWorld.run(
          "domaintools", action, .fqdn, "google.com", settings: ["max_rows": "10000"],
          body: answer))
    }
    #expect(results.count >= 3)
    #expect(results.allSatisfy { $0.failure == nil && $0.note("Unreadable rows") == nil })
    return results
  }

  @Test func risk() async throws {
    for result in try await results("risk", "risk") {
      let score = try #require(result.column("score", of: "score").first.flatMap { Int($0) })
      let parts = result.column("score", of: "components").compactMap { Int($0) }
      #expect(score == parts.max())
    }
  }

  @Test func registration() async throws {
    for file in ["whois", "parsed_whois"] {
      for result in try await results(file, "fqdn-whois") {
        #expect(result.note("Registrant") == "Google LLC")
        #expect(result.table("name-servers")?.rows.count == 4)
        let names = Set(result.column("name", of: "attributes"))
        #expect(
          names == [
            "WHOIS Registrant", "WHOIS Registrar", "WHOIS Created", "WHOIS Updated",
            "WHOIS Expires", "WHOIS Status", "WHOIS Record",
          ])
      }
    }
    let parsed = try await results("parsed_whois", "fqdn-whois")
    #expect(
      parsed.allSatisfy {
        $0.column("email", of: "emails") == ["abusecomplaints@markmonitor.com"]
      })
  }

  @Test func reverseAddress() async throws {
    for result in try await results("reverse_ip", "reverse-ip") {
      #expect(result.table("addresses")?.rows.count == 2 && result.tables.count == 3)
    }
  }

  @Test func hosting() async throws {
    let counts = try await results("hosting_history", "hosting-history").map { result in
      result.table("addresses")?.rows.count ?? 0
    }
    #expect(counts == [335, 675, 1_107])
  }
}
