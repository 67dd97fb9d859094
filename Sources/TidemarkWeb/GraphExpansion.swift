public import DNSWire
public import TidemarkModel
public import TidemarkQuery
public import TidemarkStore

/// The newest links of one node.
public struct GraphExpansion: Sendable {
  /// Links of one expansion, unless more are asked for: more cannot be told apart on a screen.
  public static let edgesStandard = 50
  /// Links of one expansion at most.
  public static let edgesMax = 200
  /// Types that link names, addresses, name servers and mail hosts.
  public static let rrtypes: Set<RRType> = [
    .a, .aaaa, .ns, .cname, .dname, .mx, .ptr, .srv, .svcb, .https,
  ]

  /// The node.
  public let value: PivotValue
  /// Newest first.
  public private(set) var edges: [GraphEdge] = []
  /// Links met that are not among ``edges``.
  public private(set) var leftOut = 0
  /// True when there are links that were not met.
  public private(set) var isCut = false

  private let most: Int

  /// Makes an expansion without links.
  ///
  /// - Parameter most: links kept; brought between 1 and ``edgesMax``.
  public init(of value: PivotValue, most: Int = GraphExpansion.edgesStandard) {
    self.value = value
    self.most = min(max(most, 1), GraphExpansion.edgesMax)
  }

  /// Takes a record of the node or one that points to it.
  public mutating func add(_ row: borrowing RecordRow) {
    // Most records of a node with many are too old to be shown: nothing is made of them.
    if edges.count == most, let oldest = edges.last, oldest.timeLast >= row.value.timeLast {
      leftOut += 1
      return
    }
    guard GraphExpansion.rrtypes.contains(row.rrtype), let target = PivotValue(targetOf: row)
    else { return }
    let owner = PivotValue(DomainName(canonicalWire: row.rrname))
    guard owner != target, owner.text != "." else { return }
    add(
      GraphEdge(
        GraphEdge.Ends(from: owner, to: target, rrtype: row.rrtype),
        timeFirst: row.value.timeFirst, timeLast: row.value.timeLast, count: row.value.count))
  }

  /// Takes a link of the node.
  public mutating func add(_ edge: GraphEdge) {
    var edge = edge
    if let known = edges.firstIndex(where: { $0.ends == edge.ends }) {
      // Two preferences of one mail host are one link.
      edge.merge(edges.remove(at: known))
    }
    let place = edges.firstIndex { $0.timeLast < edge.timeLast } ?? edges.endIndex
    edges.insert(edge, at: place)
    if edges.count > most {
      edges.removeLast()
      leftOut += 1
    }
  }

  /// Notes that not all was read.
  public mutating func cut() { isCut = true }
}

/// Reads the links of one node, in turns of bounded work.
public struct GraphReader: Sendable {
  /// What was found so far.
  public private(set) var expansion: GraphExpansion

  /// Turns for one role of a node: some 32,000 records. A name server with a million zones shows
  /// the newest of those, and says so.
  static let turnsMax = 2

  private let store: any RecordStore
  private var queries: [RecordQuery]
  private var cursor: RecordCursor?
  private var turns = 0

  /// Makes a reader.
  ///
  /// - Parameters:
  ///   - datasets: to look in.
  ///   - most: links kept.
  public init(
    _ value: PivotValue, most: Int, datasets: [DatasetNumber], store: any RecordStore
  ) {
    self.store = store
    expansion = GraphExpansion(of: value, most: most)
    queries = []
    if let subject = value.ownerSubject {
      queries.append(GraphReader.query(subject, GraphExpansion.rrtypes, datasets))
    }
    if let subject = value.rdataSubject {
      let roles: [Set<RRType>] =
        value.isAddress
        ? [[.a, .aaaa]] : [[.cname, .dname], [.mx], [.ns], [.ptr, .srv, .svcb, .https]]
      queries += roles.map { GraphReader.query(subject, $0, datasets) }
    }
  }

  /// Goes on for some milliseconds.
  ///
  /// - Returns: false when all is read.
  /// - Throws: ``StoreError``.
  public mutating func step() throws(StoreError) -> Bool {
    guard let query = queries.first else { return false }
    let cursor = self.cursor ?? RecordCursor(query, store: store)
    self.cursor = cursor
    var found = expansion
    let end = try cursor.next { row in
      found.add(row)
      return true
    }
    expansion = found
    turns += 1
    if end == .paused, turns < GraphReader.turnsMax { return true }
    if end == .paused { expansion.cut() }
    queries.removeFirst()
    self.cursor = nil
    turns = 0
    return !queries.isEmpty
  }

  /// Ends early.
  public mutating func stop() {
    if !queries.isEmpty { expansion.cut() }
    queries = []
  }

  private static func query(
    _ subject: RecordQuery.Subject, _ rrtypes: Set<RRType>, _ datasets: [DatasetNumber]
  ) -> RecordQuery {
    var query = RecordQuery(subject)
    query.rrtypes = rrtypes
    query.datasets = datasets
    return query
  }
}
