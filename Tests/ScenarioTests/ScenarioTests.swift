import Foundation
import Testing
import TidemarkRocksDB
import TidemarkStore
import TidemarkTesting

/// Every file in Scenarios, on every store that needs no server.
@Suite struct ScenarioTests {
  static let folder = URL(filePath: #filePath).deletingLastPathComponent()
    .appending(path: "Scenarios")

  static let names: [String] = {
    let all = (try? FileManager.default.contentsOfDirectory(atPath: folder.path())) ?? []
    return all.filter { $0.hasSuffix(".scenario") }.sorted()
  }()

  @Test func thereAreScenarios() {
    #expect(Self.names.count >= 5)
  }

  @Test(arguments: names)
  func onMemory(name: String) throws {
    try check(name, on: MemoryStore())
  }

  @Test(arguments: names)
  func onRocksDB(name: String) throws {
    let path = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString).path()
    defer { try? FileManager.default.removeItem(atPath: path) }
    try check(name, on: try RocksDBStore(path: path))
  }

  private func check(_ name: String, on store: any RecordStore) throws {
    let text = try String(contentsOf: Self.folder.appending(path: name), encoding: .utf8)
    for (step, actual) in try Scenario(text).run(on: store) {
      #expect(actual == step.expected, "\(name), line \(step.line)")
    }
  }
}
