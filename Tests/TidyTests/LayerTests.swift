import Testing

/// Imports and dependencies go downwards only (ARCHITECTURE.md, "Layers").
struct LayerTests {
  let manifest: Manifest

  init() throws {
    let file = try #require(Repository.files.first { $0.path == "Package.swift" })
    manifest = Manifest(lines: file.lines)
    try #require(!manifest.targets.isEmpty, "no target was recognised in Package.swift")
  }

  private var ours: [Manifest.Target] { manifest.targets.filter { $0.kind != ".testTarget" } }

  @Test func tableItselfGoesDownwards() {
    for (name, layer) in Layer.all {
      for dependency in layer.ours {
        let rank = Layer.all[dependency]?.rank ?? .max
        #expect(rank < layer.rank, "\(name) is not above \(dependency)")
      }
    }
  }

  @Test func everyTargetHasALayer() {
    for target in ours {
      #expect(Layer.all[target.name] != nil, "add \(target.name) to Tests/TidyTests/Layers.swift")
    }
  }

  @Test func manifestDependenciesGoDownwards() {
    for target in ours {
      guard let layer = Layer.all[target.name] else { continue }
      for dependency in target.dependencies where Layer.all[dependency] != nil {
        let isAllowed = layer.ours.contains(dependency)
        #expect(isAllowed, "Package.swift: \(target.name) must not use \(dependency)")
      }
    }
  }

  @Test func importsAreAllowedInTheirLayer() {
    for file in Repository.swift(in: "Sources") {
      let target = String(file.path.split(separator: "/")[1])
      guard let layer = Layer.all[target] else { continue }
      for (index, line) in file.lines.enumerated() {
        guard let module = importedModule(line) else { continue }
        let allowed =
          Layer.all[module] == nil ? layer.allowsOutside(module) : layer.ours.contains(module)
        #expect(allowed, "\(file.place(index)): \(target) must not import \(module)")
      }
    }
  }

  @Test func everySourceFolderIsATarget() {
    let names = Set(manifest.targets.map(\.name))
    for name in Repository.names(in: "Sources") {
      #expect(names.contains(name), "Sources/\(name) belongs to no target of Package.swift")
    }
    let tests = Set(Repository.swift(in: "Tests").map { $0.path.split(separator: "/")[1] })
    for name in tests.sorted() {
      #expect(names.contains(String(name)), "Tests/\(name) belongs to no target of Package.swift")
    }
  }

  @Test func everyTargetSaysWhatItIsFor() {
    for (index, target) in ours.enumerated() {
      // One comment may stand above a run of system libraries.
      let previous = index > 0 ? ours[index - 1].kind : ""
      let isRun = target.kind == ".systemLibrary" && previous == target.kind
      #expect(
        isRun || target.lineAbove.hasPrefix("//"),
        "Package.swift: write above \(target.name) what it is for and what it may import")
    }
  }

  /// The module of an import line: `public import struct Foundation.URL` gives `Foundation`.
  private func importedModule(_ line: Substring) -> String? {
    var words = line.code.split(separator: " ")
    guard let place = words.firstIndex(of: "import"), line.indentation == 0 else { return nil }
    let before = ["public", "package", "internal", "private", "fileprivate"]
    let isImport = words[..<place].allSatisfy { before.contains(String($0)) || $0.hasPrefix("@") }
    words.removeFirst(place + 1)
    let kinds: Set<Substring> = ["struct", "class", "enum", "protocol", "func", "var", "typealias"]
    if let first = words.first, kinds.contains(first) { words.removeFirst() }
    return isImport ? words.first.map { String($0.prefix { $0 != "." }) } : nil
  }
}

/// The reader of the manifest is itself checked on a text that must fail in every way.
struct ManifestTests {
  @Test func readsNamesEdgesAndComments() {
    let text = """
      let package = Package(
        dependencies: [.package(url: "https://example.org/x", from: "1.0.0")],
        targets: [
          // What a does.
          .target(name: "A", swiftSettings: strict),

          .executableTarget(
            name: "B",
            dependencies: ["A", .target(name: "C"), .product(name: "P", package: "p")],
            swiftSettings: strict),
        ])
      """
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
    let targets = Manifest(lines: lines).targets
    #expect(targets.map(\.name) == ["A", "B"])
    #expect(targets.map(\.dependencies) == [[], ["A", "C", "P"]])
    #expect(targets.map { $0.lineAbove.hasPrefix("//") } == [true, false])
  }
}
