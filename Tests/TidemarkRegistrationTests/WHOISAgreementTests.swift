import Foundation
import Testing
import TidemarkRegistration
import TidemarkTesting

/// Recorded WHOIS answers against what two other readers made of them.
@Suite(.enabled(if: SharedData.isThere))
struct WHOISAgreementTests {
  /// Agreement that is asked for. Where the oracles differ from the contract, they stay counted.
  static let shareMin = 0.98

  @Test func agreesWithOtherReaders() throws {
    var agreement = Agreement()
    try compareJSONPairs(&agreement)
    try compareSpecifications(&agreement)
    print("agreement of WHOIS fields\n" + agreement.report)
    #expect(agreement.comparisons > 1_500)
    #expect(agreement.share >= Self.shareMin, "share \(agreement.share)")
  }

  // MARK: pairs of an answer and a JSON object

  private func compareJSONPairs(_ agreement: inout Agreement) throws {
    let folder = SharedData.whois.appendingPathComponent("richardpenman")
    for file in SharedData.files(below: folder.appendingPathComponent("expected")) {
      let name = file.lastPathComponent
      let answer = folder.appendingPathComponent("whois/\(name)")
      let octets = try SharedData.octets(file)
      // Two pairs have no answer, or print of Python in place of JSON.
      guard FileManager.default.fileExists(atPath: answer.path),
        let expected = try? JSONSerialization.jsonObject(with: Data(octets)) as? [String: Any]
      else {
        print("left out: \(name)")
        continue
      }
      let found = registration(try SharedData.octets(answer), server: "")
      compare(expected, found, name, &agreement)
    }
  }

  private func compare(
    _ expected: [String: Any], _ found: Registration?, _ place: String,
    _ agreement: inout Agreement
  ) {
    let texts = expected.mapValues { ($0 as? [String]) ?? ($0 as? String).map { [$0] } ?? [] }
    func first(_ key: String) -> String? { texts[key]?.first }
    if let name = first("domain_name") {
      agreement.count("domain", name.lowercased(), domain(found), place)
    }
    // The first of several times is that of the domain, the others are those of contacts.
    let times = [
      ("creation_date", "created", found?.created), ("updated_date", "updated", found?.updated),
      ("expiration_date", "expires", found?.expires),
    ]
    for (key, field, time) in times {
      guard let text = first(key) else { continue }
      compareTime(field, text, time, place, &agreement)
    }
    if let name = first("registrar") {
      agreement.count("registrar", name, found?.registrar?.name, place)
    }
    if let url = first("registrar_url") {
      agreement.count("registrar.url", url, found?.registrar?.url, place)
    }
    if let statuses = texts["status"], !statuses.isEmpty {
      // The other reader takes the statuses of contacts as well.
      let all = Set(statuses.flatMap(parts))
      let ours = Set((found?.statuses ?? []).map { $0.lowercased() })
      agreement.count(
        "status", !ours.isEmpty && ours.isSubset(of: all), place, expected: "\(all.sorted())",
        found: "\(ours.sorted())")
    }
    if let servers = texts["name_servers"], !servers.isEmpty {
      let names = Set(servers.compactMap { $0.lowercased().split(separator: " ").first })
      let ours = Set((found?.nameServers ?? []).map { $0.name[...] })
      agreement.count(
        "nameServer", names == ours, place, expected: "\(names.sorted())",
        found: "\(ours.sorted())")
    }
  }

  /// Values of a status line without addresses of explanations.
  private func parts(_ status: String) -> [String] {
    let bare = status.lowercased().components(separatedBy: " http")[0]
    return bare.split(separator: ",").map { $0.trimmingCharacters(in: .whitespaces) }
  }

  // MARK: specifications, line by line

  private func compareSpecifications(_ agreement: inout Agreement) throws {
    let folder = SharedData.whois.appendingPathComponent("weppos")
    for file in SharedData.files(below: folder) where file.pathExtension == "expected" {
      let answer = file.deletingPathExtension().appendingPathExtension("txt")
      guard FileManager.default.fileExists(atPath: answer.path) else { continue }
      let path = file.path.dropFirst(folder.path.count + 1)
      let server = String(path.prefix { $0 != "/" })
      let found = registration(try SharedData.octets(answer), server: server)
      let text = String(decoding: try SharedData.octets(file), as: UTF8.self)
      for expectation in ExpectedLine.lines(of: text) {
        expectation.compare(found, String(path), &agreement)
      }
    }
  }

  private func registration(_ octets: [UInt8], server: String) -> Registration? {
    let source = RegistrationSource(kind: .whois, server: server, time: 0)
    if case .registration(let found) = WHOISAnswer.read(octets, source: source) { return found }
    return nil
  }
}

func domain(_ registration: Registration?) -> String? {
  if case .domain(let name)? = registration?.subject { name } else { nil }
}

/// Other readers drop zones or guess them: half a day more than the widest offset is agreement.
func compareTime(
  _ field: String, _ text: String, _ found: RegistrationTime?, _ place: String,
  _ agreement: inout Agreement
) {
  let expected = RegistrationTime.parse(text)
  let agrees =
    if let expected, let found { abs(expected.seconds - found.seconds) <= 86_400 } else { false }
  agreement.count(field, agrees, place, expected: text, found: found?.text ?? "nothing")
}
