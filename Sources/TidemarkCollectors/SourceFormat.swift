import CaptureFormats
import DNSWire
import TidemarkIngest
import TidemarkModel

/// What the octets of a source are.
public enum SourceFormat: String, Sendable, CaseIterable {
  /// pcap or pcapng.
  case pcap
  /// dnstap in Frame Streams.
  case dnstap
  /// NMSG containers of the SIE.
  case nmsg
  /// Protocol buffers messages of PowerDNS and dnsdist.
  case powerdns
  /// Common Output Format, one JSON object a line or in any other shape that producers send.
  case cof
  /// The log of gamelinux passivedns, text or JSON.
  case passivedns
  /// Suricata's EVE, versions 1 to 3.
  case eve
  /// Zeek's dns.log, tab-separated or JSON.
  case zeek
  /// Elastic packetbeat.
  case packetbeat
  /// FEVER's aggregates, which balboa's feeders send.
  case fever
  /// gopassivedns.
  case gopassivedns
  /// dnsdedupe of the SIE as JSON lines.
  case nmsgText = "nmsg-text"
  /// What `dnscap -g` prints.
  case dnscap
  /// Delimited text with a layout of its own.
  case csv
  /// Master files of zones (RFC 1035 section 5).
  case zone
  /// Sessions of D4 sensors, which come through a socket and hold any of several other formats.
  case d4
  /// What a D4 analyzer has in its database, dumped as lines.
  case d4Redis = "d4-redis"

  /// True for lines and objects, which can be read while they are written.
  public var isText: Bool {
    switch self {
    case .pcap, .dnstap, .nmsg, .powerdns, .zone, .d4: false
    case .cof, .passivedns, .eve, .zeek, .packetbeat, .fever, .gopassivedns, .nmsgText, .dnscap,
      .csv, .d4Redis:
      true
    }
  }

  /// True when ``AuthoritySettings`` make a difference to what the octets say.
  func hasAuthorities(vantage: Vantage) -> Bool {
    switch self {
    case .dnstap, .nmsg: true
    case .pcap: vantage == .authority
    default: false
    }
  }

  /// The formats that files have.
  public static var ofFiles: [SourceFormat] { allCases.filter { $0 != .d4 } }

  /// Names of ``ofFiles``, for messages.
  public static var names: String { ofFiles.map(\.rawValue).joined(separator: ", ") }

  /// Tells the format by the first octets of a source; nil when none is recognised.
  ///
  /// - Parameter head: unpacked octets, as many as are at hand.
  public init?(head: Span<UInt8>) {
    if head.count >= 4, unsafe CaptureFileParser.recognises(head.bytes.extracting(0..<4)) {
      self = .pcap
      return
    }
    for (format, recognises) in SourceFormat.heads where recognises(head) {
      self = format
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
    } else if SourceFormat.contains(start, "||") || head[at] == UInt8(ascii: "#") {
      self = .passivedns
    } else {
      return nil
    }
  }

  /// The readers that tell for themselves, the surest first.
  private static let heads: [(SourceFormat, @Sendable (Span<UInt8>) -> Bool)] = [
    (.dnstap, { unsafe FrameStreamReader.recognises($0.bytes) }),
    (.nmsg, { NMSGDecoder.recognises($0) }),
    (.eve, { EVEReader.recognises($0) }), (.zeek, { ZeekReader.recognises($0) }),
    (.fever, { FEVERReader.recognises($0) }),
    (.gopassivedns, { GopassivednsReader.recognises($0) }),
    (.nmsgText, { NMSGTextReader.recognises($0) }),
    (.packetbeat, { PacketbeatReader.recognises($0) }),
    (.dnscap, { DnscapReader.recognises($0) }),
    (.zone, { ZoneDecoder.recognises($0) }),
  ]

  private init?(firstObject: Span<UInt8>) {
    if SourceFormat.contains(firstObject, "\"rrname\"")
      || SourceFormat.contains(firstObject, "\"cond\"")
    {
      self = .cof
    } else if SourceFormat.contains(firstObject, "\"query\"")
      && SourceFormat.contains(firstObject, "\"answer\"")
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
