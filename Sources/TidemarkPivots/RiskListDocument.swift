import DNSWire
import Foundation

/// Reads lists in JSON.
enum RiskListDocument {
  /// Members of an object that hold an entry, the best first.
  private static let members = [
    "cidr", "domain", "hostname", "host", "fqdn", "ip", "ip_address", "url", "indicator", "ioc",
    "ioc_value", "value",
  ]

  /// Reads one document.
  ///
  /// - Throws: ``RiskListError``.
  static func read(_ octets: [UInt8], into list: inout RiskList) throws(RiskListError) {
    guard octets.count <= RiskListLimits.jsonOctetsMax else {
      throw .tooLarge(octets: octets.count, max: RiskListLimits.jsonOctetsMax)
    }
    guard let document = try? JSONSerialization.jsonObject(with: Data(octets)) else {
      throw .document
    }
    if let elements = document as? [Any] {
      for element in elements { readElement(element, into: &list) }
    } else if let object = document as? [String: Any] {
      guard readObject(object, into: &list) else { throw .document }
    } else {
      throw .document
    }
  }

  /// Reads an object that is a line; a line that only describes the list is passed over.
  static func readLine(_ line: ArraySlice<UInt8>, into list: inout RiskList) {
    guard let object = try? JSONSerialization.jsonObject(with: Data(line)) as? [String: Any] else {
      return list.reject(.notAnEntry)
    }
    guard object["type"] as? String != "metadata" else { return }
    if !readObject(object, into: &list) { list.reject(.notAnEntry) }
  }

  private static func readElement(_ element: Any, into list: inout RiskList) {
    if let text = element as? String {
      add(text, into: &list)
    } else if let object = element as? [String: Any], readObject(object, into: &list) {
      return
    } else {
      list.reject(.notAnEntry)
    }
  }

  /// - Returns: false for an object of no kind that is known.
  private static func readObject(_ object: [String: Any], into list: inout RiskList) -> Bool {
    if object["type"] as? String == "bundle", let objects = object["objects"] as? [Any] {
      for case let object as [String: Any] in objects { readSTIX(object, into: &list) }
      return true
    }
    if let entries = object["list"] as? [Any] {
      readWarninglist(entries, type: object["type"] as? String, into: &list)
      return true
    }
    if readMISP(object, into: &list) { return true }
    for member in members {
      guard let text = object[member] as? String else { continue }
      add(text, into: &list)
      return true
    }
    return false
  }

  /// The list of a MISP warninglist; its type says how values are compared with it.
  private static func readWarninglist(
    _ entries: [Any], type: String?, into list: inout RiskList
  ) {
    let isPattern = type == "substring" || type == "regex"
    for entry in entries {
      guard let text = entry as? String else {
        list.reject(.notAnEntry)
        continue
      }
      if isPattern { list.reject(.unsupported) } else { add(text, into: &list) }
    }
  }

  /// Types of MISP attributes with a name or an address; of two parts the first one counts.
  private static let attributeTypes: Set<String> = [
    "domain", "hostname", "ip-src", "ip-dst", "url", "domain|ip", "hostname|port", "ip-src|port",
    "ip-dst|port",
  ]

  /// An answer of MISP, an event, or something with attributes.
  private static func readMISP(_ object: [String: Any], into list: inout RiskList) -> Bool {
    var pending: [[String: Any]] = [object]
    var isMISP = false
    // Answers hold events, events hold objects, all of them hold attributes: four levels at most.
    for _ in 0..<4 {
      var inner: [[String: Any]] = []
      for holder in pending {
        for member in ["response", "Event", "Object"] {
          if let held = holder[member] as? [String: Any] { inner.append(held) }
          if let held = holder[member] as? [Any] {
            inner += held.compactMap { $0 as? [String: Any] }
          }
        }
        guard let attributes = holder["Attribute"] as? [Any] else { continue }
        isMISP = true
        for case let attribute as [String: Any] in attributes {
          readAttribute(attribute, into: &list)
        }
      }
      isMISP = isMISP || !inner.isEmpty
      pending = inner
    }
    return isMISP
  }

  private static func readAttribute(_ attribute: [String: Any], into list: inout RiskList) {
    guard let type = attribute["type"] as? String, attributeTypes.contains(type),
      isTrue(attribute["to_ids"]), !isTrue(attribute["deleted"]),
      let value = attribute["value"] as? String
    else { return }
    let isPair = type.contains("|")
    add(isPair ? String(value.prefix { $0 != "|" }) : value, into: &list)
  }

  private static func isTrue(_ value: Any?) -> Bool {
    if let flag = value as? Bool { return flag }
    return value as? String == "1"
  }

  /// A STIX 2.1 indicator whose pattern is one comparison, or several joined by OR.
  private static func readSTIX(_ object: [String: Any], into list: inout RiskList) {
    guard object["type"] as? String == "indicator", object["revoked"] as? Bool != true,
      let pattern = object["pattern"] as? String
    else { return }
    guard let values = STIXPattern.values(of: pattern) else { return list.reject(.unsupported) }
    for value in values { add(value, into: &list) }
  }

  private static func add(_ text: String, into list: inout RiskList) {
    list.add(RiskListLayout.trimmed(Array(text.utf8)[...]))
  }
}

/// The part of STIX patterns (STIX 2.1 section 9) that lists use: equality of the value of a domain
/// name, an address or a URL, several joined by OR.
enum STIXPattern {
  private static let paths: Set<String> = [
    "domain-name:value", "ipv4-addr:value", "ipv6-addr:value", "url:value",
  ]

  /// The values of a pattern; nil for any other pattern.
  static func values(of pattern: String) -> [String]? {
    var rest = Array(pattern.utf8)[...]
    var values: [String] = []
    while true {
      skip(&rest, while: "[( ")
      let path = rest.prefix { !" =![]()".utf8.contains($0) }
      guard paths.contains(String(decoding: path, as: UTF8.self)) else { return nil }
      rest = rest[path.endIndex...]
      skip(&rest, while: " ")
      guard rest.popFirst() == UInt8(ascii: "=") else { return nil }
      skip(&rest, while: " ")
      guard let value = quoted(&rest) else { return nil }
      values.append(value)
      skip(&rest, while: "]) ")
      if rest.isEmpty { return values }
      guard rest.starts(with: "OR".utf8) else { return nil }
      rest = rest.dropFirst(2)
    }
  }

  private static func skip(_ rest: inout ArraySlice<UInt8>, while characters: String) {
    rest = rest.drop { characters.utf8.contains($0) }
  }

  /// A literal in single quotes; a backslash takes the next character as it is.
  private static func quoted(_ rest: inout ArraySlice<UInt8>) -> String? {
    guard rest.popFirst() == UInt8(ascii: "'") else { return nil }
    var value: [UInt8] = []
    while let octet = rest.popFirst() {
      if octet == UInt8(ascii: "'") { return String(decoding: value, as: UTF8.self) }
      guard octet == ASCII.backslash else {
        value.append(octet)
        continue
      }
      guard let escaped = rest.popFirst() else { return nil }
      value.append(escaped)
    }
    return nil
  }
}
