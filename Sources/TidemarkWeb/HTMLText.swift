import DNSWire
public import TidemarkModel

/// HTML that is written octet by octet. What comes from outside is escaped; only text of this
/// program's source goes in as it is.
///
/// Escaping is by octet, not by character: a quote before a combining mark is one character to
/// Swift, and two to a browser.
public struct HTMLText: Sendable {
  /// What was written, UTF-8.
  public private(set) var octets: [UInt8] = []

  /// Begins with nothing.
  public init() {}

  /// Begins with room.
  ///
  /// - Parameter capacity: octets that are expected.
  public init(capacity: Int) {
    octets.reserveCapacity(capacity)
  }

  /// What was written.
  public var string: String { String(decoding: octets, as: UTF8.self) }

  /// Adds markup of ours as it is.
  public mutating func markup(_ text: StaticString) {
    ASCII.append(text, to: &octets)
  }

  /// Adds foreign text, escaped.
  public mutating func text(_ text: String) {
    escape(text.utf8.span)
  }

  /// Adds foreign octets, escaped. What is not UTF-8 becomes the replacement character.
  public mutating func text(_ foreign: [UInt8]) {
    if foreign.allSatisfy({ $0 < 0x80 }) {
      escape(foreign.span)
    } else {
      text(String(decoding: foreign, as: UTF8.self))
    }
  }

  /// Adds foreign ASCII octets, escaped, without copying them. Octets above 127 are shown as
  /// `\DDD`, as in presentation form.
  public mutating func ascii(_ foreign: Span<UInt8>) {
    for index in foreign.indices {
      let octet = foreign[index]
      if octet < 0x80 { append(octet) } else { decimal(octet) }
    }
  }

  /// Adds a number in groups of three digits: `1,234,567`.
  public mutating func number(_ value: UInt64) {
    let digits = Array(String(value).utf8)
    for (index, digit) in digits.enumerated() {
      if index > 0, (digits.count - index).isMultiple(of: 3) { octets.append(UInt8(ascii: ",")) }
      octets.append(digit)
    }
  }

  /// Adds a number as plain digits, for attributes.
  public mutating func integer(_ value: Int) {
    octets += Array(String(value).utf8)
  }

  /// Adds a time as a `time` element; nothing in it needs an escape.
  public mutating func time(_ time: UnixSeconds) {
    markup("<time datetime=\"")
    TimeStyle.iso.append(time, to: &octets)
    markup("\">")
    WebTime.appendMinute(time, to: &octets)
    markup("</time>")
  }

  /// Adds a cell with a time.
  public mutating func timeCell(_ time: UnixSeconds) {
    markup("<td class=\"time\">")
    self.time(time)
    markup("</td>")
  }

  /// Adds what was written elsewhere.
  public mutating func append(_ other: HTMLText) {
    octets += other.octets
  }

  /// Foreign text, escaped, as it may stand in elements and in quoted attributes.
  public static func escaped(_ text: String) -> String {
    var html = HTMLText()
    html.text(text)
    return html.string
  }

  private mutating func escape(_ foreign: Span<UInt8>) {
    var at = 0
    while at < foreign.count {
      let octet = foreign[at]
      if octet == 0xE2, at + 2 < foreign.count,
        HTMLText.isInvisible(foreign[at + 1], foreign[at + 2])
      {
        // A mark that turns the direction of writing hides what a name is; its number shows.
        let scalar = 0x2000 | UInt32(foreign[at + 1] & 0x3F) << 6 | UInt32(foreign[at + 2] & 0x3F)
        octets += Array("\\u{\(String(scalar, radix: 16, uppercase: true))}".utf8)
        at += 3
        continue
      }
      // Forms end their lines with both; shown by its number the first would come back as text.
      let endsLine = octet == ASCII.carriageReturn && at + 1 < foreign.count
      if !endsLine || foreign[at + 1] != ASCII.lineFeed { append(octet) }
      at += 1
    }
  }

  /// The last two octets of U+200B–U+200F, U+202A–U+202E, U+2066–U+2069.
  private static func isInvisible(_ second: UInt8, _ third: UInt8) -> Bool {
    switch second {
    case 0x80: (0x8B...0x8F).contains(third) || (0xAA...0xAE).contains(third)
    case 0x81: (0xA6...0xA9).contains(third)
    default: false
    }
  }

  private mutating func append(_ octet: UInt8) {
    switch octet {
    case UInt8(ascii: "&"): ASCII.append("&amp;", to: &octets)
    case UInt8(ascii: "<"): ASCII.append("&lt;", to: &octets)
    case UInt8(ascii: ">"): ASCII.append("&gt;", to: &octets)
    case UInt8(ascii: "\""): ASCII.append("&quot;", to: &octets)
    case UInt8(ascii: "'"): ASCII.append("&#39;", to: &octets)
    case UInt8(ascii: "\n"), UInt8(ascii: "\t"): octets.append(octet)
    case ..<0x20, 0x7F: decimal(octet)
    default: octets.append(octet)
    }
  }

  /// Adds `\DDD`, as control octets are written in presentation form (RFC 4343 section 2.1).
  private mutating func decimal(_ octet: UInt8) {
    octets.append(UInt8(ascii: "\\"))
    for place: UInt8 in [100, 10, 1] { octets.append(UInt8(ascii: "0") + octet / place % 10) }
  }
}
