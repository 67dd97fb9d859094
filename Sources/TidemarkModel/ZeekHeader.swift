import DNSWire

/// What the header lines of a Zeek log say: separators and the order of the columns. A log may hold
/// several headers, when files were put behind each other.
struct ZeekHeader: Sendable {
  /// A column that is read. Others are passed over, the client's address among them.
  enum Column: UInt8, CaseIterable, Sendable {
    case time, roundTrip, responder, responderPort, query, queryClass, queryType, responseCode
    case authoritative, truncated, answers, lifetimes

    /// The name in the log.
    var name: StaticString {
      switch self {
      case .time: "ts"
      case .roundTrip: "rtt"
      case .responder: "id.resp_h"
      case .responderPort: "id.resp_p"
      case .query: "query"
      case .queryClass: "qclass"
      case .queryType: "qtype"
      case .responseCode: "rcode"
      case .authoritative: "AA"
      case .truncated: "TC"
      case .answers: "answers"
      case .lifetimes: "TTLs"
      }
    }
  }

  private(set) var separator = ASCII.tab
  private(set) var setSeparator = UInt8(ascii: ",")
  private(set) var emptyField: [UInt8] = Array("(empty)".utf8)
  private(set) var unsetField: [UInt8] = [UInt8(ascii: "-")]
  /// The columns in the order of the log; nil for those that are not read. Empty before `#fields`.
  private(set) var columns: [Column?] = []
  /// True when the log says that it is of something else than DNS.
  private(set) var isOfOther = false

  /// True when every column is there without which nothing can be read.
  private(set) var isComplete = false

  /// Reads a line that starts with `#`; lines that say something else are passed over.
  mutating func read(_ line: Span<UInt8>) {
    var end = 0
    while end < line.count, line[end] > ASCII.space, line[end] != separator { end += 1 }
    let word = JSONKey(line, JSONValue(kind: .string, start: 0, end: end))
    let rest = line.extracting(min(end + 1, line.count)..<line.count)
    if word.is("#separator") {
      // A new file: what the last one said does not hold any more.
      self = ZeekHeader()
      if let octet = ZeekHeader.octet(rest) { separator = octet }
    } else if word.is("#set_separator") {
      if let octet = ZeekHeader.octet(rest) { setSeparator = octet }
    } else if word.is("#empty_field") {
      emptyField = ZeekHeader.octets(rest)
    } else if word.is("#unset_field") {
      unsetField = ZeekHeader.octets(rest)
    } else if word.is("#path") {
      isOfOther = !ZeekHeader.octets(rest).starts(with: "dns".utf8)
    } else if word.is("#fields") {
      readColumns(rest)
    }
  }

  /// True for the text that stands for an empty one.
  func isEmptyField(_ line: Span<UInt8>, _ value: JSONValue) -> Bool {
    guard value.end - value.start == emptyField.count else { return false }
    for index in emptyField.indices where line[value.start + index] != emptyField[index] {
      return false
    }
    return true
  }

  private mutating func readColumns(_ text: Span<UInt8>) {
    columns.removeAll(keepingCapacity: true)
    var start = 0
    while start <= text.count {
      let end = LineCutter.place(of: separator, in: text, from: start)
      let name = JSONKey(text, JSONValue(kind: .string, start: start, end: end))
      columns.append(Column.allCases.first { name.is($0.name) })
      start = end + 1
    }
    let needed: [Column] = [.time, .responderPort, .query, .queryType, .responseCode, .answers]
    isComplete = needed.allSatisfy { columns.contains($0) }
  }

  /// A separator: one octet, or `\xHH`.
  private static func octet(_ text: Span<UInt8>) -> UInt8? {
    var octets: [UInt8] = []
    LoggedText.appendOctets(text, .octetsAndBackslash, to: &octets)
    return octets.count == 1 ? octets[0] : nil
  }

  private static func octets(_ text: Span<UInt8>) -> [UInt8] {
    var octets: [UInt8] = []
    LoggedText.appendOctets(text, .octetsAndBackslash, to: &octets)
    return octets
  }
}
