import DNSWire

/// What `x-dribble-errors` tells: why a reply has less than there is. The status stays 200.
struct DribbleErrors: Sendable {
  private var elements: [[UInt8]] = []

  var isEmpty: Bool { elements.isEmpty }

  /// A set has more rows than are shown.
  ///
  /// - Parameters:
  ///   - record: the value, or the owner, whose set it is.
  ///   - shown: rows of it in the reply.
  ///   - total: rows of it that were counted.
  ///   - isExact: false when counting ended before the set did.
  mutating func addMaxset(
    record: String, shown: Int, rrtype: RRType, total: Int, isExact: Bool
  ) {
    var element = JSONLine()
    element.add("error", "maxset")
    element.add("record", DribbleErrors.shortened(record))
    element.add("value", UInt64(shown))
    element.add("rrtype", rrtype.mnemonic)
    element.add("total_value", UInt64(total))
    if !isExact { element.add("total_is_minimum", true) }
    add(element)
  }

  /// The search ended before it was complete.
  ///
  /// - Parameters:
  ///   - kind: what was used up: `rows`, `octets` or `time`.
  ///   - rows: rows in the reply.
  mutating func addBudget(record: String, kind: String, rows: Int) {
    var element = JSONLine()
    element.add("error", "budget")
    element.add("record", DribbleErrors.shortened(record))
    element.add("limit", kind)
    element.add("value", UInt64(rows))
    add(element)
  }

  /// A JSON array of at most ``CirclLimits/errorsOctets``: pure ASCII, on one line. Elements that
  /// do not fit are counted by the last one.
  var json: String {
    var octets = [UInt8(ascii: "[")]
    for (index, element) in elements.enumerated() {
      var next = index == 0 ? [] : Array(", ".utf8)
      next += element
      if octets.count + next.count > CirclLimits.errorsOctets - DribbleErrors.restOctets {
        var rest = JSONLine()
        rest.add("error", "more")
        rest.add("value", UInt64(elements.count - index))
        if index > 0 { octets += Array(", ".utf8) }
        octets += rest.finished().dropLast()
        break
      }
      octets += next
    }
    octets.append(UInt8(ascii: "]"))
    return String(decoding: octets, as: UTF8.self)
  }

  /// Room for the element that counts the others.
  private static let restOctets = 64
  /// Longest record in an element, characters: a name has at most 253 without escapes.
  private static let recordCharactersMax = 256

  private mutating func add(_ element: JSONLine) {
    elements.append(element.finished().dropLast())
  }

  private static func shortened(_ record: String) -> String {
    record.count <= recordCharactersMax ? record : record.prefix(recordCharactersMax) + "…"
  }
}
