import Foundation

/// What `Package.swift` says about its targets, read as text: asking the package manager while it
/// runs the tests would wait for its own lock.
struct Manifest {
  struct Target: Equatable {
    var kind: String
    var name: String
    /// Names in `dependencies:`, with `.product(name:)` reduced to the product.
    var dependencies: [String]
    /// The last non-blank line before the declaration, trimmed.
    var lineAbove: String
  }

  let targets: [Target]

  private static let kinds = [".target(", ".executableTarget(", ".testTarget(", ".systemLibrary("]

  /// - Parameter lines: the manifest; declarations start a line, as swift-format writes them.
  init(lines: [Substring]) {
    let start = lines.firstIndex { $0.trimmed == "targets: [" } ?? lines.startIndex
    let heads = lines.indices.dropFirst(start).filter { index in
      Manifest.kinds.contains { lines[index].trimmed.hasPrefix($0) }
    }
    targets = heads.enumerated().compactMap { number, head in
      let end = number + 1 < heads.count ? heads[number + 1] : lines.endIndex
      let text = lines[head..<end].map(\.code).joined(separator: " ")
      guard let name = Manifest.quoted(after: "name: ", in: text).first else { return nil }
      let above = lines[..<head].last { !$0.trimmed.isEmpty } ?? ""
      let kind = lines[head].trimmed.prefix { $0 != "(" }
      return Target(
        kind: String(kind), name: name, dependencies: Manifest.dependencies(in: text),
        lineAbove: above.trimmed)
    }
  }

  /// The strings of the `dependencies: [ … ]` list, brackets balanced.
  private static func dependencies(in text: String) -> [String] {
    guard let label = text.range(of: "dependencies: [") else { return [] }
    var depth = 1
    var list = ""
    for character in text[label.upperBound...] {
      depth += character == "[" ? 1 : character == "]" ? -1 : 0
      if depth == 0 { break }
      list.append(character)
    }
    return list.replacing("(name: ", with: "(").split(separator: ",").compactMap { item in
      let isOption = item.contains("package:") || item.contains("condition:")
      return isOption ? nil : quoted(after: "", in: String(item)).first
    }
  }

  private static func quoted(after label: String, in text: String) -> [String] {
    guard let start = text.range(of: label + "\"") else { return [] }
    return [String(text[start.upperBound...].prefix { $0 != "\"" })]
  }
}
