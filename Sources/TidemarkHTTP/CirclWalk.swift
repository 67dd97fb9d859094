import DNSWire
import TidemarkModel
import TidemarkQuery
import TidemarkStore

/// One part of an answer: the records that a subject finds, or all records of the owners of these.
struct CirclStage: Sendable {
  /// Which side of a record the value stands on.
  enum Side: Sendable { case owner, rdata }

  let subject: RecordQuery.Subject
  let side: Side
  /// Without what these find by owner name: earlier stages have it.
  var excluded: [RecordQuery.Subject] = []
  /// True: every owner of a record found, with all its records.
  var expands = false

  /// Which side a subject searches.
  static func side(_ subject: RecordQuery.Subject) -> Side {
    switch subject {
    case .owner, .ownerAtOrBelow, .all: .owner
    default: .rdata
    }
  }
}

/// A place in an answer. Only an equal request makes sense of it.
struct CirclPlace: Sendable, Equatable {
  /// Which stage.
  var stage: Int
  /// Behind which row: a position of `RecordCursor`.
  var key: [UInt8]
  /// When the stage expands: the owner whose records are being shown, and where it was found.
  var owner: [UInt8] = []
  var ownerKey: [UInt8] = []

  /// Stage (1), length of the owner (1), the owner, length of its key (4) and the key, the key.
  var octets: [UInt8] {
    [UInt8(truncatingIfNeeded: stage), UInt8(truncatingIfNeeded: owner.count)] + owner
      + StoreFormat.encode(UInt32(truncatingIfNeeded: ownerKey.count)) + ownerKey + key
  }

  init(stage: Int, key: [UInt8], owner: [UInt8] = [], ownerKey: [UInt8] = []) {
    self.stage = stage
    self.key = key
    self.owner = owner
    self.ownerKey = ownerKey
  }

  /// Reads what ``octets`` gave; nil for anything else.
  init?(octets: ArraySlice<UInt8>) {
    var rest = octets
    guard let stage = rest.popFirst(), let ownerCount = rest.popFirst(),
      rest.count >= Int(ownerCount) + 4
    else { return nil }
    let owner = Array(rest.prefix(Int(ownerCount)))
    rest = rest.dropFirst(Int(ownerCount))
    guard let keyCount = StoreFormat.decode(Array(rest.prefix(4))),
      rest.count - 4 >= Int(keyCount)
    else { return nil }
    rest = rest.dropFirst(4)
    self.init(
      stage: Int(stage), key: Array(rest.dropFirst(Int(keyCount))), owner: owner,
      ownerKey: Array(rest.prefix(Int(keyCount))))
  }
}

/// Walks the rows of an answer in one order: stage by stage, in key order within each, so that the
/// same request always gets the same rows in the same order.
///
/// - Concurrency: one user at a time; it may be handed on.
final class CirclWalk: @unchecked Sendable {
  /// What becomes of an owner that an expanding stage found.
  enum Decision { case expand, pass, pause }

  /// Behind the last row shown, or where the walk began.
  private(set) var place: CirclPlace?
  /// The owner whose records are being shown; nil in stages that do not expand.
  var expandedOwner: [UInt8]? { owners == nil ? nil : owner }
  /// The side on which rows are being found.
  var side: CirclStage.Side { stages.indices.contains(stage) ? stages[stage].side : .rdata }

  private let stages: [CirclStage]
  /// Types and datasets.
  private let template: RecordQuery
  private let store: any RecordStore
  private var stage: Int
  /// What shows rows; nil between two stages or two owners.
  private var rows: RecordCursor?
  private var rowsSubject = RecordQuery.Subject.all
  /// What finds the owners of an expanding stage.
  private var owners: RecordCursor?
  private var owner: [UInt8] = []
  private var ownerKey: [UInt8] = []
  private var seenOwners: Set<[UInt8]> = []

  /// - Parameter place: of an equal walk, to go on behind it.
  init(
    _ stages: [CirclStage], like template: RecordQuery, resumeAt place: CirclPlace?,
    store: any RecordStore
  ) {
    self.stages = stages
    self.template = template
    self.store = store
    self.place = place
    stage = place?.stage ?? 0
    guard let place, stages.indices.contains(stage) else { return }
    if stages[stage].expands {
      (owner, ownerKey) = (place.owner, place.ownerKey)
      openOwners(resumeAfter: ownerKey)
      open(.owner(DomainName(canonicalWire: owner)), resumeAfter: place.key)
    } else {
      open(stages[stage].subject, resumeAfter: place.key)
    }
  }

  /// Shows rows until a callback wants no more, much was searched, or none is left.
  ///
  /// - Parameters:
  ///   - expand: what to do with an owner that was found.
  ///   - show: false pauses behind the row just shown.
  /// - Returns: `paused` or `complete`.
  func next(
    expand: (borrowing RecordRow) -> Decision, show: (borrowing RecordRow) -> Bool
  ) throws(StoreError) -> RecordCursor.End {
    while true {
      if let rows {
        var wantsMore = true
        let end = try rows.next { row in
          wantsMore = show(row)
          return wantsMore
        }
        if let key = rows.position {
          place = CirclPlace(
            stage: stage, key: key, owner: owners == nil ? [] : owner,
            ownerKey: owners == nil ? [] : ownerKey)
        }
        if end == .complete {
          self.rows = nil
          if owners == nil { stage += 1 }
        }
        // A cursor is complete behind its last row, whatever was said to that.
        guard end == .complete, wantsMore else { return .paused }
      }
      guard stages.indices.contains(stage) else { return .complete }
      if stages[stage].expands {
        if try findOwner(expand) == .paused { return .paused }
      } else {
        open(stages[stage].subject, resumeAfter: nil)
      }
    }
  }

  /// Leaves out the rest of the rows of a type, if these are side by side here.
  ///
  /// - Returns: false when they are not; true also when none is left.
  func skip(_ type: RRType) -> Bool {
    guard rows != nil else { return true }
    guard type.rawValue < .max else { return false }
    let next = RRType(rawValue: type.rawValue + 1)
    let range: KeyRange
    switch rowsSubject {
    case .owner(let name): range = .records(dataset: .main, owner: name, rrtype: next)
    case .rdataName(let name): range = .inverse(dataset: .main, name: name, rrtype: next)
    default: return false
    }
    // Positions have no dataset. Nothing has this very key: it ends before the rest of a record.
    open(rowsSubject, resumeAfter: Array(range.lower.dropFirst(RecordKey.datasetOctets)))
    return true
  }

  /// Opens the next owner of an expanding stage, or ends the stage.
  private func findOwner(
    _ expand: (borrowing RecordRow) -> Decision
  ) throws(StoreError) -> RecordCursor.End {
    if owners == nil { openOwners(resumeAfter: nil) }
    guard let owners else { return .complete }
    var found = false
    let end = try owners.next { row in
      switch expand(row) {
      case .pause: return false
      case .pass: return true
      case .expand:
        guard row.rrname != owner, seenOwners.insert(row.rrname).inserted else { return true }
        owner = row.rrname
        found = true
        return false
      }
    }
    if found {
      ownerKey = owners.position ?? []
      open(.owner(DomainName(canonicalWire: owner)), resumeAfter: nil)
    } else if end == .complete {
      self.owners = nil
      stage += 1
    } else {
      return .paused
    }
    return .complete
  }

  private func open(_ subject: RecordQuery.Subject, resumeAfter key: [UInt8]?) {
    var query = template
    query.subject = subject
    if owners == nil { query.excluded = stages[stage].excluded }
    query.resumeAfter = key
    rowsSubject = subject
    rows = RecordCursor(query, store: store)
  }

  private func openOwners(resumeAfter key: [UInt8]?) {
    var query = template
    query.subject = stages[stage].subject
    query.rrtypes = []
    query.resumeAfter = key
    owners = RecordCursor(query, store: store)
  }
}
