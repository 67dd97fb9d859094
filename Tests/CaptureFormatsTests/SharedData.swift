import Foundation

/// Test data outside the repository: the folder `shared` beside the checkout, or where the
/// environment variable `TIDEMARK_SHARED` says. Tests that need it say so and are skipped without.
enum SharedData {
  static let root: URL = {
    if let path = ProcessInfo.processInfo.environment["TIDEMARK_SHARED"] {
      return URL(fileURLWithPath: path)
    }
    let package = URL(fileURLWithPath: #filePath)
      .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    return package.deletingLastPathComponent().appendingPathComponent("shared")
  }()

  static let fixtures = captures(in: "data/fixtures/pcap")
  static let openCaptures = captures(in: "data/open/pcap")
  static let openStreams = captures(in: "data/open/dnstap", extensions: ["fstrm"])

  /// The capture files of a folder in the order of their names; none when there is no such folder.
  private static func captures(
    in folder: String, extensions: Set<String> = ["pcap", "pcapng", "cap"]
  ) -> [URL] {
    let path = root.appendingPathComponent(folder)
    let files = try? FileManager.default.contentsOfDirectory(
      at: path, includingPropertiesForKeys: nil)
    let captures = (files ?? []).filter { extensions.contains($0.pathExtension) }
    if captures.isEmpty { print("SKIPPED: no captures in \(path.path)") }
    return captures.sorted { $0.lastPathComponent < $1.lastPathComponent }
  }
}

extension URL {
  func octets() throws -> [UInt8] { [UInt8](try Data(contentsOf: self)) }
}
