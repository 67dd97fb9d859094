import DNSWire

/// In which format a list is written.
public enum RiskListFormat: String, CaseIterable, Sendable {
  /// A name, address, network or URL at the start of each line; comments behind `#` and `;`. Also
  /// netsets and Spamhaus DROP (`cidr ; id`).
  case lines
  /// `0.0.0.0 name …` (hosts file).
  case hosts
  /// A response policy zone.
  case rpz
  /// `||name^` (filter lists of browsers).
  case adblock
  /// `address=/name/…`, `server=/name/…`, `local=/name/`.
  case dnsmasq
  /// `local-zone: "name" always_nxdomain`.
  case unbound
  /// Comma, semicolon or tab between cells, and a header with a column that is known.
  case table
  /// `rank,name`.
  case ranks
  /// One JSON document: a MISP warninglist, MISP events, a STIX 2.1 bundle, an array of strings.
  case json
  /// A JSON object a line.
  case jsonLines = "json-lines"
}

/// How a list is to be read.
struct RiskListLayout: Equatable {
  let format: RiskListFormat
  /// Between the cells of a table.
  var delimiter = UInt8(ascii: ",")
  /// The cell of a table that counts, from 0.
  var column = 0
  /// True when the first line that is no comment names the columns.
  var hasHeaderLine = false

  /// Names of columns that have entries, the best first.
  private static let columns = [
    "domain", "hostname", "host", "fqdn", "domain_name", "ioc_value", "ioc", "indicator", "url",
    "value", "cidr", "network", "ip", "ip_address", "ipaddress", "dst_ip",
  ]
  private static let delimiters = [UInt8(ascii: ","), ASCII.tab, UInt8(ascii: ";")]

  init(_ format: RiskListFormat) { self.format = format }

  /// Tells the format from the first lines: the first one that is no comment decides.
  init(detecting octets: [UInt8]) {
    var lines = RiskListLineCutter(octets)
    var header: RiskListLayout?
    for _ in 0..<RiskListLimits.detectionLinesMax {
      guard let line = lines.next() else { break }
      var text = RiskListLayout.trimmed(line)
      guard let first = text.first else { continue }
      if first == UInt8(ascii: "!") || text.starts(with: "[Adblock".utf8) {
        self.init(.adblock)
        return
      }
      if first == UInt8(ascii: "{") || first == UInt8(ascii: "[") {
        let isLine = first == UInt8(ascii: "{") && text.last == UInt8(ascii: "}")
        let follows = lines.next().map(RiskListLayout.trimmed)?.first == UInt8(ascii: "{")
        self.init(isLine && follows ? .jsonLines : .json)
        return
      }
      text = text.prefix(RiskListLimits.lineOctetsMax)
      if RiskListLayout.isComment(text) {
        let body = text.drop { "#; /".utf8.contains($0) }
        header = RiskListLayout(columnsOf: body) ?? header
        continue
      }
      if var table = RiskListLayout(columnsOf: text) {
        table.hasHeaderLine = true
        self = table
        return
      }
      if let header,
        RiskListLayout.cells(text, header.delimiter).count > max(header.column, 1)
      {
        self = header
        return
      }
      self.init(RiskListLayout.format(ofLine: text))
      return
    }
    self.init(.lines)
  }

  /// A table whose columns a line names; nil when it names none that is known.
  private init?(columnsOf line: ArraySlice<UInt8>) {
    for delimiter in RiskListLayout.delimiters {
      let cells = RiskListLayout.cells(line, delimiter)
      guard cells.count > 1 else { continue }
      let names = cells.map { String(decoding: $0, as: UTF8.self).lowercased() }
      for column in RiskListLayout.columns {
        guard let index = names.firstIndex(of: column) else { continue }
        self.init(.table)
        self.delimiter = delimiter
        self.column = index
        return
      }
    }
    return nil
  }

  private static func format(ofLine line: ArraySlice<UInt8>) -> RiskListFormat {
    if line.starts(with: "||".utf8) || line.starts(with: "@@".utf8) { return .adblock }
    for key in ["address=/", "server=/", "local=/"] where line.starts(with: key.utf8) {
      return .dnsmasq
    }
    if line.starts(with: "local-zone:".utf8) || line.elementsEqual("server:".utf8) {
      return .unbound
    }
    if line.first == UInt8(ascii: "$") { return .rpz }
    let words = RiskListLayout.words(line, max: 6)
    let types: [[UInt8]] = [Array("soa".utf8), Array("cname".utf8)]
    if words.dropFirst().contains(where: { types.contains($0.map(ASCII.lowered)) }) { return .rpz }
    if let first = words.first, words.count > 1, isAddress(first),
      !isComment(words[1])
    {
      return .hosts
    }
    let cells = RiskListLayout.cells(line, UInt8(ascii: ","))
    if cells.count == 2, !cells[0].isEmpty, cells[0].allSatisfy(ASCII.isDigit),
      cells[1].contains(ASCII.dot)
    {
      return .ranks
    }
    return .lines
  }

  static func isAddress(_ word: ArraySlice<UInt8>) -> Bool {
    IPAddressText.parse(Array(word).span) != nil
  }

  /// True for text behind `#`, `;` or `//`.
  static func isComment(_ text: ArraySlice<UInt8>) -> Bool {
    text.first == UInt8(ascii: "#") || text.first == UInt8(ascii: ";")
      || text.starts(with: "//".utf8)
  }

  static func isBlank(_ octet: UInt8) -> Bool {
    octet == ASCII.space || octet == ASCII.tab || octet == ASCII.carriageReturn
  }

  static func trimmed(_ text: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
    var rest = text.drop(while: isBlank)
    while let last = rest.last, isBlank(last) { rest.removeLast() }
    return rest
  }

  /// The words between blanks, at most `max`.
  static func words(_ line: ArraySlice<UInt8>, max: Int) -> [ArraySlice<UInt8>] {
    var words: [ArraySlice<UInt8>] = []
    var rest = line.drop(while: isBlank)
    while !rest.isEmpty, words.count < max {
      let word = rest.prefix { !isBlank($0) }
      words.append(word)
      rest = rest[word.endIndex...].drop(while: isBlank)
    }
    return words
  }

  /// The cells of a row (RFC 4180 section 2); blanks around a cell are no part of it.
  static func cells(_ line: ArraySlice<UInt8>, _ delimiter: UInt8) -> [[UInt8]] {
    var cells: [[UInt8]] = []
    var at = line.startIndex
    while cells.count < RiskListLimits.cellsMax {
      while at < line.endIndex, isBlank(line[at]), line[at] != delimiter { at += 1 }
      var cell: [UInt8] = []
      if at < line.endIndex, line[at] == ASCII.quote {
        at += 1
        while at < line.endIndex {
          if line[at] == ASCII.quote {
            at += 1
            guard at < line.endIndex, line[at] == ASCII.quote else { break }
          }
          cell.append(line[at])
          at += 1
        }
      }
      let start = at
      while at < line.endIndex, line[at] != delimiter { at += 1 }
      cell += trimmed(line[start..<at])
      cells.append(cell)
      guard at < line.endIndex else { break }
      at += 1
    }
    return cells
  }
}

/// Cuts octets into lines, which end at LF; a byte order mark at the start is left out.
struct RiskListLineCutter {
  private let octets: [UInt8]
  private var at: Int

  init(_ octets: [UInt8]) {
    self.octets = octets
    at = octets.starts(with: [0xEF, 0xBB, 0xBF]) ? 3 : 0
  }

  /// The next line without its end; nil behind the last one.
  mutating func next() -> ArraySlice<UInt8>? {
    guard at < octets.count else { return nil }
    let end = octets[at...].firstIndex(of: ASCII.lineFeed) ?? octets.count
    defer { at = end + 1 }
    return octets[at..<end]
  }
}
