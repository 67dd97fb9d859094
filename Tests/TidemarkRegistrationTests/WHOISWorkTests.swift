import Testing
import TidemarkRegistration

/// What a hostile answer costs: no list without a bound, no work that grows faster than the answer.
@Suite(.serialized, .timeLimit(.minutes(5)))
struct WHOISWorkTests {
  private static let head = "Domain Name: example.com\nCreation Date: 2001-01-01\n"
  private static let network = "inetnum: 192.0.2.0 - 192.0.2.255\n"

  private static func lines(_ count: Int, _ line: (Int) -> String) -> String {
    (0..<count).map { line($0) + "\n" }.joined()
  }

  /// Answers of a length that grows with the number, by what they have much of.
  private static let shapes: [String: @Sendable (Int) -> String] = [
    "name servers": { head + lines($0) { _ in "Name Server: a.b" } },
    "blank lines": { head + lines($0) { _ in "" } },
    "keys": { head + lines($0) { _ in "x:" } },
    "one line": { head + String(repeating: "a ", count: $0 * 20) },
    "headings": { head + lines($0) { _ in "Registrant:\n a" } },
    "objects": { head + lines($0) { _ in "nic-hdl: a\n" } },
    "statuses": { count in
      head
        + lines(count / 50) { line in
          "Status: " + (0..<500).map { String(line * 500 + $0, radix: 36) }.joined(separator: ",")
        }
    },
    "organizations": { head + lines($0) { "Registrant Organization: Example Holding \($0)" } },
    "families": { head + lines($0) { "Registrant Family Name: Example \($0)" } },
    "referrals": { lines($0 * 2) { "whois: whois.a\($0).net" } },
    "hints": { count in
      lines(count / 50) { line in
        "remarks: " + (0..<100).map { "whois.a\(line).b\($0).net" }.joined(separator: " ")
      }
    },
    "references": { count in
      network + lines(count) { _ in "admin-c: A" } + "\nrole: x\nnic-hdl: A\n"
        + lines(count) { _ in "address: x" }
    },
    "terms of use": { lines($0) { "line \($0) of the terms says nothing at all to anybody" } },
  ]

  private static func cost(_ text: String) -> Duration {
    let octets = Array(text.utf8)
    return processorCost {
      _ = readWHOIS(text)
      _ = WHOISReferral.find(in: octets)
    }
  }

  /// Eight times the answer costs some eight times as much; quadratic work costs 64 times.
  @Test(arguments: shapes.keys.sorted())
  func growsWithTheAnswer(_ name: String) throws {
    let shape = try #require(Self.shapes[name])
    let (small, large) = (Self.cost(shape(500)), Self.cost(shape(4_000)))
    // Below some milliseconds the machine is measured.
    #expect(large < max(small, .milliseconds(10)) * 24, "\(name): \(small), \(large)")
  }

  @Test func takesNoMoreOfAListThanItsBound() throws {
    let many = (0..<400).map { "s\($0)" }.joined(separator: ",")
    let addresses = (0..<150).map { "203.0.113.\($0)" }.joined(separator: " ")
    let names = Self.lines(500) { "Registrant Organization: Example Holding number \($0)" }
    let text = Self.head + "Status: \(many)\nName Server: ns1.example.net \(addresses)\n" + names
    let found = try #require(registration(readWHOIS(text)))
    #expect(found.statuses.count == RegistrationLimits.valuesMax)
    #expect(found.nameServers.map(\.addresses.count) == [RegistrationLimits.valuesMax])
    let organization = try #require(found.contact(.registrant)?.organization)
    #expect(organization.hasPrefix("Example Holding number 0\nExample Holding number 1\n"))
    #expect(organization.utf8.count < 2 * RegistrationLimits.lineCharactersMax)
  }

  @Test func takesNoMoreOfANetworkThanItsBound() throws {
    let blocks = (0..<20).map { "10.\($0).0.1-10.\($0).255.254" }.joined(separator: ",")
    let text =
      "NetRange: 10.0.0.0 - 10.255.255.255\nCIDR: \(blocks)\n"
      + Self.lines(200) { "status: s\($0)" }
    let found = try #require(registration(readWHOIS(text)))
    #expect(found.network?.prefixes.count == RegistrationLimits.valuesMax)
    #expect(found.statuses.count == RegistrationLimits.valuesMax)
    let referring =
      Self.network + Self.lines(500) { _ in "admin-c: A" } + "\nrole: x\nnic-hdl: A\n"
    let contacts = try #require(registration(readWHOIS(referring))).contacts
    #expect(contacts.count == RegistrationLimits.contactsMax)
  }
}
