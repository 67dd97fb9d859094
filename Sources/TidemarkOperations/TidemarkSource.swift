import DNSWire
public import TidemarkDomains
public import TidemarkEnrichment
public import TidemarkModel
public import TidemarkPivots
public import TidemarkStore

/// Answers the actions of ``TidemarkEnrichment/OperationCatalogue/tidemark`` out of our own data:
/// records of the store, registrations that the library keeps, risk lists.
///
/// Nobody outside is asked, but for registrations when the setting `registration` is `live`; what a
/// registry says then is kept in the library.
///
/// - Concurrency: any thread.
public struct TidemarkSource: ActionSource {
  /// The source of answers that nobody outside had a part in.
  public static let ownData = "own data"

  let store: any RecordStore
  let library: Library
  let suffixes: PublicSuffixList
  let fetcher: (any RegistrationFetching)?
  let now: @Sendable () -> UnixSeconds
  let assessor: RiskAssessor

  /// Makes a source.
  ///
  /// - Parameters:
  ///   - lists: lists in force when a question comes.
  ///   - fetcher: asks registries; without one the setting `live` fails.
  ///   - now: seconds since 1970.
  public init(
    store: any RecordStore, library: Library, lists: RiskListCatalog, suffixes: PublicSuffixList,
    fetcher: (any RegistrationFetching)?, now: @escaping @Sendable () -> UnixSeconds
  ) {
    self.store = store
    self.library = library
    self.suffixes = suffixes
    self.fetcher = fetcher
    self.now = now
    assessor = RiskAssessor(catalog: lists, suffixes: suffixes, store: store)
  }

  /// Answers one request.
  ///
  /// - Throws: ``TidemarkEnrichment/ActionFailure``.
  public func answer(_ request: ActionRequest) async throws(ActionFailure) -> SourceAnswer {
    switch request.action.id {
    case "passive-dns": try await records(request)
    case "reverse-ip": try await reverseAddress(request)
    case "reverse-name-server": try await reverseNameServer(request)
    case "hosting-history": try hostingHistory(request)
    case "risk": try risk(request)
    case "fqdn-whois": try await nameRegistration(request)
    case "ip-whois": try await addressRegistration(request)
    case "whois-history": try registrationHistory(request)
    default:
      throw ActionFailure(.refused, message: "there is no such question to our own data")
    }
  }
}

/// Bounds on the work of one answer, so that none takes much longer than a second.
enum AnswerLimits {
  /// Index entries that are read for one answer; what lies behind is not looked at.
  static let entriesMax = 65_536
}

extension TidemarkSource {
  /// Reads the store.
  func reading<Value>(
    _ body: () throws(StoreError) -> Value
  ) throws(ActionFailure) -> Value {
    do throws(StoreError) { return try body() } catch {
      throw ActionFailure(.unavailable, message: error.description)
    }
  }

  /// Reads or writes the library.
  func libraryWork<Value>(
    _ body: () throws(LibraryError) -> Value
  ) throws(ActionFailure) -> Value {
    do throws(LibraryError) { return try body() } catch {
      throw ActionFailure(.unavailable, message: error.description)
    }
  }

  /// Lets others work between two steps, and ends a run that nobody waits for any more.
  func pause() async throws(ActionFailure) {
    await Task.yield()
    if Task.isCancelled { throw ActionFailure(.unavailable, message: "the run was cancelled") }
  }

  /// The name that a request is about.
  func name(of request: ActionRequest) throws(ActionFailure) -> DomainName {
    let text = request.indicator.value
    guard request.indicator.type == .fqdn, let name = try? DomainName(text: text) else {
      throw ActionFailure(.refused, message: "not a domain name")
    }
    return name
  }

  /// The address that a request is about.
  func address(of request: ActionRequest) throws(ActionFailure) -> PivotAddress {
    guard IndicatorType.addresses.contains(request.indicator.type),
      let address = PivotAddress(text: request.indicator.value)
    else { throw ActionFailure(.refused, message: "not an address") }
    return address
  }

  /// A number for people; a lower bound says that it is one.
  static func count(_ number: Int, isLowerBound: Bool) -> String {
    isLowerBound ? "at least \(number)" : String(number)
  }
}
