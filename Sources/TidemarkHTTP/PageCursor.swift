import Crypto
import HTTPTypes
import TidemarkModel
import TidemarkStore

/// Makes and checks cursors: the places in an answer at which a later request goes on, as text.
///
/// A position is one in key order, so rows that come between two pages are neither skipped nor
/// repeated. The tag is HMAC-SHA256 (RFC 2104), cut to 16 octets, over the query that the cursor
/// belongs to and over the cursor itself; its key lies in the store, so that cursors outlive the
/// process, and never leaves it.
struct PageCursor: Sendable {
  /// Octets of the key.
  static let keyOctets = 32

  private let key: SymmetricKey

  /// Takes the store's key, and makes one for a store that has none. A store that cannot be
  /// written has to do with a key that lasts as long as the process.
  ///
  /// - Throws: ``StoreError`` when the store cannot be read.
  init(store: any RecordStore) throws(StoreError) {
    if let known = try store.state(StateKey.cursorKey), known.count == PageCursor.keyOctets {
      key = SymmetricKey(data: known)
      return
    }
    var generator = SystemRandomNumberGenerator()
    let octets = (0..<PageCursor.keyOctets).map { _ in UInt8.random(in: 0...255, using: &generator)
    }
    key = SymmetricKey(data: octets)
    let batch = RecordBatch()
    batch.stateChanges = [RecordBatch.StateChange(key: StateKey.cursorKey, value: octets)]
    // Queries go on where nothing can be written.
    _ = try? store.apply(batch)
  }

  /// The text of a position; nil when it is too long for a request target.
  func text(_ position: [UInt8], asOf: UnixSeconds, of query: CursorQuery) -> String? {
    var parts = CursorParts(asOf: asOf, position: position)
    parts.tag = tag(of: parts, query)
    let text = parts.text
    return text.utf8.count <= ServerLimits.cursorCharactersMax ? text : nil
  }

  /// Reads what ``text(_:asOf:of:)`` wrote for an equal query.
  ///
  /// - Throws: ``Problem`` for anything else, the same whatever is wrong with it.
  func open(_ text: String, of query: CursorQuery) throws(Problem) -> CursorParts {
    guard let parts = CursorParts(text: text),
      PageCursor.isEqual(parts.tag, tag(of: parts, query))
    else { throw Problem(.badRequest, "cursor: not one that this query gave") }
    return parts
  }

  private func tag(of parts: CursorParts, _ query: CursorQuery) -> [UInt8] {
    var code = HMAC<SHA256>(key: key)
    code.update(data: query.digest)
    code.update(data: parts.sealed)
    return Array(code.finalize().prefix(CursorParts.tagOctets))
  }

  /// Takes the same time wherever the first difference is.
  private static func isEqual(_ left: [UInt8], _ right: [UInt8]) -> Bool {
    guard left.count == right.count else { return false }
    return zip(left, right).reduce(UInt8(0)) { $0 | ($1.0 ^ $1.1) } == 0
  }
}

/// What a cursor belongs to: a route, parameters, and the datasets that the caller may read.
struct CursorQuery: Sendable {
  let route: String
  /// In any order, without those that only say how much is shown.
  let parameters: [(name: String, value: String)]
  /// Names; nil for all datasets, those of the future too.
  let granted: Set<String>?

  /// SHA-256 of it all.
  var digest: [UInt8] {
    var hash = SHA256()
    // Each text behind its length: no two queries give the same octets.
    func update(_ text: String) {
      let octets = Array(text.utf8)
      hash.update(data: StoreFormat.encode(UInt32(clamping: octets.count)))
      hash.update(data: octets)
    }
    update(route)
    hash.update(data: StoreFormat.encode(UInt32(clamping: parameters.count)))
    for parameter in parameters.sorted(by: { $0.name < $1.name }) {
      update(parameter.name)
      update(parameter.value)
    }
    hash.update(data: [granted == nil ? 0 : 1])
    for name in (granted ?? []).sorted() { update(name) }
    return Array(hash.finalize())
  }
}
