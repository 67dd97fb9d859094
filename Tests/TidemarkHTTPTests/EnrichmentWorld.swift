import Foundation
import Synchronization
import TidemarkAccess
import TidemarkEnrichment
import TidemarkHTTP
import TidemarkModel
import TidemarkStore

/// A library in a folder of its own, and operations whose sources answer what they are told to, for
/// the time of a test.
final class EnrichmentWorld: Sendable {
  let folder: String
  let library: Library
  let registry: OperationRegistry
  let service: EnrichmentService
  private let log = ChangeLog()

  /// What the server said was changed.
  var changes: [EnrichmentChange] { log.changes.withLock { $0 } }

  init(
    _ body: @escaping @Sendable (ActionRequest) throws(ActionFailure) -> SourceAnswer = {
      request throws(ActionFailure) in EnrichmentWorld.fill(request)
    }
  ) throws {
    folder =
      FileManager.default.temporaryDirectory
      .appendingPathComponent("tidemark-desk-\(UUID().uuidString)").path
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: false)
    library = try Library(path: "\(folder)/library.sqlite", create: true)
    registry = OperationRegistry(library: library)
    let stub = StubSource(body: body)
    let runner = ActionRunner(
      registry: registry,
      sources: Dictionary(uniqueKeysWithValues: registry.operations.map { ($0.id, stub) }),
      clock: ActionRunner.Clock(now: { TestServer.now }, milliseconds: { 0 }))
    service = EnrichmentService(library: library, registry: registry, runner: runner) {
      [log] change in log.changes.withLock { $0.append(change) }
    }
  }

  deinit { try? FileManager.default.removeItem(atPath: folder) }

  /// Serves the library while `test` runs.
  func serving(
    access: AccessControl = .open, _ test: @Sendable (TestServer) async throws -> Void
  ) async throws {
    try await TestServer.serving(
      MemoryStore(), access: access, adjust: { $0.enrichment = self.service }, test)
  }

  /// Gives an operation everything that it must have, and enables it.
  func enable(_ id: String) throws {
    var values: [String: String?] = [:]
    for parameter in try registry.shownParameters(id)
    where parameter.spec.isRequired && parameter.value == nil {
      values[parameter.spec.key] = "k3y-of-\(id)"
    }
    try registry.configure(id, values)
    try registry.setEnabled(id, true)
  }

  /// One row in every table, each cell with a value that its kind takes.
  static func fill(_ request: ActionRequest) -> SourceAnswer {
    var answer = SourceAnswer(
      source: "stub", raw: RawAnswer(contentType: "text/html", octets: Array("<b>raw".utf8)))
    for spec in request.action.tables {
      var table = request.table(spec.id, word: spec.isRepeated ? "192.0.2.9" : nil)
      var values: [String: Cell] = [:]
      for column in spec.columns {
        switch column.kind {
        case .text, .blob: values[column.key] = .text("word")
        case .integer: values[column.key] = .integer(7)
        case .date: values[column.key] = .time(1_700_000_000)
        case .indicator(let types):
          let value =
            types.contains(.fqdn)
            ? "found.example" : types.contains(.email) ? "a@found.example" : "192.0.2.77"
          values[column.key] = .text(value)
        }
      }
      table.append(
        values,
        candidates: [
          Proposal.Candidate(types: [.ipv4], value: "192.0.2.78", relation: .resolvesTo)
        ])
      answer.tables.append(table)
    }
    answer.notes = [ResultNote("Total", "1")]
    return answer
  }
}

/// What a server was heard to say.
private final class ChangeLog: Sendable {
  let changes = Mutex<[EnrichmentChange]>([])
}

/// A source that answers what it is told to.
struct StubSource: ActionSource {
  let body: @Sendable (ActionRequest) throws(ActionFailure) -> SourceAnswer

  func answer(_ request: ActionRequest) async throws(ActionFailure) -> SourceAnswer {
    try body(request)
  }
}

/// JSON taken apart.
indirect enum JSONTree: Decodable, Equatable {
  case null
  case flag(Bool)
  case number(Double)
  case text(String)
  case list([JSONTree])
  case object([String: JSONTree])

  init(from decoder: any Decoder) throws {
    let value = try decoder.singleValueContainer()
    if value.decodeNil() {
      self = .null
    } else if let flag = try? value.decode(Bool.self) {
      self = .flag(flag)
    } else if let number = try? value.decode(Double.self) {
      self = .number(number)
    } else if let text = try? value.decode(String.self) {
      self = .text(text)
    } else if let list = try? value.decode([JSONTree].self) {
      self = .list(list)
    } else {
      self = .object(try value.decode([String: JSONTree].self))
    }
  }

  /// A member; null when there is none.
  subscript(_ name: String) -> JSONTree {
    if case .object(let members) = self { return members[name] ?? .null }
    return .null
  }

  /// An element; null when there is none.
  subscript(_ index: Int) -> JSONTree {
    list.indices.contains(index) ? list[index] : .null
  }

  var list: [JSONTree] { if case .list(let list) = self { list } else { [] } }
  var text: String? { if case .text(let text) = self { text } else { nil } }
  var names: Set<String> {
    if case .object(let members) = self { Set(members.keys) } else { [] }
  }
  /// The texts of a list.
  var texts: [String] { list.compactMap(\.text) }
  /// The element of a list of objects with this `id`.
  func with(id: String) -> JSONTree { list.first { $0["id"] == .text(id) } ?? .null }
}

extension JSONTree: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral,
  ExpressibleByBooleanLiteral
{
  init(stringLiteral value: String) { self = .text(value) }
  init(integerLiteral value: Int) { self = .number(Double(value)) }
  init(booleanLiteral value: Bool) { self = .flag(value) }
}

extension Reply {
  /// The body as JSON.
  func json() throws -> JSONTree { try JSONDecoder().decode(JSONTree.self, from: Data(octets)) }

  /// Each line as JSON.
  func jsonLines() throws -> [JSONTree] {
    try lines.map { try JSONDecoder().decode(JSONTree.self, from: Data($0.utf8)) }
  }
}

extension TestServer {
  /// Sends a request with a body.
  func send(
    _ method: String, _ target: String, _ body: String, type: String = "application/json",
    headers: [String] = []
  ) async throws -> Reply {
    let lines =
      [
        "\(method) \(target) HTTP/1.1", "Host: localhost", "Connection: close",
        "Content-Type: \(type)", "Content-Length: \(body.utf8.count)",
      ] + headers
    let head = lines.joined(separator: "\r\n") + "\r\n\r\n"
    return try Reply(try await exchange(Array((head + body).utf8)))
  }

  /// Runs an action.
  func run(
    _ operation: String, _ action: String, _ type: String, _ value: String,
    headers: [String] = []
  ) async throws -> Reply {
    try await send(
      "POST", "/api/v1/operations/\(operation)/actions/\(action)",
      #"{"type":"\#(type)","value":"\#(value)"}"#, headers: headers)
  }
}
