/// What a live capture takes: a libpcap filter expression.
///
/// DNS over UDP and TCP, and all fragments, because only the first fragment of a datagram shows
/// its ports. A plain `port 53` matches no frame with a VLAN tag, so the same is asked again
/// behind one tag and behind two.
public struct LiveCaptureFilter: Sendable, Equatable {
  /// Ports on which DNS is spoken; 53 and those of the configuration.
  public var ports: [UInt16]
  /// A further condition, in the language of `pcap-filter(7)`; nil for none. It is asked at every
  /// VLAN depth, unless it speaks of tags itself: then it decides about them alone.
  public var condition: String?
  /// Packets inside packets too: IP in IP (4), IPv6 in IPv4 (41), generic routing (47).
  public var takesTunnels = false

  /// A filter without a condition.
  public init(ports: [UInt16] = [53]) {
    self.ports = ports.isEmpty ? [53] : ports
  }

  /// Words that move the place where libpcap looks for what follows.
  private static let movingWords = ["vlan", "mpls", "pppoes", "geneve"]

  /// The expression.
  ///
  /// - Parameter tags: false for link types on which libpcap refuses the word `vlan`.
  public func expression(tags: Bool) -> String {
    let list = ports.map { "port \($0)" }.joined(separator: " or ")
    var base =
      "((udp or tcp) and (\(list))) or (ip[6:2] & 0x3fff != 0) or (ip6 and ip6[6] == 44)"
    if takesTunnels { base += " or (ip proto 4 or ip proto 41 or ip proto 47)" }
    guard let condition else { return LiveCaptureFilter.repeated("(\(base))", tags: tags) }
    if LiveCaptureFilter.movesOffsets(condition) { return "(\(condition)) and (\(base))" }
    return LiveCaptureFilter.repeated("((\(base)) and (\(condition)))", tags: tags)
  }

  /// Each `vlan` moves everything behind it, so the deeper questions come last.
  private static func repeated(_ unit: String, tags: Bool) -> String {
    tags ? "\(unit) or (vlan and (\(unit) or (vlan and \(unit))))" : unit
  }

  private static func movesOffsets(_ condition: String) -> Bool {
    condition.split { !$0.isLetter && !$0.isNumber && $0 != "." && $0 != "-" }
      .contains { movingWords.contains(String($0)) }
  }
}
