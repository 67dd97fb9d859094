public import DNSWire
public import TidemarkDomains
public import TidemarkModel
import TidemarkQuery
public import TidemarkStore

/// Scores names by our own records and lists.
///
/// Of a name it takes the addresses of the last half year and the networks around them, of its
/// registered domain the providers of name servers and the mail hosts, counts who else is there and
/// how many of them are listed, and hands that to ``RiskModel``.
///
/// - Concurrency: any thread.
public final class RiskAssessor: Sendable {
  private let store: any RecordStore
  private let suffixes: PublicSuffixList
  private let catalog: RiskListCatalog
  private let model: RiskModel
  private let counter = NodeCounter()

  /// Makes an assessor.
  public init(
    catalog: RiskListCatalog, model: RiskModel = RiskModel(), suffixes: PublicSuffixList,
    store: any RecordStore
  ) {
    self.catalog = catalog
    self.model = model
    self.suffixes = suffixes
    self.store = store
  }

  /// The report on a name.
  ///
  /// - Parameters:
  ///   - registrant: what is shared with names of the same registrant, where registration data
  ///     tells it; the store does not.
  ///   - now: the time of the question.
  /// - Throws: ``StoreError``.
  public func report(
    on name: DomainName, datasets: [DatasetNumber] = [.main],
    registrant: InfrastructureNode? = nil, now: UnixSeconds
  ) throws(StoreError) -> RiskReport {
    let window = RiskModel.windowDays * TimeLimits.secondsPerDay
    let scope = PivotScope(datasets: datasets, since: now > window ? now - window : 0)
    let lists = catalog.current
    let registered = name.folded(suffixes)
    let pointed = try PointedAddresses(of: name, scope, store: store)
    let links = try self.links(of: pointed, registered, scope, lists, now)
    var nodes: [InfrastructureNode] = []
    for link in links.prefix(RiskAssessor.linksMax) {
      var counts = try counter.counts(
        of: link.subject, scope, lists: lists, suffixes: suffixes, now: now, store: store)
      if let member = link.member { counts = counts.without(member) }
      nodes.append(
        InfrastructureNode(
          kind: link.subject.kind, label: link.subject.label, domains: counts.domains,
          listed: counts.listed, listedByCategory: counts.listedByCategory,
          daysSinceLast: Int(now > link.timeLast ? now - link.timeLast : 0)
            / Int(TimeLimits.secondsPerDay)))
    }
    if let registrant { nodes.append(registrant) }
    var report = model.report(
      on: name, registered: registered, nodes: nodes, lists: lists, now: now)
    report.notes += listedAddresses(pointed, lists, now)
    report.notes += StructureNotes.notes(on: registered, pointed, now: now)
    return report
  }

  /// Things shared that are counted for one report, newest first; bounds its work to some seconds.
  static let linksMax = 64

  /// Something that the name shares, when it was last seen there, and which of the domains counted
  /// there is the name's own.
  private struct Link {
    let subject: NodeSubject
    var timeLast: UnixSeconds
    let member: DomainName?
  }

  private func links(
    of pointed: PointedAddresses, _ registered: DomainName, _ scope: PivotScope,
    _ lists: RiskListSet, _ now: UnixSeconds
  ) throws(StoreError) -> [Link] {
    var links: [NodeSubject: Link] = [:]
    func add(_ subject: NodeSubject, _ timeLast: UnixSeconds, member: DomainName?) {
      let known = links[subject]?.timeLast ?? 0
      links[subject] = Link(subject: subject, timeLast: max(timeLast, known), member: member)
    }
    // An alias's addresses are those of its target: the name itself is not there.
    let owner = pointed.chain.last?.folded(suffixes)
    let member = owner == registered ? registered : nil
    for record in pointed.records.prefix(PivotLimits.addressesMax) {
      guard let prefix = AddressPrefix(octets: record.rdata),
        !lists.isNeutral(prefix, now: now)
      else { continue }
      add(.address(prefix), record.value.timeLast, member: member)
      guard let network = prefix.neighbourhood, !lists.isNeutral(network, now: now) else {
        continue
      }
      add(.network(network), record.value.timeLast, member: member)
    }
    let servers = try OwnerRecords(of: registered, [.ns, .mx], scope, store: store)
    for record in servers.records {
      let isMail = record.rrtype == .mx
      guard let host = DomainName(in: record.rdata, from: isMail ? 2 : 0), host != .root,
        !lists.isNeutral(host, now: now)
      else { continue }
      let subject: NodeSubject =
        isMail ? .mail(host) : .nameServer(host.folded(suffixes))
      add(subject, record.value.timeLast, member: registered)
    }
    // Newest first, in a total order, so that which ones are counted is no matter of chance.
    return links.values.sorted { left, right in
      (left.timeLast, right.subject.kind.rawValue, right.subject.label)
        > (right.timeLast, left.subject.kind.rawValue, left.subject.label)
    }
  }

  /// Addresses of the name that are listed themselves: said, but no part of the score.
  private func listedAddresses(
    _ pointed: PointedAddresses, _ lists: RiskListSet, _ now: UnixSeconds
  ) -> [String] {
    pointed.addresses.flatMap { address in
      lists.matches(of: address, now: now).filter { $0.list.kind == .block }.map { match in
        "address \(address.text) is listed: \(match.evidence)"
      }
    }
  }
}
