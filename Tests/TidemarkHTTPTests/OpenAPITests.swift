import FoundationEssentials
import TidemarkAccess
import TidemarkHTTP
import TidemarkStore
import Testing

/// docs/openapi.yaml and the server's own table say the same.
struct OpenAPITests {
  /// A path and what stands below it in the document.
  private struct Path {
    let path: String
    var methods: Set<String> = []
    var lines: [Substring] = []
  }

  private static func document() throws -> String {
    let root = URL(filePath: #filePath).deletingLastPathComponent()
      .deletingLastPathComponent().deletingLastPathComponent()
    return try String(
      decoding: Data(contentsOf: root.appending(path: "docs/openapi.yaml")), as: UTF8.self)
  }

  /// Read as text: paths are indented by two, methods by four.
  private static func paths() throws -> [Path] {
    var paths: [Path] = []
    var isInside = false
    for line in try document().split(separator: "\n", omittingEmptySubsequences: false) {
      if line.first.map({ $0 != " " }) ?? false { isInside = line == "paths:" }
      guard isInside else { continue }
      if line.hasPrefix("  /"), line.hasSuffix(":") {
        paths.append(Path(path: String(line.dropFirst(2).dropLast())))
      } else if !paths.isEmpty {
        paths[paths.count - 1].lines.append(line)
        if line.hasPrefix("    "), line.dropFirst(4).first?.isLetter == true, line.hasSuffix(":") {
          paths[paths.count - 1].methods.insert(String(line.dropFirst(4).dropLast()))
        }
      }
    }
    return paths
  }

  @Test func hasTheVersionOfTheProgram() throws {
    let lines = try OpenAPITests.document().split(separator: "\n")
    #expect(
      lines.filter { $0.hasPrefix("  version: ") } == ["  version: \(TidemarkServer.version)"])
  }

  @Test func describesEveryNativeRouteAndNothingElse() throws {
    let described = try OpenAPITests.paths().map(\.path)
    let served = try TidemarkServer(store: MemoryStore()).routes
      .filter { ["native", "d4-core", "domaintools"].contains($0.family) }.map(\.path)
    #expect(described.count == Set(described).count && described.count > 5)
    #expect(Set(described) == Set(served))
  }

  @Test func describesEveryRefusalOfTheGate() throws {
    let routes = try TidemarkServer(store: MemoryStore()).routes
    for path in try OpenAPITests.paths() {
      let route = try #require(routes.first { $0.path == path.path })
      let isOpen = path.lines.contains { $0 == "      security: []" }
      #expect(isOpen == (route.need == .nothing), "\(path.path)")
      let refusal = route.family == "domaintools" ? "403" : "401"
      for status in route.need == .nothing ? ["405"] : [refusal, "405"] {
        let isThere = path.lines.contains { $0.hasPrefix("        \"\(status)\":") }
        #expect(isThere, "\(path.path) \(status)")
      }
    }
  }

  @Test func everyReferenceLeadsSomewhere() throws {
    var group = Substring()
    var known: Set<Substring> = []
    var wanted: Set<Substring> = []
    for line in try OpenAPITests.document().split(separator: "\n") {
      let depth = line.prefix { $0 == " " }.count
      if depth == 2, line.hasSuffix(":") { group = line.dropFirst(2).dropLast() }
      if depth == 4, line.hasSuffix(":") {
        known.insert("\(group)/\(line.dropFirst(4).dropLast())")
      }
      for part in line.split(separator: "#/components/").dropFirst() {
        wanted.insert(part.prefix { $0 != "\"" })
      }
    }
    #expect(wanted.count > 20)
    #expect(wanted.subtracting(known).isEmpty, "\(wanted.subtracting(known))")
  }

  @Test func methodsAreThoseThatAreServed() async throws {
    try await TestServer.serving(MemoryStore()) { server in
      for path in try OpenAPITests.paths() {
        let reply = try await server.get(path.path, method: "OPTIONS")
        #expect(reply.status == 405, "\(path.path)")
        let allowed = Set(
          (reply.headers["allow"] ?? "").lowercased().split(separator: ", ").map(String.init))
        #expect(allowed.subtracting(["head"]) == path.methods, "\(path.path)")
      }
    }
  }
}
