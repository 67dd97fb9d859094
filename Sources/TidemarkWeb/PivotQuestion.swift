import DNSWire
import TidemarkModel
import TidemarkPivots
public import TidemarkQuery

/// What a page of pivots is asked for: a value, and the searches that together tell what hangs on
/// it.
public struct PivotQuestion: Sendable {
  /// One table of the page.
  public struct Search: Sendable {
    /// Its heading.
    public let title: String
    /// What it finds.
    let query: RecordQuery
    /// True when the pivot is the owner of a row, otherwise it is the value.
    let showsOwners: Bool
    /// True when the other side of a row differs from row to row, and is shown.
    let showsBoth: Bool
  }

  /// The value in its canonical text.
  public let text: String
  /// The value, when it is a name or an address.
  public let value: PivotValue?
  /// The tables.
  public let searches: [Search]
  /// The network whose addresses are counted; nil for none.
  public let neighbourhood: AddressPrefix?

  /// Reads a value as people write it: all that a look-up takes.
  ///
  /// - Throws: `LookupValueError`.
  public init(typed text: String) throws(LookupValueError) {
    let plain = RefangedValue(text).value
    let typed = ALabels.ascii(Array(plain.utf8)[...]) ?? plain
    let subjects = try LookupValue(typed).subjects
    if let value = PivotValue(text: typed),
      subjects.first == value.ownerSubject || value.isAddress
    {
      self.init(value)
    } else {
      self.init(text: typed, subjects)
    }
  }

  /// What a look-up takes and is neither a name nor an address.
  private init(text: String, _ subjects: [RecordQuery.Subject]) {
    self.text = text
    value = nil
    var neighbourhood: AddressPrefix?
    if case .network(let network)? = subjects.first { neighbourhood = network }
    self.neighbourhood = neighbourhood
    searches = subjects.map { subject in
      let showsOwners = subject.isAboutRData
      return Search(
        title: showsOwners ? "Names with a value like this" : "Values of names like this",
        query: RecordQuery(subject), showsOwners: showsOwners, showsBoth: true)
    }
  }

  /// A name or an address.
  public init(_ value: PivotValue) {
    self.value = value
    text = value.text
    switch value.kind {
    case .address(let address):
      neighbourhood = AddressPrefix(
        octets: address.octets, bits: address.octets.count == 4 ? 24 : 64)
      searches =
        value.rdataSubject.map { [PivotQuestion.owners("Names on the address", $0, [])] } ?? []
    case .name(let name):
      neighbourhood = nil
      var values = RecordQuery(.owner(name))
      values.excludedTypes = [.rrsig, .nsec]
      let subject = RecordQuery.Subject.rdataName(name)
      searches =
        [
          Search(
            title: "Values of the name", query: values, showsOwners: false, showsBoth: false)
        ]
        + PivotQuestion.roles.map { PivotQuestion.owners($0.title, subject, $0.rrtypes) }
    }
  }

  /// What names are to other names. Types are listed, so that a name server with a million zones
  /// does not stand in front of its other roles.
  private static let roles: [(title: String, rrtypes: Set<RRType>)] = [
    ("Names with it as name server", [.ns]),
    ("Names with it as mail host", [.mx]),
    ("Aliases of it", [.cname, .dname]),
    (
      "Other records that name it",
      [.ptr, .soa, .srv, .https, .svcb, .naptr, .afsdb, .rt, .kx, .px, .rp, .minfo]
    ),
  ]

  private static func owners(
    _ title: String, _ subject: RecordQuery.Subject, _ rrtypes: Set<RRType>
  ) -> Search {
    var query = RecordQuery(subject)
    query.rrtypes = rrtypes
    return Search(title: title, query: query, showsOwners: true, showsBoth: false)
  }
}

extension RecordQuery.Subject {
  /// True when rows are found by their rdata.
  var isAboutRData: Bool {
    switch self {
    case .all, .owner, .ownerAtOrBelow, .ownerOneBelow, .ownerStartingWith: false
    case .network, .addresses, .rdataName, .rdataNameAtOrBelow, .rdataNameOneBelow,
      .rdataNameStartingWith, .rdata, .lossyText:
      true
    }
  }
}
