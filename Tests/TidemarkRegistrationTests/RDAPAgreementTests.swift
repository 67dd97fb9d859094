import Foundation
import Testing
import TidemarkRegistration
import TidemarkTesting

/// Recorded RDAP answers.
@Suite(.enabled(if: SharedData.isThere))
struct RDAPAgreementTests {
  @Test func readsEveryAnswer() throws {
    var agreement = Agreement()
    var unread: [String] = []
    for file in SharedData.files(below: SharedData.rdap) where isAnswer(file.lastPathComponent) {
      let octets = try SharedData.octets(file)
      guard let response = try? readRDAP(octets) else {
        unread.append(file.lastPathComponent)
        continue
      }
      guard let found = response.registration,
        let plain = try JSONSerialization.jsonObject(with: Data(octets)) as? [String: Any]
      else { continue }
      compare(plain, found, file.lastPathComponent, &agreement)
    }
    print("agreement of RDAP fields\n" + agreement.report + "\nunread: \(unread)")
    #expect(unread.isEmpty)
    #expect(agreement.share >= 0.98)
  }

  private func isAnswer(_ name: String) -> Bool {
    !["bootstrap", "jcard", "malformed", "ipwhois"].contains { name.contains($0) }
  }

  /// A second, plain reading of the members that have one meaning only.
  private func compare(
    _ plain: [String: Any], _ found: Registration, _ place: String,
    _ agreement: inout Agreement
  ) {
    agreement.count("handle", plain["handle"] as? String, found.handle, place)
    let events = plain["events"] as? [[String: Any]] ?? []
    let times = [
      ("registration", found.created), ("last changed", found.updated),
      ("expiration", found.expires),
    ]
    for (action, time) in times {
      let event = events.first { $0["eventAction"] as? String == action }
      agreement.count(action, event?["eventDate"] as? String, time?.text, place)
    }
    let statuses = plain["status"] as? [String] ?? []
    let words = found.statuses.map { $0.lowercased() }
    let expected = statuses.map { $0.replacingOccurrences(of: " ", with: "").lowercased() }
    var isDomain = false
    if case .domain = found.subject { isDomain = true }
    agreement.count(
      "status", expected.map { isDomain && $0 == "active" ? "ok" : $0 } == words, place,
      expected: "\(expected)", found: "\(words)")
    let servers = (plain["nameservers"] as? [[String: Any]] ?? []).map {
      ($0["ldhName"] as? String ?? "").lowercased()
    }
    if !servers.isEmpty {
      agreement.count(
        "nameServer", servers == found.nameServers.map(\.name), place, expected: "\(servers)",
        found: "\(found.nameServers.map(\.name))")
    }
    let roles = (plain["entities"] as? [[String: Any]] ?? []).flatMap {
      $0["roles"] as? [String] ?? []
    }
    let ours = Set(found.contacts.flatMap(\.roles).map(\.rawValue))
    for role in Set(roles) where role != "registrar" {
      agreement.count(
        "role", ours.contains(role), place, expected: role, found: "\(ours.sorted())")
    }
    for entity in plain["entities"] as? [[String: Any]] ?? [] {
      compareCard(PlainCard(entity), found, place, &agreement)
    }
    compareSecurity(plain["secureDNS"] as? [String: Any], found.dnssec, place, &agreement)
    compareNetwork(plain, found, place, &agreement)
  }

  private func compareCard(
    _ card: PlainCard, _ found: Registration, _ place: String, _ agreement: inout Agreement
  ) {
    guard card.isThere else { return }
    if card.roles.contains("registrar") {
      agreement.count("registrar", card.name ?? card.organization, found.registrar?.name, place)
      agreement.count("registrar.id", card.ianaID, found.registrar?.ianaID.map { "\($0)" }, place)
    }
    guard card.roles != ["registrar"] else { return }
    let contact = found.contacts.first {
      $0.handle == card.handle && $0.roles.map(\.rawValue) == card.roles.sorted()
    }
    // What says that it is withheld is kept as a mark.
    func isMarked(_ field: RegistrationContact.Field) -> Bool {
      contact?.redacted.contains(field) ?? false
    }
    if !isMarked(.name) { agreement.count("contact.name", card.name, contact?.name, place) }
    if !isMarked(.organization) {
      agreement.count(
        "contact.organization", card.organization, contact?.organization, place)
    }
    if !isMarked(.email) {
      agreement.count(
        "contact.email", "\(card.values("email"))", "\(contact?.emails ?? [])", place)
    }
    if !isMarked(.phone), !isMarked(.fax) {
      let ours = (contact?.phones ?? []) + (contact?.faxes ?? [])
      agreement.count(
        "contact.phone", "\(card.values("tel").sorted())", "\(ours.sorted())", place)
    }
    if let city = card.city, !isMarked(.city) {
      agreement.count("contact.city", city, contact?.city, place)
    }
  }

  private func compareSecurity(
    _ plain: [String: Any]?, _ found: DelegationSecurity?, _ place: String,
    _ agreement: inout Agreement
  ) {
    guard let plain else { return }
    agreement.count(
      "delegationSigned", (plain["delegationSigned"] as? Bool).map { "\($0)" },
      found?.isDelegationSigned.map { "\($0)" }, place)
    let digests = (plain["dsData"] as? [[String: Any]] ?? []).map {
      ($0["digest"] as? String ?? "").lowercased()
    }
    agreement.count("dsData", "\(digests)", "\(found?.signers.map(\.digest) ?? [])", place)
  }

  private func compareNetwork(
    _ plain: [String: Any], _ found: Registration, _ place: String,
    _ agreement: inout Agreement
  ) {
    switch found.subject {
    case .network(let first, let last):
      agreement.count("startAddress", plain["startAddress"] as? String, first, place)
      agreement.count("endAddress", plain["endAddress"] as? String, last, place)
    case .autonomousSystems(let first, let last):
      agreement.count(
        "startAutnum", (plain["startAutnum"] as? Int).map { "\($0)" }, "\(first)", place)
      agreement.count("endAutnum", (plain["endAutnum"] as? Int).map { "\($0)" }, "\(last)", place)
    default: return
    }
    agreement.count("name", plain["name"] as? String, found.network?.name, place)
    agreement.count("country", plain["country"] as? String, found.network?.country, place)
    agreement.count("type", plain["type"] as? String, found.network?.kind, place)
  }

  @Test func readsCardsOfTheFixtures() throws {
    for file in SharedData.files(below: SharedData.rdap)
    where file.lastPathComponent.contains("jcard") {
      let card = String(decoding: try SharedData.octets(file), as: UTF8.self)
      let text = "{\"objectClassName\":\"entity\",\"handle\":\"h\",\"vcardArray\":\(card)}"
      let response = try? readRDAP(Array(text.utf8))
      if file.lastPathComponent == "openrdap__jcard-example.json" {
        let contact = try #require(response?.registration?.contacts.first)
        #expect(contact.name == "Simon Perreault")
        #expect(contact.emails == ["simon.perreault@viagenie.ca"])
      }
    }
  }
}

/// A contact of an RDAP answer, read without the reader under test.
private struct PlainCard {
  let entity: [String: Any]
  private let properties: [[Any]]

  init(_ entity: [String: Any]) {
    self.entity = entity
    let card = entity["vcardArray"] as? [Any] ?? []
    properties = (card.count > 1 ? card[1] as? [[Any]] : nil) ?? []
  }

  var isThere: Bool { !properties.isEmpty }
  var handle: String? { entity["handle"] as? String }
  var roles: [String] { entity["roles"] as? [String] ?? [] }
  var name: String? { values("fn").first }
  var organization: String? { values("org").first }

  var ianaID: String? {
    let identifiers = entity["publicIds"] as? [[String: Any]] ?? []
    return identifiers.first { $0["type"] as? String == "IANA Registrar ID" }?["identifier"]
      as? String
  }

  var city: String? {
    let address = properties.first { $0.first as? String == "adr" }?.last as? [Any]
    guard let address, address.count > 3, let city = address[3] as? String else { return nil }
    return city.isEmpty ? nil : city
  }

  func values(_ name: String) -> [String] {
    properties.filter { $0.first as? String == name }.compactMap { $0.last as? String }
      .filter { !$0.isEmpty }
  }
}
