public import DNSWire
public import TidemarkModel

/// What a node of a graph is. A shape as well as a colour tells it.
public enum GraphKind: String, CaseIterable, Sendable {
  /// A domain name.
  case name
  /// An address.
  case address
  /// A name that is a name server of another one.
  case server = "nameserver"
  /// A name that is a mail host of another one.
  case mail

  /// Its shape on the screen and in pictures.
  public var shape: String {
    switch self {
    case .name: "circle"
    case .address: "square"
    case .server: "diamond"
    case .mail: "triangle"
    }
  }

  /// What it is called.
  public var words: String {
    switch self {
    case .name: "name"
    case .address: "address"
    case .server: "name server"
    case .mail: "mail host"
    }
  }

  /// The kind of what a record of a type points to.
  init(targetOf rrtype: RRType) {
    switch rrtype {
    case .a, .aaaa: self = .address
    case .ns: self = .server
    case .mx: self = .mail
    default: self = .name
    }
  }

  /// A name that has several roles is shown as the first of these.
  var rank: Int {
    switch self {
    case .address: 3
    case .server: 2
    case .mail: 1
    case .name: 0
    }
  }
}

/// A name or an address in a graph.
public struct GraphNode: Sendable, Equatable {
  /// What it is.
  public let value: PivotValue
  /// What it is to others.
  public internal(set) var kind: GraphKind
  /// What hangs on it and what to know about it; nil when nobody looked.
  public internal(set) var hint: PivotHint?

  /// The text of the value: no other node has it.
  public var id: String { value.text }
}

/// A record that links two nodes, or several of one type that do.
public struct GraphEdge: Sendable, Equatable {
  /// What makes two records one edge.
  public struct Ends: Sendable, Hashable {
    /// The owner,
    public let from: PivotValue
    /// what it points to,
    public let to: PivotValue
    /// and by which type.
    public let rrtype: RRType

    /// Makes ends.
    public init(from: PivotValue, to: PivotValue, rrtype: RRType) {
      self.from = from
      self.to = to
      self.rrtype = rrtype
    }
  }

  /// Owner, target and type.
  public let ends: Ends
  /// First seen.
  public private(set) var timeFirst: UnixSeconds
  /// Last seen.
  public private(set) var timeLast: UnixSeconds
  /// How often; saturates.
  public private(set) var count: UInt64

  /// Makes an edge.
  public init(_ ends: Ends, timeFirst: UnixSeconds, timeLast: UnixSeconds, count: UInt64) {
    self.ends = ends
    self.timeFirst = timeFirst
    self.timeLast = timeLast
    self.count = count
  }

  /// Takes in a record with the same ends.
  mutating func merge(_ other: GraphEdge) {
    timeFirst = min(timeFirst, other.timeFirst)
    timeLast = max(timeLast, other.timeLast)
    let (sum, isTooLarge) = count.addingReportingOverflow(other.count)
    count = isTooLarge ? .max : sum
  }

  /// Why the nodes are linked: `name server of`, read from target to owner.
  public var why: String {
    switch ends.rrtype {
    case .a, .aaaa: "address of"
    case .ns: "name server of"
    case .mx: "mail host of"
    case .cname, .dname: "target of the alias"
    case .ptr: "name behind"
    default: "target of"
    }
  }
}
