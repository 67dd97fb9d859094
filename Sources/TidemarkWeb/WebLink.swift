import DNSWire

/// A link within the interface, its query percent-encoded.
public struct WebLink: Sendable, Equatable {
  /// Path and query, ASCII; still to be escaped where it is written into HTML.
  public let text: String

  /// Makes a link.
  ///
  /// - Parameters:
  ///   - path: percent-encoded already.
  ///   - pairs: names and values of the query; those with an empty value are left out.
  public init(_ path: String, _ pairs: [(String, String)] = []) {
    var octets = Array(path.utf8)
    var mark = UInt8(ascii: "?")
    for (name, value) in pairs where !value.isEmpty {
      octets.append(mark)
      WebLink.appendEncoded(name, to: &octets)
      octets.append(UInt8(ascii: "="))
      WebLink.appendEncoded(value, to: &octets)
      mark = UInt8(ascii: "&")
    }
    text = String(decoding: octets, as: UTF8.self)
  }

  /// The look-up of a value.
  public static func search(_ value: String) -> String {
    WebLink("/ui/search", [("q", value)]).text
  }

  /// Text as it may stand in a segment of a path or in a value of a query (RFC 3986 section 2.3:
  /// everything but unreserved characters is encoded).
  public static func encoded(_ text: String) -> String {
    var octets: [UInt8] = []
    appendEncoded(text, to: &octets)
    return String(decoding: octets, as: UTF8.self)
  }

  /// Appends text as ``encoded(_:)`` has it.
  public static func appendEncoded(_ text: String, to out: inout [UInt8]) {
    for octet in text.utf8 { appendEncoded(octet, to: &out) }
  }

  /// Appends one octet as ``encoded(_:)`` has it.
  public static func appendEncoded(_ octet: UInt8, to out: inout [UInt8]) {
    switch octet {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."),
      UInt8(ascii: "_"), UInt8(ascii: "~"):
      out.append(octet)
    default:
      out.append(UInt8(ascii: "%"))
      out.append(hex[Int(octet >> 4)])
      out.append(hex[Int(octet & 15)])
    }
  }

  private static let hex = Array("0123456789ABCDEF".utf8)
}
