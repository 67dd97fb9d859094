import DNSWire
import TidemarkEnrichment
import TidemarkModel
import TidemarkPivots
import TidemarkQuery
import TidemarkStore

/// The action `passive-dns`.
extension TidemarkSource {
  /// Records that name the indicator on either side: those that it owns first.
  func records(_ request: ActionRequest) async throws(ActionFailure) -> SourceAnswer {
    var rows = RecordRows(rowsMax: request.configuration.rowsMax)
    var entriesLeft = AnswerLimits.entriesMax
    let isName = request.indicator.type == .fqdn
    let subjects: [RecordQuery.Subject]
    if isName {
      let name = try name(of: request)
      subjects = [.owner(name), .rdataName(name)]
      rows.owner = name.wire
    } else {
      let address = try address(of: request)
      subjects = AddressPrefix(octets: address.octets).map { [.network($0)] } ?? []
    }
    for (place, subject) in subjects.enumerated() {
      rows.isOwnerKnown = isName && place > 0
      let cursor = RecordCursor(RecordQuery(subject), store: store)
      var end = RecordCursor.End.paused
      while end == .paused, entriesLeft > 0 {
        try await pause()
        entriesLeft -= RecordCursor.searchMax
        end = try reading { () throws(StoreError) in
          try cursor.next { row in
            rows.take(row)
            return true
          }
        }
      }
      rows.damaged += cursor.damaged
      if end == .paused { rows.isComplete = false }
    }
    return try rows.answer(to: request)
  }
}

/// Rows of an answer: the first ones in the Common Output Format, the others counted.
private struct RecordRows {
  let rowsMax: Int
  /// Rows of this owner were shown already when ``isOwnerKnown``.
  var owner: [UInt8] = []
  var isOwnerKnown = false
  var isComplete = true
  var damaged = 0
  private var octets: [UInt8] = []
  private var shown = 0
  private var total = 0
  private var writer = COFWriter()

  init(rowsMax: Int) { self.rowsMax = rowsMax }

  mutating func take(_ row: borrowing RecordRow) {
    guard !isOwnerKnown || row.rrname != owner else { return }
    total += 1
    guard shown < rowsMax, octets.count < LibraryLimits.rawOctetsMax else { return }
    shown += 1
    writer.append(row.textRow, rrname: row.rrname.span, rdata: row.rdata.span, to: &octets)
  }

  func answer(to request: ActionRequest) throws(ActionFailure) -> SourceAnswer {
    let records = try CirclAnswer(octets, for: request)
    var table = records.table
    table.countFurther(total - shown)
    var answer = SourceAnswer(
      source: TidemarkSource.ownData,
      raw: RawAnswer(
        contentType: AnswerLines.contentType, octets: octets, isCut: shown < total || !isComplete))
    answer.tables = [table]
    answer.isTruncated = !isComplete
    if total > 0 {
      let count = TidemarkSource.count(total, isLowerBound: !isComplete)
      answer.notes.append(ResultNote("Records", "\(count), of which \(shown) are shown"))
    }
    if damaged > 0 { answer.notes.append(ResultNote("Damaged records", String(damaged))) }
    return answer
  }
}
