import DNSWire

/// The values through which an investigation came to the one that a page shows, oldest first.
///
/// It is a part of each page's address (`trail=`), so that a copied link shows the same way. It is
/// written as the values joined by `~`, each percent-encoded: `example.com~192.0.2.1~*.example`.
public struct PivotTrail: Sendable, Equatable {
  /// Values kept; the oldest are dropped. More do not fit on a line and are not walked back.
  public static let valuesMax = 20
  /// Octets of one value: the longest written name of all is a little shorter. Longer values are
  /// looked up, but not remembered.
  public static let valueOctetsMax = 1_024
  /// Octets of all values together, so that addresses of pages stay below what servers take.
  public static let octetsMax = 2_048
  /// Octets of them as a link has them, where signs and other scripts are encoded twice.
  static let writtenOctetsMax = 4_096

  /// The values, oldest first.
  public private(set) var values: [String] = []

  /// No value.
  public init() {}

  /// Reads `trail=` as it is after the query was decoded. What cannot be read is left out: a trail
  /// is a convenience, never a reason to refuse a page.
  public init(text: String?) {
    guard let text, text.utf8.count <= 4 * PivotTrail.octetsMax else { return }
    for part in text.utf8.split(separator: PivotTrail.separator) {
      guard let octets = PivotTrail.decoded(Array(part)),
        let value = String(validating: octets, as: UTF8.self)
      else { continue }
      add(value)
    }
  }

  /// What `trail=` holds; empty without values. A link encodes it once more.
  public var text: String {
    var out: [UInt8] = []
    for (index, value) in values.enumerated() {
      if index > 0 { out.append(PivotTrail.separator) }
      PivotTrail.append(value, to: &out)
    }
    return String(decoding: out, as: UTF8.self)
  }

  /// True without values.
  public var isEmpty: Bool { values.isEmpty }

  /// The trail of a page that is one step further than the page of `value`.
  public func appending(_ value: String) -> PivotTrail {
    var longer = self
    longer.add(value)
    return longer
  }

  /// The trail of the page of the value at `index`: the values in front of it.
  public func upTo(_ index: Int) -> PivotTrail {
    var shorter = PivotTrail()
    shorter.values = Array(values.prefix(max(index, 0)))
    return shorter
  }

  /// The look-up of `value`, one step further than the page of `current`.
  public func link(to value: String, from current: String) -> String {
    link(to: value, from: current, path: "/ui/search")
  }

  /// A page on `value`, one step further than the page of `current`.
  ///
  /// - Parameter path: the page, which takes `q` and `trail`.
  public func link(to value: String, from current: String, path: String) -> String {
    let trail = current == value ? self : appending(current)
    return WebLink(path, [("q", value), ("trail", trail.text)]).text
  }

  /// The way back as a list of links with the current value as its end, and a button that copies
  /// the address; empty without earlier values. For `{{> trail}}`, as `trailMarkup`.
  ///
  /// - Parameter path: the page that the links lead to, which takes `q` and `trail`.
  public func markup(current: String, path: String = "/ui/search") -> String {
    guard !values.isEmpty else { return "" }
    var html = HTMLText()
    html.markup("<nav class=\"pv-trail\" aria-label=\"Pivot trail\"><ol>")
    for (index, value) in values.enumerated() {
      let link = WebLink(path, [("q", value), ("trail", upTo(index).text)])
      html.markup("<li><a class=\"mono\"")
      // The key for the value before.
      if index == values.count - 1 { html.markup(" data-key=\"b\"") }
      html.markup(" href=\"")
      html.text(link.text)
      html.markup("\">")
      html.text(value)
      html.markup("</a></li>")
    }
    html.markup("<li><span class=\"mono\" aria-current=\"page\">")
    html.text(current)
    html.markup("</span></li></ol>")
    html.markup("<button class=\"button quiet\" type=\"button\" data-copy-link hidden>")
    html.markup("Copy link</button></nav>")
    return html.string
  }

  private static let separator = UInt8(ascii: "~")

  private mutating func add(_ value: String) {
    let length = value.utf8.count
    guard length > 0, length <= PivotTrail.valueOctetsMax, values.last != value else { return }
    values.append(value)
    var octets = values.reduce(0) { $0 + $1.utf8.count }
    var written = values.reduce(0) { $0 + PivotTrail.writtenOctets($1) }
    while values.count > PivotTrail.valuesMax || octets > PivotTrail.octetsMax
      || written > PivotTrail.writtenOctetsMax
    {
      let first = values.removeFirst()
      octets -= first.utf8.count
      written -= PivotTrail.writtenOctets(first)
    }
  }

  private static func writtenOctets(_ value: String) -> Int {
    WebLink.encoded(text(of: [value])).utf8.count
  }
}

extension PivotTrail {
  /// Values that are joined by `~` in a parameter of ours, each percent-encoded.
  ///
  /// - Parameter most: values that are read; further ones are left out.
  public static func list(_ text: String, most: Int) -> [String] {
    var values: [String] = []
    for part in text.utf8.split(separator: separator, maxSplits: most).prefix(most) {
      guard let octets = decoded(Array(part)),
        let value = String(validating: octets, as: UTF8.self)
      else { continue }
      values.append(value)
    }
    return values
  }

  /// The text that ``list(_:most:)`` reads.
  public static func text(of values: [String]) -> String {
    var out: [UInt8] = []
    for (index, value) in values.enumerated() {
      if index > 0 { out.append(separator) }
      append(value, to: &out)
    }
    return String(decoding: out, as: UTF8.self)
  }

  /// Letters, digits and what names and addresses are made of stay readable.
  private static func append(_ value: String, to out: inout [UInt8]) {
    for octet in value.utf8 {
      switch octet {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."),
        UInt8(ascii: "_"), UInt8(ascii: ":"), UInt8(ascii: "/"), UInt8(ascii: "*"):
        out.append(octet)
      default:
        out.append(UInt8(ascii: "%"))
        for nibble in [octet >> 4, octet & 15] {
          out.append(nibble < 10 ? ASCII.zero + nibble : UInt8(ascii: "A") + nibble - 10)
        }
      }
    }
  }

  /// Octets without their escapes; nil when one is broken.
  private static func decoded(_ text: [UInt8]) -> [UInt8]? {
    var out: [UInt8] = []
    var at = 0
    while at < text.count {
      guard text[at] == UInt8(ascii: "%") else {
        out.append(text[at])
        at += 1
        continue
      }
      guard at + 2 < text.count, let high = ASCII.hexValue(text[at + 1]),
        let low = ASCII.hexValue(text[at + 2])
      else { return nil }
      out.append(high << 4 | low)
      at += 3
    }
    return out
  }
}
