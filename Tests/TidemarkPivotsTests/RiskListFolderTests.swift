import Foundation
import TidemarkPivots
import TidemarkTesting
import Testing

@Suite(.enabled(if: Suffixes.isThere)) final class RiskListFolderTests {
  private let folder: RiskListFolder
  private let now = PivotWorld.time

  init() {
    let path = FileManager.default.temporaryDirectory
      .appendingPathComponent("tidemark-lists-\(UUID().uuidString)").path
    folder = RiskListFolder(path: path)
  }

  deinit { try? FileManager.default.removeItem(atPath: folder.path) }

  private func octets(_ name: String) throws -> [UInt8] {
    [UInt8](try Data(contentsOf: URL(fileURLWithPath: "\(folder.path)/\(name)")))
  }

  private func put(_ octets: [UInt8], _ name: String) throws {
    try Data(octets).write(to: URL(fileURLWithPath: "\(folder.path)/\(name)"))
  }

  private func names() throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted()
  }

  @discardableResult
  private func write(
    _ name: String, _ text: String, category: RiskCategory? = nil, shrinks: Bool = false
  ) throws -> StoredRiskList {
    let list = try PivotWorld.list(
      name, text, category: category, weight: 0.5, expires: now + 9)
    return try folder.write(
      list, octets: Array(text.utf8), source: "/lists/\(name).txt", now: now, shrinks: shrinks)
  }

  @Test func liesBesideTheStore() {
    #expect(RiskListFolder.path(besideStore: "/data/store/") == "/data/store.lists")
    #expect(RiskListFolder.path(besideStore: "store") == "store.lists")
  }

  @Test func aFolderThatIsNotThereHasNoLists() throws {
    #expect(try folder.lists().lists.isEmpty)
    #expect(throws: RiskListFolderError.unknownList(name: "x")) {
      try folder.description(of: "x")
    }
    #expect(throws: RiskListFolderError.unknownList(name: "x")) { try folder.remove("x") }
  }

  @Test func keepsListsAsTheyCame() throws {
    let text = "# a comment\nbad.example\r\nworse.example"
    let stored = try write("one", text, category: .malware)
    #expect(try names() == ["one.json", "one.list"])
    #expect(try octets("one.list") == Array(text.utf8))
    #expect(stored.entryCount == 2 && stored.octetCount == text.utf8.count)
    #expect(stored.source == "/lists/one.txt" && stored.taken == now && stored.format == .lines)
    let read = try folder.read("one")
    #expect(read.stored == stored)
    #expect(read.octets == Array(text.utf8))
    #expect(stored.header.category == .malware && stored.header.expires == now + 9)
    #expect(try folder.lists().lists == [stored])

    let catalog = RiskListCatalog()
    let inventory = try folder.load(into: catalog, suffixes: Suffixes.required())
    #expect(inventory.remarks.isEmpty)
    #expect(catalog.current.headers == [stored.header])
    let matches = catalog.current.matches(of: PivotWorld.name("www.bad.example"), now: now)
    #expect(matches.map(\.entry) == ["bad.example"])

    try folder.remove("one")
    #expect(try names().isEmpty)
    _ = try folder.load(into: catalog, suffixes: Suffixes.required())
    #expect(catalog.current.headers.isEmpty)
  }

  @Test(arguments: [
    "", ".", "..", ".x", "a/b", "../a", "a b", "ä", String(repeating: "a", count: 65),
  ])
  func refusesNamesThatAreNoneOfAFile(_ name: String) throws {
    #expect(throws: RiskListFolderError.badName) { try write(name, "bad.example") }
    #expect(throws: RiskListFolderError.badName) { try folder.read(name) }
    #expect(throws: RiskListFolderError.badName) { try folder.remove(name) }
  }

  @Test func aListThatLostMoreThanHalfIsNotWritten() throws {
    let before = try write("one", "a.example\nb.example\nc.example")
    #expect(throws: RiskListFolderError.shrunk(name: "one", entries: 1, before: 3)) {
      try write("one", "a.example")
    }
    #expect(try folder.description(of: "one") == before)
    try write("one", "a.example", shrinks: true)
    #expect(try folder.description(of: "one").entryCount == 1)
  }

  /// What a killed writer leaves behind, step by step: always the old list or the new one.
  @Test func aKilledWriterLeavesTheOldListOrTheNewOne() throws {
    let old = try write("one", "old.example")
    let oldFiles = (json: try octets("one.json"), list: try octets("one.list"))
    let new = try write("one", "new.example\nnewer.example")
    let newFiles = (json: try octets("one.json"), list: try octets("one.list"))
    let steps: [(files: [(String, [UInt8])], expected: StoredRiskList)] = [
      ([("one.json", oldFiles.json), ("one.list.new", Array(newFiles.list.prefix(3)))], old),
      ([("one.json", oldFiles.json), ("one.list.new", newFiles.list)], old),
      (
        [
          ("one.json", oldFiles.json), ("one.list.new", newFiles.list),
          ("one.json.new", Array(newFiles.json.prefix(40))),
        ], old
      ),
      ([("one.json", newFiles.json), ("one.list.new", newFiles.list)], new),
    ]
    for step in steps {
      try FileManager.default.removeItem(atPath: folder.path)
      try FileManager.default.createDirectory(
        atPath: folder.path, withIntermediateDirectories: false)
      try put(oldFiles.list, "one.list")
      for (name, octets) in step.files { try put(octets, name) }
      #expect(try folder.read("one").stored == step.expected)
      // The next writer finishes or forgets it, and may be killed at once.
      let next = try write("one", "next.example\nb.example")
      #expect(try folder.read("one").stored == next)
      #expect(try names() == ["one.json", "one.list"])
    }
  }

  @Test func saysWhichListsAreDamagedAndKeepsThemInForce() throws {
    try write("one", "bad.example")
    try write("two", "worse.example")
    let catalog = RiskListCatalog()
    _ = try folder.load(into: catalog, suffixes: Suffixes.required())
    try put(Array("other.example".utf8), "one.list")
    try put(Array("{}".utf8), "two.json")
    try put([], "notes.txt")
    let inventory = try folder.load(into: catalog, suffixes: Suffixes.required())
    #expect(inventory.failures.keys.sorted() == ["one", "two"])
    #expect(inventory.remarks.count == 2)
    #expect(Set(catalog.current.headers.map(\.name)) == ["one", "two"])
    #expect(!catalog.current.matches(of: PivotWorld.name("bad.example"), now: now).isEmpty)
  }

  @Test func survivesDamagedDescriptions() throws {
    try write("one", "bad.example")
    let json = try octets("one.json")
    let seed = UInt64.random(in: 0 ... .max)
    print("seed of damaged descriptions: \(seed)")
    var generator = SeededGenerator(seed: seed)
    for _ in 0..<500 {
      var damaged = json
      for _ in 0..<Int.random(in: 1...4, using: &generator) {
        damaged[Int.random(in: 0..<damaged.count, using: &generator)] = .random(
          in: 0...255, using: &generator)
      }
      try put(damaged, "one.json")
      let inventory = try folder.lists()
      #expect(inventory.lists.count + inventory.failures.count == 1, "seed \(seed)")
    }
  }
}
