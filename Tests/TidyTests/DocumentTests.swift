import Foundation
import Testing

/// Documents point at things that exist, and every document can be found from README.md.
struct DocumentTests {
  private var documents: [Repository.File] {
    Repository.files.filter { $0.path.hasSuffix(".md") }
  }

  @Test func linksResolve() {
    for file in documents {
      for (index, link) in links(in: file) {
        guard let target = resolve(link, from: file.path) else {
          Issue.record("\(file.place(index)): \(link) leaves the repository")
          continue
        }
        #expect(Repository.exists(target.path), "\(file.place(index)): no such file: \(link)")
        guard let anchor = target.anchor else { continue }
        #expect(
          anchors(of: target.path).contains(anchor), "\(file.place(index)): no heading for \(link)")
      }
    }
  }

  @Test func everyDocumentIsReachedFromTheReadme() {
    var reached: Set<String> = ["README.md"]
    var queue = ["README.md"]
    while let path = queue.popLast() {
      guard let file = documents.first(where: { $0.path == path }) else { continue }
      for (_, link) in links(in: file) {
        guard let target = resolve(link, from: path)?.path else { continue }
        if reached.insert(target).inserted { queue.append(target) }
      }
    }
    for file in documents where file.path.hasPrefix("docs/") || !file.path.contains("/") {
      #expect(reached.contains(file.path), "\(file.path) is linked from nowhere")
    }
  }

  @Test func changelogLinesNameTheirPart() throws {
    let file = try #require(documents.first { $0.path == "CHANGELOG.md" })
    let sections: Set<String> = ["Breaking", "New", "Improved", "Fixed", "Internal"]
    for (index, line) in file.lines.enumerated() {
      if line.hasPrefix("### ") {
        let isKnown = sections.contains(String(line.dropFirst(4)))
        #expect(isKnown, "\(file.place(index)): unknown section")
      } else if line.hasPrefix("- ") {
        let part = line.dropFirst(2).prefix { $0 != ":" && $0 != " " }
        let isNamed = line.dropFirst(2 + part.count).hasPrefix(": ")
        #expect(isNamed, "\(file.place(index)): start with the part, as in `store: …`")
      }
    }
  }

  /// Links in Markdown form that do not go to another host; fenced code is skipped.
  private func links(in file: Repository.File) -> [(line: Int, link: String)] {
    var isFenced = false
    var found: [(Int, String)] = []
    for (index, line) in file.lines.enumerated() {
      if line.trimmed.hasPrefix("```") { isFenced.toggle() }
      guard !isFenced else { continue }
      for part in line.components(separatedBy: "](").dropFirst() {
        let link = String(part.prefix { $0 != ")" })
        if !link.contains("://"), !link.hasPrefix("mailto:") { found.append((index, link)) }
      }
    }
    return found
  }

  private func resolve(_ link: String, from path: String) -> (path: String, anchor: String?)? {
    let halves = link.split(separator: "#", maxSplits: 1, omittingEmptySubsequences: false)
    let anchor = halves.count > 1 ? String(halves[1]) : nil
    if halves[0].isEmpty { return (path, anchor) }
    var parts = path.split(separator: "/").dropLast().map(String.init)
    for part in halves[0].split(separator: "/") where part != "." {
      if part == ".." {
        if parts.popLast() == nil { return nil }
      } else {
        parts.append(String(part))
      }
    }
    return (parts.joined(separator: "/"), anchor)
  }

  private func anchors(of path: String) -> Set<String> {
    let lines = documents.first { $0.path == path }?.lines ?? []
    return Set(
      lines.filter { $0.hasPrefix("#") }.map { line in
        let title = line.drop { $0 == "#" }.trimmed.lowercased()
        let kept = title.filter { $0.isLetter || $0.isNumber || " -_".contains($0) }
        return kept.replacing(" ", with: "-")
      })
  }
}
