public import DNSWire
public import TidemarkDomains
import TidemarkModel
import TidemarkQuery
public import TidemarkStore

/// What to look for in NS records when somebody asks for the name server of a name.
public struct NameServerTarget: Sendable, Hashable {
  /// A host, or a domain with name servers in it.
  public let name: DomainName
  /// True when hosts below the name count as well.
  public let takesHostsBelow: Bool

  /// Makes a target.
  public init(name: DomainName, takesHostsBelow: Bool) {
    self.name = name
    self.takesHostsBelow = takesHostsBelow
  }

  /// The targets of a name: the name itself when it, or a host below it, occurs in NS records; else
  /// the name servers of its registered domain, newest first.
  ///
  /// - Returns: at most ``PivotLimits/nameServersMax``; none when no NS record is known.
  /// - Throws: ``StoreError``.
  public static func targets(
    of name: DomainName, _ scope: PivotScope = PivotScope(), suffixes: PublicSuffixList,
    store: any RecordStore
  ) throws(StoreError) -> [NameServerTarget] {
    if try isNameServer(name, scope, store) {
      return [NameServerTarget(name: name, takesHostsBelow: true)]
    }
    let found = try OwnerRecords(of: name.folded(suffixes), [.ns], scope, store: store)
    var targets: [NameServerTarget] = []
    for record in found.records where targets.count < PivotLimits.nameServersMax {
      guard let host = DomainName(in: record.rdata, from: 0), host != .root else { continue }
      let target = NameServerTarget(name: host, takesHostsBelow: false)
      if !targets.contains(target) { targets.append(target) }
    }
    return targets
  }

  private static func isNameServer(
    _ name: DomainName, _ scope: PivotScope, _ store: any RecordStore
  ) throws(StoreError) -> Bool {
    // Everything lies below the root, and nobody means that.
    guard name != .root else { return false }
    for subject in [RecordQuery.Subject.rdataName(name), .rdataNameAtOrBelow(name)] {
      let cursor = RecordCursor(scope.query(subject, [.ns]), store: store)
      var entriesLeft = PivotLimits.nameServerSearchMax
      var isFound = false
      var end = RecordCursor.End.paused
      while end == .paused, !isFound, entriesLeft > 0 {
        entriesLeft -= RecordCursor.searchMax
        end = try cursor.next { _ in
          isFound = true
          return false
        }
      }
      if isFound { return true }
    }
    return false
  }

  var subject: RecordQuery.Subject {
    takesHostsBelow ? .rdataNameAtOrBelow(name) : .rdataName(name)
  }

  func takes(_ host: DomainName) -> Bool {
    takesHostsBelow ? host.isAtOrBelow(name) : host == name
  }
}
