import DNSWire
import HTTPTypes
import TidemarkDomains
import TidemarkEnrichment
import TidemarkModel
import TidemarkPivots
import TidemarkQuery
import TidemarkRegistration
import TidemarkStore

/// What every route of the DomainTools interface needs.
struct DomainToolsService: Sendable {
  let store: any RecordStore
  let registry: Registry
  private(set) var library: Library?
  let clock: @Sendable () -> UnixSeconds
  private let suffixes: PublicSuffixList?
  private let assessor: RiskAssessor?

  init(
    store: any RecordStore, registry: Registry, data: DomainToolsData,
    clock: @escaping @Sendable () -> UnixSeconds
  ) {
    self.store = store
    self.registry = registry
    self.clock = clock
    library = data.library
    suffixes = data.suffixes
    assessor = data.suffixes.map { suffixes in
      RiskAssessor(catalog: data.lists, suffixes: suffixes, store: store)
    }
  }

  /// Without what is not of a dataset.
  var withoutLibrary: DomainToolsService {
    var copy = self
    copy.library = nil
    return copy
  }

  /// The public suffix list and what rests on it.
  ///
  /// - Throws: ``Problem`` when the system has none.
  func domains() throws(Problem) -> (suffixes: PublicSuffixList, assessor: RiskAssessor) {
    guard let suffixes, let assessor else {
      throw Problem(.internalServerError, PublicSuffixListError.absent.description)
    }
    return (suffixes, assessor)
  }

  /// The newest snapshot of the name's registration, or of that of its registered domain.
  ///
  /// - Throws: ``Problem``, `LibraryError`.
  func registration(of name: DomainName) throws -> RegistrationSnapshot? {
    guard let library else { return nil }
    for subject in try subjects(of: name) {
      if let found = try library.latestSnapshot(of: subject) { return found }
    }
    return nil
  }

  /// What a name's registration may be kept under.
  func subjects(of name: DomainName) throws(Problem) -> [Registration.Subject] {
    let registered = name.folded(try domains().suffixes, registriesOnly: true)
    return (name == registered ? [name] : [name, registered]).map {
      .domain(name: $0.text(finalDot: false))
    }
  }

  /// What was registered when, newest first; texts of snapshots are left behind.
  ///
  /// - Throws: `LibraryError`.
  func registrations(of subject: Registration.Subject) throws -> [DatedRegistration] {
    guard let library else { return [] }
    var found: [DatedRegistration] = []
    while found.count < DomainToolsLimits.snapshotsMax {
      let page = try library.snapshots(
        of: subject, offset: found.count, limit: DomainToolsLimits.snapshotsAtOnce)
      found += page.map { DatedRegistration($0) }
      if page.count < DomainToolsLimits.snapshotsAtOnce { break }
    }
    return found
  }
}

/// A registration as it was at one time.
struct DatedRegistration: Sendable {
  let time: UnixSeconds
  private(set) var registration: Registration

  init(_ snapshot: RegistrationSnapshot) {
    time = snapshot.checkedAt
    registration = snapshot.registration
    registration.source.time = Int64(time)
  }
}
