import DNSWire
import Foundation
import TidemarkDomains
import TidemarkEnrichment
import TidemarkModel
import TidemarkOperations
import TidemarkPivots
import TidemarkRegistration
import TidemarkStore
import TidemarkTesting
import Testing

/// The public suffix list of the system, without which names cannot be folded.
enum Suffixes {
  static let list = try? PublicSuffixList.standard()

  static var isThere: Bool {
    if list == nil { print("SKIPPED: no public suffix list here (Debian: publicsuffix)") }
    return list != nil
  }
}

/// A store, a library in a folder for the time of a test, lists, and the source over them.
final class OwnWorld: Sendable {
  static let now: UnixSeconds = 1_750_000_000
  static let day: UnixSeconds = 86_400

  let store: any RecordStore
  let library: Library
  let registry: OperationRegistry
  let lists = RiskListCatalog()
  let suffixes: PublicSuffixList
  let folder: String
  private let fetcher: (any RegistrationFetching)?

  init(
    _ samples: [StoreSample] = [], store: any RecordStore = MemoryStore(),
    fetcher: (any RegistrationFetching)? = nil
  ) throws {
    self.store = store
    self.fetcher = fetcher
    suffixes = try #require(Suffixes.list)
    folder =
      FileManager.default.temporaryDirectory
      .appendingPathComponent("tidemark-operations-\(UUID().uuidString)").path
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: false)
    library = try Library(path: "\(folder)/library.sqlite", create: true)
    registry = OperationRegistry(library: library)
    try registry.setEnabled("tidemark", true)
    if !samples.isEmpty { try store.apply(StoreSample.batch(samples)) }
  }

  deinit { try? FileManager.default.removeItem(atPath: folder) }

  var source: TidemarkSource {
    TidemarkSource(
      store: store, library: library, lists: lists, suffixes: suffixes, fetcher: fetcher,
      now: { Self.now })
  }

  var runner: ActionRunner {
    ActionRunner(
      registry: registry, sources: ["tidemark": source],
      clock: ActionRunner.Clock(now: { Self.now }, milliseconds: { 0 }))
  }

  func run(_ action: String, _ type: IndicatorType, _ value: String) async throws -> ActionResult {
    try await runner.run(
      operation: "tidemark", action: action, on: try IndicatorKey(type, value))
  }

  /// The raw answer as JSON objects.
  func lines(of result: ActionResult) throws -> [[String: Any]] {
    let raw = try library.raw(ofResult: result.id, now: Self.now)
    #expect(raw.contentType == "application/x-ndjson")
    return try raw.octets.split(separator: 0x0A).map { line in
      try #require(try JSONSerialization.jsonObject(with: Data(line)) as? [String: Any])
    }
  }

  func block(_ name: String, _ text: String, category: RiskCategory? = nil) throws {
    let header = RiskListHeader(
      name: name, kind: .block, category: category, updated: Self.now / Self.day)
    lists.replace(with: [
      try RiskList(header, octets: Array(text.utf8), suffixes: suffixes)
    ])
  }

  static func a(
    _ owner: String, _ last: UInt8 = 1, time: UnixSeconds = now
  ) -> StoreSample {
    StoreSample(owner, .a, [192, 0, 2, last], time: time)
  }

  static func ns(_ owner: String, _ host: String) -> StoreSample {
    StoreSample(owner, .ns, StoreSample.wire(host))
  }

  /// A registration that was looked up at a time.
  static func registration(
    _ subject: Registration.Subject, registrar: String, at time: UnixSeconds
  ) -> FetchedRegistration {
    var registration = Registration(
      subject: subject,
      source: RegistrationSource(kind: .whois, server: "whois.example.net", time: Int64(time)))
    registration.registrar = Registrar(name: registrar)
    var contact = RegistrationContact(roles: [.registrant, .abuse])
    contact.organization = "Example Holder"
    contact.emails = ["holder@example.com"]
    registration.contacts = [contact]
    registration.nameServers = [NameServer(name: "ns1.example.net")]
    registration.statuses = ["clientTransferProhibited"]
    registration.created = RegistrationTime(
      seconds: 1_500_000_000, precision: .second, text: "2017-07-14T02:40:00Z")
    let text = Array("Registrar: \(registrar)\nWHOIS text\n".utf8)
    return FetchedRegistration(
      merged: registration, parts: [registration],
      texts: [RawAnswer(contentType: "text/plain; charset=utf-8", octets: text)],
      source: "whois.example.net")
  }
}

extension ActionResult {
  /// Texts of a column.
  func column(_ table: String, _ key: String) -> [String] {
    guard let table = self.table(table) else { return [] }
    return table.rows.indices.map { table.cell($0, key)?.string ?? "" }
  }

  /// The text of a note.
  func note(_ label: String) -> String? { notes.first { $0.label == label }?.text }
}
