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

  /// Read as text: paths are indented by two, methods by four.
  private static func paths() throws -> [Path] {
    let root = URL(filePath: #filePath).deletingLastPathComponent()
      .deletingLastPathComponent().deletingLastPathComponent()
    let text = try String(
      decoding: Data(contentsOf: root.appending(path: "docs/openapi.yaml")), as: UTF8.self)
    var paths: [Path] = []
    var isInside = false
    for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
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

  @Test func describesEveryNativeRouteAndNothingElse() throws {
    let described = try OpenAPITests.paths().map(\.path)
    let served = try TidemarkServer(store: MemoryStore()).routes
      .filter { $0.family == "native" }.map(\.path)
    #expect(described.count == Set(described).count && described.count > 5)
    #expect(Set(described) == Set(served))
  }

  @Test func describesEveryRefusalOfTheGate() throws {
    let routes = try TidemarkServer(store: MemoryStore()).routes
    for path in try OpenAPITests.paths() {
      let route = try #require(routes.first { $0.path == path.path })
      let isOpen = path.lines.contains { $0 == "      security: []" }
      #expect(isOpen == (route.need == .nothing), "\(path.path)")
      for status in route.need == .nothing ? ["405"] : ["401", "405"] {
        let isThere = path.lines.contains { $0.hasPrefix("        \"\(status)\":") }
        #expect(isThere, "\(path.path) \(status)")
      }
    }
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
