import FoundationEssentials
import TidemarkDomains
import TidemarkEnrichment
import TidemarkModel
import TidemarkOperations
import TidemarkPivots
import TidemarkProviders
import TidemarkRocksDB
import TidemarkStore

/// Everything that enrichment works with around one store: the library beside it, the operations
/// with a source each, risk lists, the public suffix list.
///
/// Only the library must be there. What else is missing keeps nothing back but the actions that
/// need it; those say so when they are run.
///
/// - Concurrency: any thread.
final class EnrichmentWorld: Sendable {
  /// Indicators, results, settings of operations.
  let library: Library
  /// The operations.
  let registry: OperationRegistry
  /// Runs their actions.
  let runner: ActionRunner
  /// Risk lists in force; none before ``loadLists()``.
  let lists: RiskListCatalog
  /// Where risk lists are kept.
  let listFolder: RiskListFolder
  /// Nil when the system has none.
  let suffixes: PublicSuffixList?
  /// Nil when there is none that can be read.
  let store: (any RecordStore)?
  /// Asks registries and registrars.
  let registrations: RegistrationClient

  /// Opens everything but risk lists: ``loadLists()`` takes seconds when they are long, and most
  /// actions do without.
  ///
  /// - Parameters:
  ///   - path: the store's folder; library and lists lie beside it unless said otherwise.
  ///   - libraryPath: the library when it lies elsewhere; it is made when it is not there.
  ///   - opened: the store when this process has it open; otherwise it is opened to read.
  /// - Throws: ``LibraryError``.
  init(
    besideStore path: String, library libraryPath: String? = nil,
    opened: (any RecordStore)? = nil
  ) throws(LibraryError) {
    library = try Library(path: libraryPath ?? Library.path(besideStore: path), create: true)
    registry = OperationRegistry(library: library)
    lists = RiskListCatalog()
    listFolder = RiskListFolder(path: RiskListFolder.path(besideStore: path))
    var absent: [String] = []
    do throws(StoreError) {
      if let opened {
        store = opened
      } else {
        store = try RocksDBStore(path: path, mode: .secondary)
      }
    } catch {
      store = nil
      absent.append("\(error)")
    }
    do throws(PublicSuffixListError) {
      suffixes = try PublicSuffixList.standard()
    } catch {
      suffixes = nil
      absent.append("\(error)")
    }
    let client = OutboundClient(environment: ProcessInfo.processInfo.environment)
    let now: @Sendable () -> UnixSeconds = { StandardStreams.now() }
    let servers = RDAPServers(
      folder: EnrichmentWorld.bootstrapPath(besideStore: path), client: client, now: now)
    registrations = RegistrationClient(
      rdap: RDAPClient(client: client, servers: servers, now: now),
      whois: WHOISClient(now: now))
    let own: any ActionSource =
      if let store, let suffixes {
        TidemarkSource(
          store: store, library: library, lists: lists, suffixes: suffixes,
          fetcher: registrations, now: now)
      } else {
        AbsentSource(reason: absent.joined(separator: "; "))
      }
    runner = ActionRunner(
      registry: registry,
      sources: [
        OperationCatalogue.tidemark.id: own,
        OperationCatalogue.circl.id: CirclSource(client: client),
        OperationCatalogue.domainTools.id: DomainToolsSource(client: client, now: now),
        OperationCatalogue.dnsdb.id: DNSDBLookupSource(client: client),
      ],
      clock: EnrichmentWorld.clock)
  }

  /// Puts the lists that are in their folder now in force.
  ///
  /// - Returns: what an administrator should know, a line each.
  func loadLists() -> [String] {
    guard let suffixes else { return [] }
    do throws(RiskListFolderError) {
      return try listFolder.load(into: lists, suffixes: suffixes).remarks
    } catch {
      return ["\(error)"]
    }
  }

  /// True for an action that rests on risk lists.
  static func needsLists(_ operation: String, _ action: String) -> Bool {
    operation == OperationCatalogue.tidemark.id && action == "risk"
  }

  /// The folder of the bootstrap files of RDAP (RFC 9224), which say which registry to ask.
  static func bootstrapPath(besideStore store: String) -> String {
    var store = Substring(store)
    while store.utf8.count > 1, store.hasSuffix("/") { store = store.dropLast() }
    return store + ".rdap"
  }

  /// The clocks of the system.
  private static var clock: ActionRunner.Clock {
    let start = ContinuousClock.now
    return ActionRunner.Clock(
      now: { StandardStreams.now() },
      milliseconds: { Int64((ContinuousClock.now - start).seconds * 1_000) })
  }
}

/// Stands where a source cannot work, and says why.
struct AbsentSource: ActionSource {
  /// What is missing.
  let reason: String

  /// Fails as not configured.
  func answer(_ request: ActionRequest) async throws(ActionFailure) -> SourceAnswer {
    throw ActionFailure(.notConfigured, message: reason)
  }
}
