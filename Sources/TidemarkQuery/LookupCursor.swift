public import TidemarkStore

/// Walks the rows of several queries as one answer, each row once, under one limit.
///
/// A value is looked up on the owner side and on the rdata side; a record that matches on both
/// comes with the owner side only.
public final class LookupCursor: @unchecked Sendable {
  /// Rows shown.
  public private(set) var rows = 0
  /// Damaged rows of the store that were left out.
  public var damaged: Int { finishedDamage + (current?.damaged ?? 0) }
  /// Where to go on later; nil before the first row.
  public var position: LookupPosition? {
    current?.position.map { LookupPosition(stage: stage, key: $0) } ?? finishedPosition
  }

  private let queries: [RecordQuery]
  private let limit: Int?
  private let store: any RecordStore
  private var stage: Int
  private var current: RecordCursor?
  private var finishedDamage = 0
  private var finishedPosition: LookupPosition?

  /// Makes a cursor.
  ///
  /// - Parameters:
  ///   - value: what to look up.
  ///   - template: filters, datasets and limit; its subject is not used.
  ///   - position: of an equal look-up, to go on behind it.
  public init(
    _ value: LookupValue, like template: RecordQuery, resumeAfter position: LookupPosition? = nil,
    store: any RecordStore
  ) {
    queries = value.subjects.indices.map { index in
      var query = template
      query.subject = value.subjects[index]
      query.excluded = Array(value.subjects[..<index])
      return query
    }
    limit = template.limit
    self.store = store
    stage = min(position?.stage ?? 0, queries.count)
    finishedPosition = position
    openStage(resumeAfter: position?.key)
  }

  /// Shows rows until the callback returns false, ``RecordCursor/searchMax`` records were searched
  /// or none is left.
  ///
  /// - Parameter show: false pauses behind the row just shown.
  /// - Throws: ``StoreError``; rows already shown stay valid.
  public func next(_ show: (borrowing RecordRow) -> Bool) throws(StoreError) -> RecordCursor.End {
    var budget = RecordCursor.searchMax
    while let cursor = current {
      let before = cursor.rows
      let result = Result { () throws(StoreError) in try cursor.next(&budget, show) }
      rows += cursor.rows - before
      let end = try result.get()
      guard end == .complete else { return end }
      finishedPosition = position
      finishedDamage += cursor.damaged
      stage += 1
      openStage(resumeAfter: nil)
    }
    return .complete
  }

  private func openStage(resumeAfter key: [UInt8]?) {
    guard stage < queries.count else {
      current = nil
      return
    }
    var query = queries[stage]
    query.limit = limit.map { max($0 - rows, 0) }
    query.resumeAfter = key
    current = RecordCursor(query, store: store)
  }
}

/// A place in the answer to a look-up. Only an equal look-up makes sense of it.
public struct LookupPosition: Sendable, Equatable {
  /// Which query of the look-up.
  public let stage: Int
  /// Behind which of its rows.
  public let key: [UInt8]

  /// Makes a position.
  public init(stage: Int, key: [UInt8]) {
    self.stage = stage
    self.key = key
  }

  /// One octet of stage, then the key.
  public var octets: [UInt8] { [UInt8(truncatingIfNeeded: stage)] + key }

  /// Reads what ``octets`` gave; nil when there is no octet.
  public init?(octets: [UInt8]) {
    guard let first = octets.first else { return nil }
    self.init(stage: Int(first), key: Array(octets.dropFirst()))
  }
}
