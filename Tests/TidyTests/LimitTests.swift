import Testing

/// Sizes that keep code readable (CONTRIBUTING.md, "Style").
struct LimitTests {
  static let lineColumnsMax = 100
  static let functionLinesMax = 70
  static let fileLinesMax = 1_000
  /// Beyond this a file is named in the output; it does not fail.
  static let fileLinesAdvised = 500

  private static let endings = [".swift", ".py", ".sh", ".c", ".h"]

  private var code: [Repository.File] {
    Repository.files.filter { file in LimitTests.endings.contains { file.path.hasSuffix($0) } }
  }

  @Test func linesFitTheColumns() {
    for file in code {
      for (index, line) in file.lines.enumerated()
      where line.utf8.count > Self.lineColumnsMax && line.count > Self.lineColumnsMax {
        if file.path.hasPrefix("Tests/") && isTestData(line) { continue }
        Issue.record("\(file.place(index)): \(line.count) columns, at most \(Self.lineColumnsMax)")
      }
    }
  }

  /// A line of a test that is one string literal, such as a line of a feed.
  private func isTestData(_ line: Substring) -> Bool {
    let text = line.trimmed.drop { "=+ ".contains($0) }
    return text.hasPrefix("\"") || text.hasPrefix("#\"") || text.hasPrefix("{\"")
  }

  @Test func filesStayShort() {
    for file in code {
      #expect(file.lines.count <= Self.fileLinesMax, "\(file.path): \(file.lines.count) lines")
      if file.lines.count > Self.fileLinesAdvised {
        print("long file: \(file.path) has \(file.lines.count) lines; aim for 100 to 300")
      }
    }
  }

  @Test func functionsStayShort() {
    for file in Repository.swift(in: "Sources", "Tests", "Fuzz", "Benchmarks") {
      for function in functions(in: file.lines) where function.count > Self.functionLinesMax {
        let place = file.place(function.lowerBound)
        Issue.record("\(place): \(function.count) lines, at most \(Self.functionLinesMax)")
      }
    }
  }

  @Test func seesTheEndOfAFunction() {
    let text = """
      struct S {
        func a() {
          if true {
          }
        }
        func b(
          x: Int
        ) -> Int {
          x
        }
        func c() { }
      }
      protocol P {
        func d()
      }
      """
    let found = functions(in: text.split(separator: "\n", omittingEmptySubsequences: false))
    #expect(found == [1..<5, 5..<10])
  }

  /// Line ranges of functions with a body of several lines, in code that swift-format wrote: the
  /// closing brace stands below the first letter of the declaration.
  private func functions(in lines: [Substring]) -> [Range<Int>] {
    lines.indices.compactMap { start in
      guard declaresFunction(lines[start]) else { return nil }
      let depth = lines[start].indentation
      var line = start
      while !lines[line].trimmed.hasSuffix("{") {
        line += 1
        guard line < lines.endIndex, continues(lines[line], depth: depth) else { return nil }
      }
      let end = lines[(line + 1)...].firstIndex { $0.indentation == depth && $0.trimmed == "}" }
      return end.map { start..<($0 + 1) }
    }
  }

  private func continues(_ line: Substring, depth: Int) -> Bool {
    line.indentation > depth || line.trimmed.hasPrefix(")") || line.trimmed == "{"
  }

  private func declaresFunction(_ line: Substring) -> Bool {
    let words = line.code.split(separator: " ").prefix { !$0.contains("=") && !$0.contains("{") }
    return words.contains { word in
      word == "func" || word.hasPrefix("init(") || word.hasPrefix("init?(") || word == "deinit"
    } && !line.trimmed.hasPrefix("self.") && !line.trimmed.hasPrefix("//")
  }
}
