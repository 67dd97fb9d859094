import DNSWire
import HTTPTypes
import TidemarkAccess
import TidemarkModel
import TidemarkQuery
import TidemarkStore

/// The rows of each key with its index, then a line with the key's status; at last a marker line.
///
/// A key that cannot be read, and one whose rows cannot, refuse themselves only.
final class BulkSource: AnswerSource, @unchecked Sendable {
  /// A key under way.
  private struct Current {
    let key: BulkKeys.Key
    let cursor: AnswerCursor
    let page: NativePage
    var format: RecordsFormat
  }

  /// Keys after which a slice ends, when none of them has rows.
  private static let sliceKeys = 256

  private(set) var rows = 0
  private var keys: BulkKeys
  private let common: [(name: String, value: String)]
  private let limit: Int
  private let showsActivity: Bool
  private let granted: [DatasetNumber]
  private let caller: Caller
  private let service: NativeService
  private let asOf: UnixSeconds
  private let place: BulkPlaces.Place
  private var current: Current?
  private var keysDone = 0

  init(
    _ keys: BulkKeys, common: [(name: String, value: String)], limit: Int, showsActivity: Bool,
    place: BulkPlaces.Place, granted: [DatasetNumber], caller: Caller, _ service: NativeService
  ) {
    self.keys = keys
    self.common = common
    self.limit = limit
    self.showsActivity = showsActivity
    self.place = place
    self.granted = granted
    self.caller = caller
    self.service = service
    asOf = service.clock()
  }

  func advance(_ piece: inout AnswerPiece) throws(StoreError) -> RecordCursor.End {
    var keysLeft = BulkSource.sliceKeys
    while piece.hasRoom, keysLeft > 0 {
      if var open = current {
        current = nil
        guard showRows(&open, &piece) else {
          current = open
          return .paused
        }
        keysLeft -= 1
      } else {
        guard let key = keys.next() else { return .complete }
        open(key, &piece.octets)
      }
    }
    return .paused
  }

  func finish(_ end: AnswerEnd, into out: inout [UInt8]) -> Bool {
    var line = JSONLine()
    line.add(end)
    line.add("keys", UInt64(keysDone))
    line.add("rows", UInt64(rows))
    if case .complete = end {
    } else {
      line.add("next", UInt64(current?.key.index ?? keys.index))
    }
    out += line.finished()
    return true
  }

  /// Starts a key, or says why not.
  private func open(_ key: BulkKeys.Key, _ out: inout [UInt8]) {
    do throws(Problem) {
      let own = try key.parameters.get()
      if let twice = own.first(where: { one in common.contains { $0.name == one.name } }) {
        throw Problem(.badRequest, "the parameter \(twice.name) is given by the request too")
      }
      let all = common + own
      var parameters = ParameterReader(all)
      let request = try LookupRequest(&parameters, granted: granted, now: asOf, service)
      try parameters.finish()
      let page = NativePage(
        RecordsRoute.name, all, asOf: asOf, granted: caller.datasets, service)
      current = Current(
        key: key, cursor: request.cursor(limit: limit, after: nil, store: service.store),
        page: page,
        format: RecordsFormat(
          request, page, showsActivity: showsActivity, registry: service.registry))
    } catch {
      appendStatus(key, "invalid", &out) { $0.add("error", error.text) }
    }
  }

  /// Shows rows of a key.
  ///
  /// - Returns: true when it is done.
  private func showRows(_ open: inout Current, _ piece: inout AnswerPiece) -> Bool {
    let before = open.cursor.rows
    defer { rows += open.cursor.rows - before }
    do throws(StoreError) {
      let index = UInt64(open.key.index)
      let end = try open.cursor.next { row in
        open.format.append(row, to: &piece.octets)
        // In place of the brace and the line end.
        piece.octets.removeLast(2)
        piece.octets.append(contentsOf: ",\"index\":".utf8)
        ASCII.appendDecimal(index, to: &piece.octets)
        piece.octets.append(contentsOf: "}\n".utf8)
        piece.rowsLeft -= 1
        return piece.hasRoom
      }
      guard end != .paused else { return false }
      appendStatus(open.key, end == .complete ? "complete" : "limited", &piece.octets) { line in
        addCounts(open, to: &line)
        if end == .limited { addCursor(open, to: &line) }
      }
    } catch {
      appendStatus(open.key, "failed", &piece.octets) { line in
        line.add("error", error.description)
        addCounts(open, to: &line)
        addCursor(open, to: &line)
      }
    }
    return true
  }

  private func addCounts(_ open: Current, to line: inout JSONLine) {
    line.add("rows", UInt64(open.cursor.rows))
    if open.cursor.damaged > 0 { line.add("damaged", UInt64(open.cursor.damaged)) }
  }

  private func addCursor(_ open: Current, to line: inout JSONLine) {
    if let text = open.cursor.position.flatMap({ open.page.cursor($0.octets) }) {
      line.add("cursor", text)
    }
  }

  private func appendStatus(
    _ key: BulkKeys.Key, _ status: String, _ out: inout [UInt8],
    _ more: (inout JSONLine) -> Void
  ) {
    var line = JSONLine()
    line.add("index", UInt64(key.index))
    line.add("key", key.text)
    line.add("status", status)
    more(&line)
    out += line.finished()
    keysDone += 1
  }
}
