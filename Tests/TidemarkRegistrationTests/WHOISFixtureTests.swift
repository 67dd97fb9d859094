import Foundation
import Testing
import TidemarkRegistration
import TidemarkTesting

@Suite(.enabled(if: SharedData.isThere))
struct WHOISFixtureTests {
  /// What the names of the recorded files say about them.
  @Test func recognisesRefusals() throws {
    let folder = SharedData.whois.appendingPathComponent("weppos")
    var (agreement, files) = (Agreement(), 0)
    for file in SharedData.files(below: folder) where file.pathExtension == "txt" {
      let path = String(file.path.dropFirst(folder.path.count + 1))
      let name = file.deletingPathExtension().lastPathComponent
      let source = RegistrationSource(
        kind: .whois, server: String(path.prefix { $0 != "/" }), time: 0)
      let answer = WHOISAnswer.read(try SharedData.octets(file), source: source)
      files += 1
      let expected: String? =
        switch name {
        case "status_available": "noMatch"
        case "status_registered": "registration"
        case "response_throttled": "rateLimited"
        case "status_reserved", "status_unavailable", "property_status_premium_name": "reserved"
        default: nil
        }
      guard let expected else { continue }
      let found = String("\(answer)".prefix { $0 != "(" })
      agreement.count("answer", expected, found, path)
    }
    print("agreement of WHOIS answers, \(files) files\n" + agreement.report)
    #expect(agreement.share >= 0.98)
  }

  @Test func survivesBrokenAnswers() throws {
    var generator = SeededGenerator(seed: 3912)
    for file in SharedData.files(below: SharedData.whois) {
      var octets = try SharedData.octets(file)
      guard !octets.isEmpty else { continue }
      for _ in 0..<5 {
        let index = Int.random(in: 0..<octets.count, using: &generator)
        octets[index] = UInt8(truncatingIfNeeded: generator.next())
      }
      let source = RegistrationSource(kind: .whois, server: "", time: 0)
      _ = WHOISAnswer.read(octets, source: source)
      let end = Int.random(in: 0..<octets.count, using: &generator)
      _ = WHOISAnswer.read(Array(octets[..<end]), source: source)
      _ = WHOISReferral.find(in: octets)
    }
    for file in SharedData.files(below: SharedData.rdap) {
      var octets = try SharedData.octets(file)
      guard !octets.isEmpty else { continue }
      let index = Int.random(in: 0..<octets.count, using: &generator)
      octets[index] = UInt8(truncatingIfNeeded: generator.next())
      _ = try? readRDAP(octets)
    }
  }
}
