import DNSWire
import TidemarkModel
import TidemarkQuery
import TidemarkStore

/// A line for each name, and a marker line.
final class NameAnswer: AnswerSource, @unchecked Sendable {
  /// Where names come from.
  enum Cursor {
    case names(NameCursor)
    case new(NewNamesCursor)
  }

  private let cursor: Cursor
  private let page: NativePage
  private var text: [UInt8] = []

  init(_ cursor: Cursor, _ page: NativePage) {
    self.cursor = cursor
    self.page = page
  }

  var rows: Int {
    switch cursor {
    case .names(let cursor): cursor.rows
    case .new(let cursor): cursor.rows
    }
  }

  func advance(_ piece: inout AnswerPiece) throws(StoreError) -> RecordCursor.End {
    guard piece.hasRoom else { return .paused }
    switch cursor {
    case .names(let cursor):
      return try cursor.next { row in
        append("{\"rrname\":", row.rrname, row.rrtype, row.seen, to: &piece)
        return piece.hasRoom
      }
    case .new(let cursor):
      return try cursor.next { row in
        append("{\"name\":", row.name, nil, row.seen, to: &piece)
        return piece.hasRoom
      }
    }
  }

  func finish(_ end: AnswerEnd, into out: inout [UInt8]) -> Bool {
    var line = JSONLine()
    line.add(end)
    line.add("rows", UInt64(rows))
    if damaged > 0 { line.add("damaged", UInt64(damaged)) }
    if case .complete = end {
    } else if let text = position.flatMap(page.cursor) {
      line.add("cursor", text)
    }
    out += line.finished()
    return true
  }

  private var damaged: Int {
    switch cursor {
    case .names(let cursor): cursor.damaged
    case .new(let cursor): cursor.damaged
    }
  }

  private var position: [UInt8]? {
    switch cursor {
    case .names(let cursor): cursor.position
    case .new(let cursor): cursor.position
    }
  }

  private func append(
    _ start: String, _ name: [UInt8], _ type: RRType?, _ seen: SeenSpan?,
    to piece: inout AnswerPiece
  ) {
    // A span of a property of a class would outlive the access to it.
    var text: [UInt8] = []
    swap(&text, &self.text)
    defer { swap(&text, &self.text) }
    text.removeAll(keepingCapacity: true)
    DomainName.appendText(of: name.span, finalDot: false, to: &text)
    piece.octets.append(contentsOf: start.utf8)
    JSONText.appendQuoted(text.span, to: &piece.octets)
    if let type {
      piece.octets.append(contentsOf: ",\"rrtype\":\"".utf8)
      type.appendMnemonic(to: &piece.octets)
      piece.octets.append(ASCII.quote)
    }
    if let seen {
      piece.octets.append(contentsOf: ",\"time_first\":".utf8)
      ASCII.appendDecimal(UInt64(seen.timeFirst), to: &piece.octets)
      piece.octets.append(contentsOf: ",\"time_last\":".utf8)
      ASCII.appendDecimal(UInt64(seen.timeLast), to: &piece.octets)
      piece.octets.append(contentsOf: ",\"count\":".utf8)
      ASCII.appendDecimal(min(seen.count, COFWriter.numberMax), to: &piece.octets)
    }
    piece.octets.append(contentsOf: "}\n".utf8)
    piece.rowsLeft -= 1
  }
}
