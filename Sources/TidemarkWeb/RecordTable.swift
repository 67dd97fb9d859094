import DNSWire
public import TidemarkModel
public import TidemarkQuery

/// One row of an answer, of whichever search.
public enum LookupRow: Sendable {
  /// A record.
  case record(RecordRow)
  /// A name that a pattern found.
  case name(NameRow)
  /// Rdata that a pattern found.
  case rdata(RDataRow)
}

/// Writes rows as `tr` elements, octet by octet: a page of a thousand rows takes some milliseconds.
///
/// Every name, address and text in a row is a link that looks it up, one step further on the pivot
/// trail. Behind a link stands an empty `span.hint` whose `data-hint` is what the link looks up,
/// for a script to fill.
public struct RecordTable: Sendable {
  /// What rows are of.
  public enum Kind: String, Sendable {
    case records, names, rdata
  }

  /// Names of sensors of a cell; the others are counted.
  public static let sensorsShown = 3
  /// Octets of rdata of a cell; longer rdata is cut, and says so.
  public static let rdataOctetsMax = 4_096
  /// Links in the rdata of a cell; further names and addresses are text.
  static let linksMax = 32

  /// What rows are of.
  public let kind: Kind
  /// The rows so far.
  public internal(set) var html: HTMLText
  /// Rows so far.
  public private(set) var rows = 0

  private let current: [UInt8]
  private let trail: HTMLText
  private let trailOfCurrent: HTMLText
  private let sensors: [SensorNumber: String]
  private let datasets: [DatasetNumber: String]
  /// Used again for each text.
  private var scratch: [UInt8] = []
  private var encoded: [UInt8] = []
  /// The owner of the row before: a hint stands beside the first row of an owner only.
  private var lastOwner: [UInt8] = []
  /// True until the row's main link was written.
  private var needsMain = true

  /// Makes an empty table.
  ///
  /// - Parameters:
  ///   - current: the value of the page.
  ///   - trail: the way to the page.
  ///   - sensors: names to show; empty leaves the column out.
  ///   - datasets: names to show; empty leaves the column out.
  ///   - capacity: rows that are expected.
  public init(
    _ kind: Kind, current: String, trail: PivotTrail, sensors: [SensorNumber: String] = [:],
    datasets: [DatasetNumber: String] = [:], capacity: Int = 0
  ) {
    self.kind = kind
    self.current = Array(current.utf8)
    self.trail = RecordTable.suffix(trail.appending(current))
    trailOfCurrent = RecordTable.suffix(trail)
    self.sensors = sensors
    self.datasets = datasets
    html = HTMLText(capacity: capacity * 1_024)
  }

  /// The end of every link's query.
  private static func suffix(_ trail: PivotTrail) -> HTMLText {
    var html = HTMLText()
    guard !trail.isEmpty else { return html }
    html.markup("&amp;trail=")
    html.text(WebLink.encoded(trail.text))
    return html
  }

  /// Columns of a row.
  public var columns: Int {
    switch kind {
    case .records: 7 + (sensors.isEmpty ? 0 : 1) + (datasets.isEmpty ? 0 : 1)
    case .names: 4
    case .rdata: 5
    }
  }

  /// True when rows have a cell for sensors.
  public var showsSensors: Bool { kind == .records && !sensors.isEmpty }
  /// True when rows have a cell for datasets.
  public var showsDatasets: Bool { kind == .records && !datasets.isEmpty }

  /// Adds a row.
  public mutating func append(_ row: borrowing LookupRow) {
    switch copy row {
    case .record(let row): append(row)
    case .name(let row): append(row)
    case .rdata(let row): append(row)
    }
  }

  /// Adds a line of ours below the rows.
  public mutating func appendNote(_ text: String) {
    html.markup("<tr><td class=\"quiet\" colspan=\"")
    html.integer(columns)
    html.markup("\">")
    html.text(text)
    html.markup("</td></tr>\n")
  }

  /// Adds a record.
  public mutating func append(_ row: RecordRow) {
    begin()
    // The other side of the row is what is looked up next: of a look-up by owner the rdata.
    scratch.removeAll(keepingCapacity: true)
    DomainName.appendText(of: row.rrname.span, finalDot: false, to: &scratch)
    let isFirst = row.rrname != lastOwner
    lastOwner = row.rrname
    html.markup("<td class=\"mono wrap\">")
    takeScratch { table, text in table.link(text, hint: isFirst) }
    html.markup("</td><td class=\"type\">")
    appendType(row.rrtype)
    html.markup("</td><td class=\"mono wrap\">")
    appendRData(row.rdata, type: row.rrtype, isLossy: row.isLossy)
    html.markup("</td>")
    appendSeen(row.value.timeFirst, row.value.timeLast, row.value.count)
    html.markup("<td>")
    appendVantages(row)
    html.markup("</td>")
    if showsSensors { appendSensors(row.value.sensors) }
    if showsDatasets { appendDatasets(row.datasets) }
    html.markup("</tr>\n")
  }

  /// Adds a name that a pattern found.
  public mutating func append(_ row: NameRow) {
    begin()
    scratch.removeAll(keepingCapacity: true)
    DomainName.appendText(of: row.rrname.span, finalDot: false, to: &scratch)
    html.markup("<td class=\"mono wrap\">")
    takeScratch { table, text in table.link(text, hint: true) }
    html.markup("</td>")
    let seen = row.seen ?? SeenSpan(timeFirst: 0, timeLast: 0, count: 0)
    appendSeen(seen.timeFirst, seen.timeLast, seen.count)
    html.markup("</tr>\n")
  }

  /// Adds rdata that a pattern found.
  public mutating func append(_ row: RDataRow) {
    begin()
    html.markup("<td class=\"type\">")
    appendType(row.rrtype)
    html.markup("</td><td class=\"mono wrap\">")
    appendRData(row.rdata, type: row.rrtype, isLossy: row.isLossy)
    html.markup("</td>")
    appendSeen(row.seen.timeFirst, row.seen.timeLast, row.seen.count)
    html.markup("</tr>\n")
  }

  private mutating func begin() {
    rows += 1
    needsMain = true
    html.markup("<tr>")
  }

  private mutating func appendType(_ rrtype: RRType) {
    scratch.removeAll(keepingCapacity: true)
    rrtype.appendMnemonic(to: &scratch)
    addScratch()
  }

  private mutating func appendSeen(_ first: UnixSeconds, _ last: UnixSeconds, _ count: UInt64) {
    for time in [first, last] { html.timeCell(time) }
    html.markup("<td class=\"num\">")
    html.number(count)
    html.markup("</td>")
  }

  private mutating func appendVantages(_ row: RecordRow) {
    for (index, vantage) in row.vantages.enumerated() {
      if index > 0 { html.markup(", ") }
      html.markup(vantage.text)
    }
    guard let zone = RecordTable.apex(row.bailiwick, of: row.rrname) else { return }
    html.markup(" <span class=\"quiet mono\">")
    scratch.removeAll(keepingCapacity: true)
    DomainName.appendText(of: zone.span, finalDot: zone.count == 1, to: &scratch)
    addScratch()
    html.markup("</span>")
  }

  /// The last labels of an owner; nil when the bailiwick is not known.
  private static func apex(_ bailiwick: Bailiwick, of rrname: [UInt8]) -> [UInt8]? {
    guard bailiwick != .unknown else { return nil }
    var labels = DomainName.labelCount(ofWire: rrname.span)
    var at = 0
    while labels > Int(bailiwick.rawValue), at < rrname.count, rrname[at] != 0 {
      at += 1 + Int(rrname[at])
      labels -= 1
    }
    return at < rrname.count ? Array(rrname[at...]) : nil
  }

  private mutating func appendSensors(_ set: SensorSet) {
    html.markup("<td class=\"wrap\">")
    let names = set.numbers.compactMap { sensors[$0] }.filter { !$0.isEmpty }
    for (index, name) in names.prefix(RecordTable.sensorsShown).enumerated() {
      if index > 0 { html.markup(", ") }
      html.text(name)
    }
    if names.count > RecordTable.sensorsShown {
      html.markup(" <span class=\"quiet\">and ")
      html.integer(names.count - RecordTable.sensorsShown)
      html.markup(" more</span>")
    }
    html.markup("</td>")
  }

  private mutating func appendDatasets(_ numbers: [DatasetNumber]) {
    html.markup("<td>")
    for (index, number) in numbers.enumerated() {
      if index > 0 { html.markup(", ") }
      html.text(datasets[number] ?? "")
    }
    html.markup("</td>")
  }
}

/// Links.
extension RecordTable {
  /// Lends ``scratch`` as a value that outlives changes of the table.
  mutating func takeScratch(_ body: (inout RecordTable, [UInt8]) -> Void) {
    var text: [UInt8] = []
    swap(&text, &scratch)
    body(&self, text)
    swap(&text, &scratch)
  }

  /// Adds what ``scratch`` holds: ASCII.
  private mutating func addScratch() {
    // A span of a property would outlive the access to it; this copies a reference.
    let text = scratch
    html.ascii(text.span)
  }

  /// Empties ``scratch`` and fills it.
  mutating func fillScratch(_ fill: (inout [UInt8]) -> Void) {
    scratch.removeAll(keepingCapacity: true)
    fill(&scratch)
  }

  /// Adds text that is no link.
  mutating func plain(_ text: ArraySlice<UInt8>) {
    guard text.allSatisfy({ $0 < 0x80 }) else { return html.text(Array(text)) }
    html.ascii(text.span)
  }

  /// Adds a link that looks its own text up.
  ///
  /// - Parameter reading: how the text is to be read; nil as it looks.
  mutating func link(
    _ text: [UInt8], hint: Bool, reading: SearchInput.Reading? = nil
  ) {
    let value = reading == nil ? SearchInput.lookup(text) : text
    let reading = reading ?? (SearchInput.isHostLike(value.span) ? nil : .name)
    let isCurrent = value == current
    encoded.removeAll(keepingCapacity: true)
    for octet in value { WebLink.appendEncoded(octet, to: &encoded) }
    html.markup(
      isCurrent || !needsMain ? "<a href=\"/ui/search?q=" : "<a data-main href=\"/ui/search?q=")
    let query = encoded
    html.ascii(query.span)
    if let reading {
      html.markup("&amp;as=")
      html.text(reading.rawValue)
    }
    html.append(isCurrent ? trailOfCurrent : trail)
    html.markup("\">")
    plain(text[...])
    html.markup("</a>")
    if !isCurrent { needsMain = false }
    if UnicodeName.mayBe(text.span) { appendUnicode(text) }
    guard hint, !isCurrent else { return }
    html.markup(" <span class=\"hint\" data-hint=\"")
    plain(value[...])
    html.markup("\"></span>")
  }
}
