import Foundation

/// The checkout that these tests belong to, read as text.
enum Repository {
  /// A text file of the repository, split into lines once.
  struct File {
    /// Path relative to the root, with `/`.
    let path: String
    let lines: [Substring]

    /// "path:line", as editors and CI understand it; `index` counts from zero.
    func place(_ index: Int) -> String { "\(path):\(index + 1)" }
  }

  /// The folder that holds `Package.swift`.
  static let root = URL(filePath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

  /// Folders that hold products or private data, never source.
  private static let skipped: Set<String> = [
    "findings",
    ".build", ".git", ".venv", ".swiftpm", "data", "__pycache__", "corpus", "xcuserdata",
  ]

  /// All text files, sorted by path. Binary files (not UTF-8) are left out.
  static let files: [File] = {
    paths(below: root).compactMap { url in
      let path = String(url.path().dropFirst(root.path().count))
      guard let data = try? Data(contentsOf: url), !data.contains(0),
        let text = String(data: data, encoding: .utf8)
      else { return nil }
      return File(path: path, lines: text.split(separator: "\n", omittingEmptySubsequences: false))
    }.sorted { $0.path < $1.path }
  }()

  /// Swift files below one of the given top folders.
  static func swift(in folders: String...) -> [File] {
    files.filter { file in
      file.path.hasSuffix(".swift") && folders.contains { file.path.hasPrefix($0 + "/") }
    }
  }

  /// Whether a path relative to the root names a file or folder.
  static func exists(_ path: String) -> Bool {
    FileManager.default.fileExists(atPath: root.appending(path: path).path())
  }

  /// The names directly inside a folder, sorted; empty when there is no such folder.
  static func names(in folder: String) -> [String] {
    let path = root.appending(path: folder).path()
    return ((try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []).sorted()
  }

  private static func paths(below folder: URL) -> [URL] {
    let keys: [URLResourceKey] = [.isDirectoryKey, .isSymbolicLinkKey]
    let children =
      (try? FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: keys))
      ?? []
    return children.flatMap { child -> [URL] in
      let name = child.lastPathComponent
      if skipped.contains(name) || name.hasPrefix(".build") || name.hasSuffix(".store") {
        return []
      }
      let values = try? child.resourceValues(forKeys: Set(keys))
      if values?.isSymbolicLink == true { return [] }
      return values?.isDirectory == true ? paths(below: child) : [child]
    }
  }
}

extension StringProtocol {
  /// How many spaces the line starts with.
  var indentation: Int { prefix { $0 == " " }.count }

  /// The line without leading and trailing spaces.
  var trimmed: String { trimmingCharacters(in: .whitespaces) }

  /// The line up to a `//` comment. Addresses with `//` are cut as well, which loses no code here.
  var code: String {
    range(of: "//").map { String(self[..<$0.lowerBound]) } ?? String(self)
  }
}
