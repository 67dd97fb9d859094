import ArgumentParser
import DNSWire
import Dispatch
import FoundationEssentials
import Logging
import NIOCore
import TidemarkEnrichment
import TidemarkDomains
import TidemarkHTTP
import TidemarkPivots
import TidemarkProviders
import TidemarkStore

/// Options of a server for its library and for those who ask in MISP's and WHOIS's ways.
struct ServedEnrichmentOptions: ParsableArguments {
  @Option(
    help: "The library of indicators; default: beside the store. It is made if it is not there.",
    completion: .file())
  var library: String?
  @Flag(help: "Answer as a module server of MISP, too: /modules and /query.")
  var mispModules = false
  @Option(
    help: "Answer WHOIS from the registrations in the library, for example on 127.0.0.1:4343.")
  var whoisPort: String?

  func validate() throws {
    if let whoisPort { _ = try ServeCommand.address(whoisPort, setting: "--whois-port") }
  }
}

/// The library and the operations of a server while it runs, with what goes on beside requests:
/// risk lists that change, and questions on the WHOIS port.
final class ServedEnrichment: Sendable {
  /// Time between two looks at the folder of risk lists, seconds.
  private static let lookSeconds = 5

  private let world: EnrichmentWorld
  private let watch: RepeatingTimer

  /// Files that the process keeps open.
  var files: [String] { ["", "-wal", "-shm"].map { world.library.path + $0 } }

  private init(_ world: EnrichmentWorld) {
    self.world = world
    let folder = FolderWatch(path: world.listFolder.path)
    watch = RepeatingTimer(every: ServedEnrichment.lookSeconds) {
      guard folder.hasChanged() else { return }
      ServedEnrichment.complain(world.loadLists())
    }
  }

  /// Opens the library, and makes it if it is not there.
  ///
  /// - Parameters:
  ///   - store: the store's folder.
  ///   - opened: the store itself.
  ///   - library: where the library is, if somebody said so.
  /// - Returns: nil when none could be made beside the store: records are served all the same.
  /// - Throws: `ExitCode` after the reason was printed, when the library that is there or was asked
  ///   for cannot be used.
  static func open(
    besideStore store: String, opened: any RecordStore, library: String?
  ) throws -> ServedEnrichment? {
    let path = library ?? Library.path(besideStore: store)
    let isNew = library == nil && !FileManager.default.fileExists(atPath: path)
    do throws(LibraryError) {
      let world = try EnrichmentWorld(besideStore: store, library: path, opened: opened)
      complain(world.loadLists())
      return ServedEnrichment(world)
    } catch {
      guard isNew else {
        StandardStreams.complain("tidemark: \(error)")
        throw ExitCode(ExitStatus.failure)
      }
      complain(["\(error); serving without a library, --library names another place"])
      return nil
    }
  }

  /// Gives a server what its routes work on.
  func serve(in settings: inout TidemarkServer.Settings) {
    let log = CollectLog.make()
    settings.enrichment = EnrichmentService(
      library: world.library, registry: world.registry, runner: world.runner
    ) { log.notice("\($0)") }
    settings.domainTools = DomainToolsData(
      library: world.library, lists: world.lists, suffixes: world.suffixes)
  }

  /// Answers WHOIS on an address until the process ends.
  ///
  /// - Returns: where it listens.
  /// - Throws: what listening throws.
  func serveWHOIS(on address: ListenAddress) async throws -> ListenAddress {
    let suffixes = world.suffixes
    let snapshots = WHOISSnapshots(library: world.library) { host in
      guard let suffixes, let name = try? DomainName(text: host) else { return nil }
      return name.folded(suffixes, registriesOnly: true).text(finalDot: false)
    }
    let port = WHOISPort { question in
      await withCheckedContinuation { continuation in
        ServedEnrichment.whoisQueue.async {
          continuation.resume(returning: snapshots.answer(to: question))
        }
      }
    }
    let bound = try await port.start(host: address.host, port: address.port)
    return ListenAddress(host: address.host, port: bound?.port ?? address.port)
  }

  /// The library is read off the event loops; a question costs some milliseconds.
  private static let whoisQueue = DispatchQueue(label: "tidemark.whois")

  private static func complain(_ notices: [String]) {
    for notice in notices { StandardStreams.complain("tidemark: \(notice)") }
  }
}

/// Says whether files of a folder came, went or changed since the last look.
private final class FolderWatch: @unchecked Sendable {
  private let path: String
  /// Used by the timer's queue alone after ``init(path:)``.
  private var known: [String: Date]

  init(path: String) {
    self.path = path
    known = FolderWatch.look(path)
  }

  func hasChanged() -> Bool {
    let found = FolderWatch.look(path)
    defer { known = found }
    return found != known
  }

  private static func look(_ path: String) -> [String: Date] {
    let files = FileManager.default
    var found: [String: Date] = [:]
    // Descriptions are written last, and anew with every change of a list.
    for name in (try? files.contentsOfDirectory(atPath: path)) ?? [] where name.hasSuffix(".json") {
      let attributes = try? files.attributesOfItem(atPath: "\(path)/\(name)")
      found[name] = attributes?[.modificationDate] as? Date ?? .distantPast
    }
    return found
  }
}
