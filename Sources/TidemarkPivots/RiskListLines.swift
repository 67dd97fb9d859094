import DNSWire

/// Reads lists of which every entry is a line.
struct RiskListLines {
  private let layout: RiskListLayout
  private let ranksMax: Int?
  private var zone = ResponsePolicyZone()
  private var isHeaderDue: Bool

  init(_ layout: RiskListLayout, ranksMax: Int?) {
    self.layout = layout
    self.ranksMax = ranksMax
    isHeaderDue = layout.hasHeaderLine
  }

  mutating func read(_ octets: [UInt8], into list: inout RiskList) {
    var lines = RiskListLineCutter(octets)
    while let line = lines.next() {
      guard line.count <= RiskListLimits.lineOctetsMax else {
        list.reject(.tooLong)
        continue
      }
      read(line, into: &list)
    }
  }

  private mutating func read(_ line: ArraySlice<UInt8>, into list: inout RiskList) {
    let text = RiskListLayout.trimmed(line)
    guard !text.isEmpty else { return }
    if layout.format == .rpz { return zone.read(line, into: &list) }
    if layout.format == .adblock { return RiskListLines.readRule(text, into: &list) }
    guard !RiskListLayout.isComment(text) else { return }
    switch layout.format {
    case .hosts: RiskListLines.readHosts(text, into: &list)
    case .dnsmasq: RiskListLines.readDnsmasq(text, into: &list)
    case .unbound: RiskListLines.readUnbound(text, into: &list)
    case .table: readRow(line, into: &list)
    case .ranks: readRank(text, into: &list)
    case .jsonLines: RiskListDocument.readLine(text, into: &list)
    case .lines, .rpz, .adblock, .json:
      if let word = RiskListLines.words(text).first { list.add(word) }
    }
  }

  /// The words before a comment. A `#` inside a word is part of a URL.
  private static func words(_ text: ArraySlice<UInt8>) -> ArraySlice<ArraySlice<UInt8>> {
    let words = RiskListLayout.words(text, max: RiskListLimits.cellsMax)
    return words.prefix { !RiskListLayout.isComment($0) }
  }

  private static func readHosts(_ text: ArraySlice<UInt8>, into list: inout RiskList) {
    let words = RiskListLines.words(text)
    guard let address = words.first, RiskListLayout.isAddress(address), words.count > 1 else {
      return list.reject(.notAnEntry)
    }
    for name in words.dropFirst() { list.add(name, namesOnly: true) }
  }

  /// `key=/name/name/target`.
  private static func readDnsmasq(_ text: ArraySlice<UInt8>, into list: inout RiskList) {
    let parts = text.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
    let keys = ["address=", "server=", "local="]
    guard parts.count > 2, keys.contains(String(decoding: parts[0], as: UTF8.self)) else {
      return list.reject(.notAnEntry)
    }
    for name in parts.dropFirst().dropLast() { list.add(name, namesOnly: true) }
  }

  /// Kinds of local zones that answer by the real data, for all names or for those not written
  /// down.
  private static let transparent = [
    "transparent", "typetransparent", "nodefault", "inform", "always_transparent",
  ]

  private static func readUnbound(_ text: ArraySlice<UInt8>, into list: inout RiskList) {
    guard text.starts(with: "local-zone:".utf8) else {
      // Other settings, and data of the zones named elsewhere.
      return
    }
    let words = RiskListLines.words(text.dropFirst("local-zone:".utf8.count))
    guard words.count == 2, let name = words.first, let kind = words.last else {
      return list.reject(.notAnEntry)
    }
    guard !transparent.contains(String(decoding: kind, as: UTF8.self)) else {
      return list.reject(.exception)
    }
    let plain = name.filter { $0 != ASCII.quote }
    list.add(plain[...], namesOnly: true)
  }

  /// - Parameter line: not trimmed: its first cells may be empty ones between tabs.
  private mutating func readRow(_ line: ArraySlice<UInt8>, into list: inout RiskList) {
    guard !isHeaderDue else {
      isHeaderDue = false
      return
    }
    let cells = RiskListLayout.cells(line, layout.delimiter)
    guard layout.column < cells.count else { return list.reject(.notAnEntry) }
    list.add(cells[layout.column][...])
  }

  private func readRank(_ text: ArraySlice<UInt8>, into list: inout RiskList) {
    let cells = RiskListLayout.cells(text, UInt8(ascii: ","))
    guard cells.count >= 2, let rank = Int(String(decoding: cells[0], as: UTF8.self)) else {
      return list.reject(.notAnEntry)
    }
    if let ranksMax, rank > ranksMax { return }
    list.add(cells[1][...], namesOnly: true)
  }

  /// A filter rule of a browser: only rules for whole domains can be looked up.
  private static func readRule(_ text: ArraySlice<UInt8>, into list: inout RiskList) {
    if text.first == UInt8(ascii: "!") || text.first == UInt8(ascii: "[") { return }
    if text.starts(with: "@@".utf8) { return list.reject(.exception) }
    guard text.starts(with: "||".utf8), text.last == UInt8(ascii: "^") else {
      return list.reject(.conditional)
    }
    let name = text.dropFirst(2).dropLast()
    guard !name.contains(where: { "/*^$|".utf8.contains($0) }) else {
      return list.reject(.conditional)
    }
    list.add(name)
  }
}
