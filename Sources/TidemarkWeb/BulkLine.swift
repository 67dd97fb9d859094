import DNSWire
public import TidemarkModel

/// What became of one line of a list that was looked up.
public struct BulkLine: Sendable, Equatable {
  /// How it ended.
  public enum State: String, Sendable, CaseIterable {
    /// All rows were met, and there is one at least.
    case found
    /// There is no row.
    case nothing
    /// As many rows were met as were asked for, and there are more.
    case limited
    /// The line is nothing that can be looked up.
    case invalid
    /// The look-up broke off.
    case failed
    /// The line's turn did not come.
    case waiting

    /// Words for people.
    public var words: String {
      switch self {
      case .found: "found"
      case .nothing: "nothing"
      case .limited: "found, limited"
      case .invalid: "not understood"
      case .failed: "failed"
      case .waiting: "not asked"
      }
    }

    /// The classes of its badge.
    var badge: String {
      switch self {
      case .found, .limited: "badge good"
      case .nothing, .waiting: "badge"
      case .invalid: "badge warn"
      case .failed: "badge bad"
      }
    }
  }

  /// Place in the list that was sent, from 0; blank lines count.
  public var index: Int
  /// The line as it stands there.
  public var line: String
  /// What was looked up; empty when the line was not understood.
  public var value: String
  /// What the value was read as, one word or two: `name`, `address`, `network`.
  public var kind: String
  /// What was changed for that, a line for people; empty for nothing.
  public var changes = ""
  /// How it ended.
  public var state: State
  /// Rows met.
  public var rows: UInt64 = 0
  /// When the rows met were first seen; nil without rows.
  public var timeFirst: UnixSeconds?
  /// When the rows met were last seen; nil without rows.
  public var timeLast: UnixSeconds?
  /// Why it was not understood or failed.
  public var reason = ""

  /// Makes a line about which nothing is known yet.
  public init(index: Int, line: String, value: String = "", kind: String = "") {
    self.index = index
    self.line = line
    self.value = value
    self.kind = kind
    state = .waiting
  }

  /// Takes a row.
  public mutating func add(first: UnixSeconds, last: UnixSeconds) {
    rows += 1
    timeFirst = min(timeFirst ?? first, first)
    timeLast = max(timeLast ?? last, last)
  }
}

extension BulkLine {
  /// Appends one JSON object on a line: `index`, `line`, `status`, and what else is known of
  /// `value`, `kind`, `changes`, `rows`, `time_first`, `time_last` and `reason`.
  public func appendJSON(to out: inout [UInt8]) {
    ASCII.append("{\"index\":", to: &out)
    ASCII.appendDecimal(UInt64(clamping: index), to: &out)
    BulkLine.append("line", line, to: &out)
    BulkLine.append("status", state.rawValue, to: &out)
    if !value.isEmpty { BulkLine.append("value", value, to: &out) }
    if !kind.isEmpty { BulkLine.append("kind", kind, to: &out) }
    if !changes.isEmpty { BulkLine.append("changes", changes, to: &out) }
    ASCII.append(",\"rows\":", to: &out)
    ASCII.appendDecimal(rows, to: &out)
    if let timeFirst, let timeLast {
      ASCII.append(",\"time_first\":", to: &out)
      ASCII.appendDecimal(UInt64(timeFirst), to: &out)
      ASCII.append(",\"time_last\":", to: &out)
      ASCII.appendDecimal(UInt64(timeLast), to: &out)
    }
    if !reason.isEmpty { BulkLine.append("reason", reason, to: &out) }
    ASCII.append("}\n", to: &out)
  }

  /// The names of the columns of ``appendCSV(to:)``.
  public static let csvHeader =
    "line,input,value,read_as,status,rows,time_first,time_last,reason\r\n"

  /// Appends one line of comma-separated values. Cells that a spreadsheet would run are made text,
  /// as ``CSVWriter`` does.
  public func appendCSV(to out: inout [UInt8]) {
    ASCII.appendDecimal(UInt64(clamping: index) + 1, to: &out)
    for text in [line, value, kind, state.rawValue] { BulkLine.appendCell(text, to: &out) }
    out.append(UInt8(ascii: ","))
    ASCII.appendDecimal(rows, to: &out)
    for time in [timeFirst, timeLast] {
      BulkLine.appendCell(time.map(WebTime.machine) ?? "", to: &out)
    }
    BulkLine.appendCell(reason, to: &out)
    ASCII.append("\r\n", to: &out)
  }

  /// Appends a row of the table of results.
  func append(to html: inout HTMLText) {
    html.markup("<tr><td class=\"num\">")
    html.integer(index + 1)
    html.markup("</td><td class=\"mono wrap\">")
    html.text(line)
    html.markup("</td><td class=\"mono wrap\">")
    if !value.isEmpty {
      html.markup("<a href=\"")
      html.text(WebLink.search(value))
      html.markup("\">")
      html.text(value)
      html.markup("</a> ")
    }
    html.markup("<span class=\"quiet\">")
    html.text(changes.isEmpty ? kind : "\(kind) (\(changes))")
    html.markup("</span></td><td><span class=\"")
    html.text(state.badge)
    html.markup("\">")
    html.text(state.words)
    html.markup("</span>")
    if !reason.isEmpty {
      html.markup(" <span class=\"quiet\">")
      html.text(reason)
      html.markup("</span>")
    }
    html.markup("</td><td class=\"num\">")
    html.number(rows)
    html.markup("</td>")
    for time in [timeFirst, timeLast] {
      html.markup("<td class=\"time\">")
      if let time { html.time(time) }
      html.markup("</td>")
    }
    html.markup("</tr>\n")
  }

  private static func append(_ name: StaticString, _ text: String, to out: inout [UInt8]) {
    ASCII.append(",\"", to: &out)
    ASCII.append(name, to: &out)
    ASCII.append("\":", to: &out)
    JSONText.appendQuoted(Array(text.utf8).span, to: &out)
  }

  private static func appendCell(_ text: String, to out: inout [UInt8]) {
    out.append(UInt8(ascii: ","))
    CSVWriter.appendCell(Array(text.utf8).span, to: &out)
  }
}
