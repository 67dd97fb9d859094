/// What the payload of a D4 packet is: the second octet of its header.
public struct D4Type: RawRepresentable, Hashable, Sendable, CustomStringConvertible {
  /// The octet.
  public let rawValue: UInt8

  /// Takes an octet; every one is a type, registered or not.
  public init(rawValue: UInt8) { self.rawValue = rawValue }

  /// Packets as pcap.
  public static let pcap = D4Type(rawValue: 1)
  /// A JSON object about what follows as ``extended``.
  public static let metaHeader = D4Type(rawValue: 2)
  /// A line of a log.
  public static let log = D4Type(rawValue: 3)
  /// What `dnscap -g` prints.
  public static let dnscapText = D4Type(rawValue: 4)
  /// Packets as pcapng.
  public static let pcapng = D4Type(rawValue: 5)
  /// JSON objects, one a line.
  public static let ndjson = D4Type(rawValue: 6)
  /// YAF, yet another flow meter.
  public static let yaf = D4Type(rawValue: 7)
  /// The log of gamelinux passivedns.
  public static let passivedns = D4Type(rawValue: 8)
  /// What the meta header says.
  public static let extended = D4Type(rawValue: 254)

  private static let names: [(type: D4Type, name: String)] = [
    (.pcap, "pcap"), (.metaHeader, "meta"), (.log, "log"), (.dnscapText, "dnscap"),
    (.pcapng, "pcapng"), (.ndjson, "ndjson"), (.yaf, "yaf"), (.passivedns, "passivedns"),
    (.extended, "extended"),
  ]

  /// Reads a name such as `passivedns`, or a number from 0 to 255; nil for anything else.
  public init?(name: String) {
    if let known = D4Type.names.first(where: { $0.name == name }) {
      self = known.type
    } else if let number = UInt8(name) {
      self.init(rawValue: number)
    } else {
      return nil
    }
  }

  /// The name, or the number of a type that has none.
  public var description: String {
    D4Type.names.first { $0.type == self }?.name ?? String(rawValue)
  }
}
