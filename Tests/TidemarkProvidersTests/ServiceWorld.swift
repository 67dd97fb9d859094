import Foundation
import TidemarkEnrichment
import TidemarkModel
import TidemarkProviders

/// A library in a temporary folder, with the operations of services set to a service on loopback.
final class ServiceWorld: Sendable {
  /// 2026-01-01T00:00:00Z.
  static let now: UnixSeconds = 1_767_225_600
  static let client = OutboundClient(environment: [:])
  static let sources: [String: any ActionSource] = [
    "circl": CirclSource(client: client), "dnsdb": DNSDBLookupSource(client: client),
    "domaintools": DomainToolsSource(client: client) { now },
  ]

  let library: Library
  let registry: OperationRegistry
  private let folder: URL

  init(port: Int) throws {
    folder = FileManager.default.temporaryDirectory
      .appendingPathComponent("tidemark-services-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: false)
    library = try Library(path: folder.appendingPathComponent("library").path, create: true)
    registry = OperationRegistry(library: library)
    let plain = ["host": "127.0.0.1", "port": String(port), "use_http": "true"]
    try configure("circl", plain.merging(["token": "alice:wonder land"]) { $1 })
    try configure("dnsdb", plain.merging(["api_key": "d-n-s-d-b-key"]) { $1 })
    try configure(
      "domaintools",
      [
        "api_url": "http://127.0.0.1:\(port)", "api_username": "alice", "api_key": "s3cret-key",
      ])
    for id in ServiceWorld.sources.keys { try registry.setEnabled(id, true) }
  }

  deinit { try? FileManager.default.removeItem(at: folder) }

  func configure(_ operation: String, _ values: [String: String]) throws {
    try registry.configure(operation, values.mapValues { Optional($0) })
  }

  /// Runs an action as people do: through the runner, that keeps the result.
  func run(
    _ operation: String, _ action: String = "passive-dns", _ type: IndicatorType = .fqdn,
    _ value: String = "www.example.com"
  ) async throws -> ActionResult {
    let clock = ActionRunner.Clock(now: { ServiceWorld.now }, milliseconds: { 0 })
    let runner = ActionRunner(
      registry: registry, sources: ServiceWorld.sources, clock: clock)
    return try await runner.run(
      operation: operation, action: action, on: IndicatorKey(type, value))
  }

  /// Runs an action of an operation against a script, from beginning to end.
  static func run(
    _ operation: String, _ action: String = "passive-dns", _ type: IndicatorType = .fqdn,
    _ value: String = "www.example.com", settings: [String: String] = [:],
    script: @escaping ScriptedService.Script
  ) async throws -> (result: ActionResult, questions: [ScriptedService.Question]) {
    let service = try await ScriptedService(script)
    let world = try ServiceWorld(port: service.port)
    try world.configure(operation, settings)
    let result = try await world.run(operation, action, type, value)
    try await service.close()
    return (result, service.questions)
  }

  /// The same, with one body for all questions.
  static func run(
    _ operation: String, _ action: String = "passive-dns", _ type: IndicatorType = .fqdn,
    _ value: String = "www.example.com", settings: [String: String] = [:],
    status: String = "200 OK",
    body: String
  ) async throws -> ActionResult {
    let octets = ScriptedService.answer(status, ["Content-Type: application/json"], body)
    return try await run(operation, action, type, value, settings: settings) { _ in
      .octets(octets)
    }.result
  }
}

extension ActionResult {
  /// Why it failed; nil when it did not.
  var failure: ActionFailure? {
    if case .failed(let failure) = status { failure } else { nil }
  }

  /// Cells of a column as text; empty ones are "".
  func column(_ key: String, of table: String) -> [String] {
    guard let table = self.table(table) else { return [] }
    return table.rows.indices.map { table.cell($0, key)?.string ?? "" }
  }

  /// The text of a note.
  func note(_ label: String) -> String? { notes.first { $0.label == label }?.text }
}
