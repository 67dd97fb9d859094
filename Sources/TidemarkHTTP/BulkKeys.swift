import DNSWire
import FoundationEssentials
import HTTPTypes

/// The lines of a bulk look-up's body, each a key.
///
/// A line is a value as `value` takes it, or a JSON object of strings: parameters of
/// `/api/v1/records` for this key alone. Blank lines are no keys.
struct BulkKeys {
  /// A line.
  struct Key {
    /// Counted from 0, blank lines too.
    let index: Int
    /// For people; only the beginning of a key that is too long.
    let text: String
    /// Parameters that the line stands for.
    let parameters: Result<[(name: String, value: String)], Problem>
  }

  private let body: [UInt8]
  private var at = 0
  /// The line that ``next()`` looks at first.
  private(set) var index = 0

  /// - Parameter start: lines to pass over.
  /// - Throws: ``Problem`` for too many lines.
  init(_ body: [UInt8], start: Int) throws(Problem) {
    self.body = body
    var lines = body.reduce(0) { $1 == ASCII.lineFeed ? $0 + 1 : $0 }
    if let last = body.last, last != ASCII.lineFeed { lines += 1 }
    guard lines <= ServerLimits.bulkKeysMax else {
      throw Problem(
        .contentTooLarge, "a body may have \(ServerLimits.bulkKeysMax) lines; send several")
    }
    while index < start, nextLine() != nil {}
    index = max(index, start)
  }

  /// The next key; nil behind the last one.
  mutating func next() -> Key? {
    while true {
      let index = index
      guard let line = nextLine() else { return nil }
      if line.isEmpty { continue }
      guard line.count <= ServerLimits.bulkKeyOctetsMax else {
        let text = String(decoding: line.prefix(64), as: UTF8.self) + "…"
        let problem = Problem(
          .badRequest, "the key is longer than \(ServerLimits.bulkKeyOctetsMax) octets")
        return Key(index: index, text: text, parameters: .failure(problem))
      }
      guard let text = String(validating: line, as: UTF8.self) else {
        return Key(
          index: index, text: String(decoding: line, as: UTF8.self),
          parameters: .failure(Problem(.badRequest, "the key is not UTF-8")))
      }
      guard line.first == UInt8(ascii: "{") else {
        return Key(index: index, text: text, parameters: .success([("value", text)]))
      }
      return Key(index: index, text: text, parameters: BulkKeys.members(of: line))
    }
  }

  /// A line without blanks around it.
  private mutating func nextLine() -> ArraySlice<UInt8>? {
    guard at < body.count else { return nil }
    let end = body[at...].firstIndex(of: ASCII.lineFeed) ?? body.endIndex
    var line = body[at..<end]
    at = min(end + 1, body.count)
    index += 1
    while let last = line.last, BulkKeys.isBlank(last) { line.removeLast() }
    return line.drop(while: BulkKeys.isBlank)
  }

  private static func isBlank(_ octet: UInt8) -> Bool {
    octet == ASCII.space || octet == ASCII.tab || octet == ASCII.carriageReturn
  }

  private static func members(
    of line: ArraySlice<UInt8>
  ) -> Result<[(name: String, value: String)], Problem> {
    guard let members = try? JSONDecoder().decode([String: String].self, from: Data(line)) else {
      return .failure(Problem(.badRequest, "the key is not a JSON object of strings"))
    }
    return .success(members.map { (name: $0.key, value: $0.value) })
  }
}
