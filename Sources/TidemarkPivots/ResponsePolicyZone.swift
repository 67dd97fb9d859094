import DNSWire

/// Reads the triggers of a response policy zone, a line at a time: owners of policy records, and
/// networks in owners below `rpz-ip`.
struct ResponsePolicyZone {
  /// With a final dot, lower case; empty when not told.
  private var origin: [UInt8] = []
  /// Parentheses that are open: the rest of an SOA record.
  private var depth = 0
  private var lastOwner: [UInt8] = []

  mutating func read(_ line: ArraySlice<UInt8>, into list: inout RiskList) {
    let text = line.prefix { $0 != UInt8(ascii: ";") }
    let wasInside = depth > 0
    for octet in text {
      if octet == UInt8(ascii: "(") { depth += 1 }
      if octet == UInt8(ascii: ")"), depth > 0 { depth -= 1 }
    }
    let words = RiskListLayout.words(text, max: 8)
    guard !wasInside, let first = words.first else { return }
    if first.first == UInt8(ascii: "$") {
      if first.map(ASCII.lowered) == Array("$origin".utf8), words.count > 1 {
        origin = ResponsePolicyZone.closed(words[1])
      }
      return
    }
    // A record without owner belongs to the owner before it, which is on the list already.
    if let start = text.first, RiskListLayout.isBlank(start) { return }
    guard let type = words.dropFirst().firstIndex(where: ResponsePolicyZone.isType) else {
      return list.reject(.notAnEntry)
    }
    let owner = first.map(ASCII.lowered)
    if owner == lastOwner { return }
    lastOwner = owner
    let kind = words[type].map(ASCII.lowered)
    if kind == Array("soa".utf8) || kind == Array("ns".utf8) {
      let isAbsolute = owner.count > 1 && owner.last == ASCII.dot
      if kind == Array("soa".utf8), origin.isEmpty, isAbsolute { origin = owner }
      return
    }
    let action = type + 1 < words.count ? words[type + 1].map(ASCII.lowered) : []
    if action.starts(with: "rpz-passthru".utf8) { return list.reject(.exception) }
    add(owner, into: &list)
  }

  private static let types = ["soa", "ns", "cname", "a", "aaaa", "txt", "mx", "srv", "dname"].map {
    Array($0.utf8)
  }

  private static func isType(_ word: ArraySlice<UInt8>) -> Bool {
    types.contains(word.map(ASCII.lowered))
  }

  private static func closed(_ name: ArraySlice<UInt8>) -> [UInt8] {
    name.map(ASCII.lowered) + (name.last == ASCII.dot ? [] : [ASCII.dot])
  }

  private func add(_ owner: [UInt8], into list: inout RiskList) {
    var name = owner[...]
    if name.elementsEqual("@".utf8) { return }
    if name.last == ASCII.dot, !origin.isEmpty {
      // Names that end in the zone's own name are below it.
      let end = [ASCII.dot] + origin
      guard name.count > end.count, name.suffix(end.count).elementsEqual(end) else {
        return list.reject(.notAnEntry)
      }
      name = name.dropLast(end.count)
    }
    let labels = name.split(separator: ASCII.dot)
    guard let last = labels.last else { return list.reject(.notAnEntry) }
    if last.elementsEqual("rpz-ip".utf8) {
      guard let network = ResponsePolicyZone.network(labels.dropLast()) else {
        return list.reject(.notAnEntry)
      }
      return list.add(Array(network.utf8)[...])
    }
    guard !last.starts(with: "rpz-".utf8) else { return list.reject(.unsupported) }
    list.add(name, namesOnly: true)
  }

  /// `32.1.2.0.192` and `48.zz.db8.2001`: prefix length, then the parts of the address backwards;
  /// `zz` stands for `::`.
  private static func network(_ labels: ArraySlice<ArraySlice<UInt8>>) -> String? {
    guard labels.count >= 3, labels.count <= 9, let bits = labels.first else { return nil }
    let parts = labels.dropFirst().reversed().map { String(decoding: $0, as: UTF8.self) }
    let length = String(decoding: bits, as: UTF8.self)
    if parts.count == 4, !parts.contains("zz") {
      return parts.joined(separator: ".") + "/" + length
    }
    var text = ""
    for (index, part) in parts.enumerated() {
      if part == "zz" {
        text += "::"
      } else {
        if index > 0, parts[index - 1] != "zz" { text += ":" }
        text += part
      }
    }
    return text + "/" + length
  }
}
