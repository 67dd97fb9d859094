import Foundation
import TidemarkRegistration

/// One line of a specification of another reader: `%s[0].name == "ns1.example.com"`.
struct ExpectedLine {
  enum Value: Equatable {
    case nothing
    case text(String)
    case texts([String])
    case size(Int)
    case time(String)
  }

  let section: String
  let index: Int
  /// Empty for the whole.
  let attribute: String
  let value: Value

  static func lines(of text: String) -> [ExpectedLine] {
    var section = ""
    var lines: [ExpectedLine] = []
    for line in text.split(separator: "\n") {
      if line.hasPrefix("#") {
        section = String(line.dropFirst())
      } else if let expectation = ExpectedLine(section, line.trimmingCharacters(in: .whitespaces)) {
        lines.append(expectation)
      }
    }
    return lines
  }

  private init?(_ section: String, _ line: String) {
    guard line.hasPrefix("%s"), let blank = line.firstIndex(of: " ") else { return nil }
    var subject = line[..<blank].dropFirst(2)
    var index = 0
    if subject.hasPrefix("["), let end = subject.firstIndex(of: "]") {
      index = Int(subject[subject.index(after: subject.startIndex)..<end]) ?? 0
      subject = subject[subject.index(after: end)...]
    }
    guard let value = ExpectedLine.value(line[blank...].trimmingCharacters(in: .whitespaces))
    else { return nil }
    self.section = section
    self.index = index
    attribute = String(subject.drop { $0 == "." })
    self.value = value
  }

  private static func value(_ text: String) -> Value? {
    func inside(_ text: some StringProtocol) -> String { String(text.dropFirst().dropLast()) }
    if text.hasPrefix("%SIZE{") { return Int(inside(text.dropFirst(5))).map { .size($0) } }
    if text.hasPrefix("%TIME{") { return .time(inside(text.dropFirst(5))) }
    guard text.hasPrefix("==") else { return nil }
    let value = text.dropFirst(2).trimmingCharacters(in: .whitespaces)
    if value == "nil" || value == "[]" { return .nothing }
    if value.hasPrefix("\"") {
      return .text(
        inside(value).replacingOccurrences(of: "\\n", with: "\n")
          .replacingOccurrences(of: "\\\"", with: "\""))
    }
    guard value.hasPrefix("[") else { return nil }
    let parts = inside(value).components(separatedBy: "\"")
    return .texts(parts.enumerated().filter { $0.offset % 2 == 1 }.map(\.element))
  }

  private var text: String? {
    if case .text(let text) = value, !text.isEmpty { text } else { nil }
  }

  // MARK: comparing

  func compare(_ found: Registration?, _ place: String, _ agreement: inout Agreement) {
    let place = "\(place) \(section) \(index)"
    switch section {
    case "created_on": compareTime("created", found?.created, place, &agreement)
    case "updated_on": compareTime("updated", found?.updated, place, &agreement)
    case "expires_on": compareTime("expires", found?.expires, place, &agreement)
    case "domain":
      // The other reader names domains that do not exist, now and then.
      guard let found else { return }
      agreement.count("domain", text?.lowercased(), domain(found), place)
    case "domain_id": agreement.count("handle", text, found?.handle, place)
    case "status":
      guard case .texts(let texts) = value else { return }
      let all = texts.map { $0.components(separatedBy: " http")[0] }
      agreement.count(
        "status", all.sorted().description, (found?.statuses ?? []).sorted().description, place)
    case "available?", "registered?": break
    case "registrar": compareRegistrar(found?.registrar, place, &agreement)
    case "nameservers": compareServer(found?.nameServers ?? [], place, &agreement)
    case "registrant_contacts": compareContact(found, .registrant, place, &agreement)
    case "admin_contacts": compareContact(found, .administrative, place, &agreement)
    case "technical_contacts": compareContact(found, .technical, place, &agreement)
    default: break
    }
  }

  private func compareTime(
    _ field: String, _ found: RegistrationTime?, _ place: String, _ agreement: inout Agreement
  ) {
    switch value {
    case .time(let text):
      TidemarkRegistrationTests.compareTime(field, text, found, place, &agreement)
    case .nothing: agreement.count(field, nil, found?.text, place)
    default: break
    }
  }

  private func compareRegistrar(
    _ found: Registrar?, _ place: String, _ agreement: inout Agreement
  ) {
    switch attribute {
    case "" where value == .nothing: agreement.count("registrar", nil, found?.name, place)
    case "name" where text != nil: agreement.count("registrar", text, found?.name, place)
    case "url": agreement.count("registrar.url", text, found?.url, place)
    case "id" where text != nil:
      // The other reader has one field for both numbers.
      let ours = [found?.ianaID.map { String($0) }, found?.handle].compactMap { $0 }
      agreement.count(
        "registrar.id", ours.contains(text ?? ""), place, expected: text ?? "", found: "\(ours)")
    default: break
    }
  }

  private func compareServer(
    _ found: [NameServer], _ place: String, _ agreement: inout Agreement
  ) {
    let server = found.indices.contains(index) ? found[index] : nil
    switch (attribute, value) {
    case ("", .size(let count)):
      agreement.count("nameServer", String(count), String(found.count), place)
    case ("", .nothing): agreement.count("nameServer", "0", String(found.count), place)
    case ("name", _): agreement.count("nameServer", text?.lowercased(), server?.name, place)
    case ("ipv4", _), ("ipv6", _):
      let isIPv6 = attribute == "ipv6"
      let ours = (server?.addresses ?? []).filter { $0.contains(":") == isIPv6 }
      let agrees = text.map { ours.contains($0.lowercased()) } ?? ours.isEmpty
      agreement.count(
        "nameServer.address", agrees, place, expected: text ?? "nothing", found: "\(ours)")
    default: break
    }
  }

  private func compareContact(
    _ found: Registration?, _ role: RegistrationContact.Role, _ place: String,
    _ agreement: inout Agreement
  ) {
    let contacts = (found?.contacts ?? []).filter { $0.roles.contains(role) }
    let contact = contacts.indices.contains(index) ? contacts[index] : nil
    switch (attribute, value) {
    case ("", .size(let count)):
      agreement.count("contact.count", String(count), String(contacts.count), place)
      return
    case ("", .nothing):
      agreement.count("contact.count", "0", String(contacts.count), place)
      return
    case ("type", _), ("created_on", _), ("updated_on", _), ("", _): return
    case ("country", .nothing), ("country_code", .nothing): return
    default: break
    }
    guard let ours = contact.map({ part(of: $0) }) ?? Optional([]) else { return }
    // Lines without keys are kept as lines; the other reader has them as an address.
    let lines = contact?.lines ?? []
    if !lines.isEmpty, ours.isEmpty, let text {
      let pieces = Set(lines.flatMap { normalized($0) } + lines)
      let agrees = normalized(text).allSatisfy(pieces.contains)
      agreement.count(
        "contact.\(attribute)", agrees, place, expected: text, found: "\(lines)")
      return
    }
    let expected = text.map { normalized($0) } ?? []
    let joined = ours.flatMap { normalized($0) }
    agreement.count(
      "contact.\(attribute)", expected == joined, place, expected: "\(expected)",
      found: "\(joined)")
  }

  /// Parts between line feeds and commas: readers join lines of an address either way.
  private func normalized(_ text: String) -> [String] {
    guard attribute == "address" || attribute == "organization" else { return [text] }
    return text.split { "\n,".contains($0) }.map { $0.trimmingCharacters(in: .whitespaces) }
      .filter { !$0.isEmpty }
  }

  /// Our value of the attribute; nil for attributes that are not compared.
  private func part(of contact: RegistrationContact) -> [String]? {
    func one(_ text: String?) -> [String] { text.map { [$0] } ?? [] }
    return switch attribute {
    case "id": one(contact.handle)
    case "name": one(contact.name)
    case "organization": one(contact.organization)
    case "address": contact.street
    case "city": one(contact.city)
    case "state": one(contact.region)
    case "zip": one(contact.postalCode)
    case "country": one(contact.country ?? contact.countryCode)
    case "country_code": one(contact.countryCode ?? contact.country)
    case "phone": Array(contact.phones.prefix(1))
    case "fax": Array(contact.faxes.prefix(1))
    case "email": Array(contact.emails.prefix(1))
    default: nil
    }
  }
}
