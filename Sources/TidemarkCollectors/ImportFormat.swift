import CaptureFormats
import DNSWire

/// Formats that `import` reads.
public enum ImportFormat: String, Sendable, CaseIterable {
  /// pcap or pcapng.
  case pcap
  /// Common Output Format, one JSON object a line or in any other shape that producers send.
  case cof
  /// The log of gamelinux passivedns, text or JSON.
  case passivedns

  /// Tells the format by the first octets of a source; nil when none is recognised.
  ///
  /// - Parameter head: unpacked octets, as many as are at hand.
  public init?(head: Span<UInt8>) {
    if head.count >= 4, unsafe CaptureFileParser.recognises(head.bytes.extracting(0..<4)) {
      self = .pcap
      return
    }
    var at = 0
    while at < head.count, head[at] <= ASCII.space { at += 1 }
    guard at < head.count else { return nil }
    var end = at
    while end < head.count, head[end] != ASCII.lineFeed || head[at] == UInt8(ascii: "{") {
      end += 1
    }
    let start = head.extracting(at..<min(end, at + 65_536))
    if head[at] == UInt8(ascii: "{") {
      self.init(firstObject: start)
    } else if ImportFormat.contains(start, "||") || head[at] == UInt8(ascii: "#") {
      self = .passivedns
    } else {
      return nil
    }
  }

  private init?(firstObject: Span<UInt8>) {
    if ImportFormat.contains(firstObject, "\"rrname\"")
      || ImportFormat.contains(firstObject, "\"cond\"")
    {
      self = .cof
    } else if ImportFormat.contains(firstObject, "\"query\"")
      && ImportFormat.contains(firstObject, "\"answer\"")
    {
      self = .passivedns
    } else {
      return nil
    }
  }

  private static func contains(_ octets: Span<UInt8>, _ text: String) -> Bool {
    let wanted = Array(text.utf8)
    guard octets.count >= wanted.count else { return false }
    for start in 0...(octets.count - wanted.count) {
      var length = 0
      while length < wanted.count, octets[start + length] == wanted[length] { length += 1 }
      if length == wanted.count { return true }
    }
    return false
  }
}
