import DNSWire
import TidemarkQuery

/// The value of a CIRCL or D4 path, in every form in which clients send it: raw, percent-encoded,
/// encoded twice, with doubled slashes, one final slash, one final dot.
struct CirclValue: Sendable {
  /// The value, decoded.
  let text: String
  /// What it can mean.
  let lookup: LookupValue

  /// - Parameter rest: the path behind the route's prefix.
  init(_ rest: ArraySlice<UInt8>) throws(CirclFault) {
    text = try CirclValue.text(rest)
    do {
      lookup = try LookupValue(text)
    } catch {
      throw .value(error)
    }
  }

  /// What it is looked up as, owner side first.
  var subjects: [RecordQuery.Subject] { lookup.subjects }

  /// True when the value is one address.
  var isAddress: Bool {
    guard subjects.count == 1, case .network(let network) = subjects[0] else { return false }
    return network.bits == network.octets.count * 8
  }

  private static func text(_ rest: ArraySlice<UInt8>) throws(CirclFault) -> String {
    let slash = UInt8(ascii: "/")
    var raw = rest.drop { $0 == slash }
    if raw.last == slash { raw = raw.dropLast() }
    guard var octets = RequestTarget.decode(raw) else { throw .escape }
    // Text in quotes may hold a percent sign of its own.
    let isText = octets.contains(ASCII.space) || octets.contains(ASCII.quote)
    if !isText, octets.contains(UInt8(ascii: "%")), let again = RequestTarget.decode(octets[...]) {
      octets = again
    }
    guard !octets.contains(where: { $0 < ASCII.space || $0 == 0x7F }),
      var text = String(validating: octets, as: UTF8.self)
    else { throw .notText }
    if text.hasSuffix("."), AddressPrefix(text: String(text.dropLast())) != nil {
      text.removeLast()
    }
    return text
  }
}
