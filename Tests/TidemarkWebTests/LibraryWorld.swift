import Foundation
import TidemarkEnrichment
import TidemarkModel
import TidemarkWeb

/// A library in a folder of its own, and operations whose sources answer what they are told to.
final class LibraryWorld: Sendable {
  static let now: UnixSeconds = 1_717_200_000
  /// What gets out of its place when anything of it is not escaped.
  static let hostile = "<script>x</script>\"'><img src=x onerror=y>&\u{202E}"

  let library: Library
  let registry: OperationRegistry
  private let runner: ActionRunner
  private let folder: String

  init(
    _ body: @escaping @Sendable (ActionRequest) throws(ActionFailure) -> SourceAnswer = {
      request throws(ActionFailure) in
      SourceAnswer(source: "stub", raw: RawAnswer(contentType: "text/plain", octets: []))
    }
  ) throws {
    folder =
      FileManager.default.temporaryDirectory
      .appendingPathComponent("tidemark-pages-\(UUID().uuidString)").path
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: false)
    library = try Library(path: "\(folder)/library.sqlite", create: true)
    let registry = OperationRegistry(library: library)
    self.registry = registry
    let source = ToldSource(body: body)
    runner = ActionRunner(
      registry: registry,
      sources: Dictionary(uniqueKeysWithValues: registry.operations.map { ($0.id, source) }),
      clock: ActionRunner.Clock(now: { LibraryWorld.now }, milliseconds: { 0 }))
  }

  deinit { try? FileManager.default.removeItem(atPath: folder) }

  /// Runs an action of the operation that is enabled from the start.
  func run(_ action: String, _ value: String = "www.example.com") async throws -> ActionResult {
    let key = try IndicatorKey(typed: value, oneOf: nil)
    return try await runner.run(operation: "tidemark", action: action, on: key)
  }

  /// Adds an indicator, and returns it.
  func add(_ entry: LibraryEntry) throws -> Indicator? {
    _ = try library.add(
      [LibraryRow(number: 1, entry: .success(entry))], source: "desk", now: LibraryWorld.now)
    return try library.indicator(entry.indicator)
  }
}

private struct ToldSource: ActionSource {
  let body: @Sendable (ActionRequest) throws(ActionFailure) -> SourceAnswer

  func answer(_ request: ActionRequest) async throws(ActionFailure) -> SourceAnswer {
    try body(request)
  }
}

extension Page {
  /// What stands between header and footer.
  ///
  /// - Parameter values: of the frame.
  func main(_ values: PageValues = [:]) -> String {
    PageTemplates.shared.fragment(
      template, self.values.merging(values) { own, _ in own }
    )
  }
}

extension String {
  /// How often a text stands in this one.
  func count(of part: String) -> Int { ranges(of: part).count }

  /// True when what strangers wrote got out of its place.
  var isBrokenOpen: Bool {
    contains("<script>x") || contains("<img src=x") || contains("\"'>") || contains("\u{202E}")
  }
}
