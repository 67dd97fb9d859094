import DNSWire

/// Rdata with links.
extension RecordTable {
  /// Adds a name in its own script, and what may deceive in it, if it has one.
  mutating func appendUnicode(_ text: [UInt8]) {
    guard let name = UnicodeName(String(decoding: text, as: UTF8.self)) else { return }
    html.markup(" <span class=\"quiet\" lang=\"und\">")
    html.text(name.unicode)
    html.markup("</span>")
    for warning in name.warnings {
      html.markup(" <span class=\"badge warn\">")
      html.text(warning)
      html.markup("</span>")
    }
  }

  /// Adds rdata: its names and addresses are links; without any, all of it is one, when it can be
  /// looked up as text.
  mutating func appendRData(_ rdata: [UInt8], type: RRType, isLossy: Bool) {
    if isLossy {
      return appendText(Array(rdata.prefix(RecordTable.rdataOctetsMax)), rdata.count)
    }
    switch type {
    case .a, .aaaa, .ns, .cname, .ptr, .dname:
      fillScratch { RDataText.append(rdata.span, type: type, style: .circl, to: &$0) }
      guard RDataSchema.isWellFormed(rdata.span, type: type) else {
        return takeScratch { table, text in table.appendText(text, text.count) }
      }
      takeScratch { table, text in table.link(text, hint: true) }
    default:
      fillScratch { RDataText.append(rdata.span, type: type, style: .circl, to: &$0) }
      takeScratch { table, text in
        let targets = RecordTable.targets(rdata, type: type, text)
        guard !targets.isEmpty else { return table.appendText(text, text.count) }
        table.appendLinks(targets, in: text)
      }
    }
  }

  /// Adds text with links at some places.
  private mutating func appendLinks(_ places: [Range<Int>], in text: [UInt8]) {
    var at = 0
    // One record can name thousands of addresses, each with a link that holds the trail.
    for place in places.prefix(RecordTable.linksMax)
    where place.upperBound <= RecordTable.rdataOctetsMax {
      plain(text[at..<place.lowerBound])
      link(Array(text[place]), hint: true)
      at = place.upperBound
    }
    let rest = text[at...]
    plain(rest.prefix(RecordTable.rdataOctetsMax))
    noteCut(rest.count)
  }

  /// Adds text as a link to all rdata with it, when it is written so that it is read as text.
  private mutating func appendText(_ text: [UInt8], _ count: Int) {
    // A longer link than this does not fit into the address of a page with its trail.
    let isText = text.contains { $0 == ASCII.space || $0 == ASCII.quote }
    guard isText, count <= 512, text.allSatisfy({ $0 >= 0x20 }) else {
      plain(text.prefix(RecordTable.rdataOctetsMax))
      return noteCut(count)
    }
    link(text, hint: false, reading: .text)
  }

  private mutating func noteCut(_ count: Int) {
    guard count > RecordTable.rdataOctetsMax else { return }
    html.markup(" <span class=\"quiet\">… ")
    html.number(UInt64(count))
    html.markup(" octets</span>")
  }

  /// Where the names and addresses of rdata stand in its text, ascending.
  ///
  /// Up to the first field whose text may have blanks each field is one word; a name at the end is
  /// the last one.
  static func targets(_ rdata: [UInt8], type: RRType, _ text: [UInt8]) -> [Range<Int>] {
    guard RDataSchema.isWellFormed(rdata.span, type: type) else { return [] }
    var words = Words(text)
    var found: [Range<Int>] = []
    var isSimple = true
    for field in RDataSchema.fields(of: type) {
      switch field {
      case .name, .keptName:
        guard let word = isSimple ? words.next() : words.last() else { return found }
        if !text[word].elementsEqual([ASCII.dot]) { found.append(word) }
      case .ipv4, .ipv6:
        guard isSimple, let word = words.next() else { return found }
        found.append(word)
      case .u8, .u16, .u32, .seconds, .time, .algorithm, .algorithmName, .typeNumber,
        .certificateType, .salt, .hash, .locator64, .eui48, .eui64:
        if isSimple, words.next() == nil { return found }
      case .serviceParameters: return found + hints(text, words.at)
      default: isSimple = false
      }
    }
    return found
  }

  /// The addresses of `ipv4hint` and `ipv6hint` (RFC 9460 section 7.3).
  private static func hints(_ text: [UInt8], _ start: Int) -> [Range<Int>] {
    var found: [Range<Int>] = []
    var words = Words(text, at: start)
    while let word = words.next() {
      let key = Array("ipv4hint=".utf8)
      let isHint = text[word].starts(with: key) || text[word].starts(with: "ipv6hint=".utf8)
      guard isHint else { continue }
      var at = word.lowerBound + key.count
      while at < word.upperBound {
        let end = text[at..<word.upperBound].firstIndex(of: UInt8(ascii: ",")) ?? word.upperBound
        if IPAddressText.parse(Array(text[at..<end]).span) != nil { found.append(at..<end) }
        at = end + 1
      }
    }
    return found
  }

  /// The words of a text, between blanks.
  private struct Words {
    let text: [UInt8]
    var at: Int

    init(_ text: [UInt8], at: Int = 0) {
      self.text = text
      self.at = at
    }

    mutating func next() -> Range<Int>? {
      while at < text.count, text[at] == ASCII.space { at += 1 }
      let start = at
      while at < text.count, text[at] != ASCII.space { at += 1 }
      return at > start ? start..<at : nil
    }

    /// The last word, when it is behind the place reached.
    mutating func last() -> Range<Int>? {
      guard let blank = text.lastIndex(of: ASCII.space), blank >= at, blank + 1 < text.count else {
        return nil
      }
      at = text.count
      return (blank + 1)..<text.count
    }
  }
}
