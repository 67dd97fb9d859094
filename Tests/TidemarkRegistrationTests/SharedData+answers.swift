import Foundation
import TidemarkTesting

/// Recorded answers.
extension SharedData {
  static let rdap = url("open/rdap")
  static let whois = url("open/whois")

  /// Whether the recorded answers are there.
  static let isThere = has("open/whois")

  static func octets(_ url: URL) throws -> [UInt8] { [UInt8](try Data(contentsOf: url)) }

  static func rdap(_ name: String) throws -> [UInt8] {
    try octets("open/rdap/\(name)")
  }

  /// All files below a folder, sorted by path.
  static func files(below folder: URL) -> [URL] {
    let enumerator = FileManager.default.enumerator(
      at: folder, includingPropertiesForKeys: [.isRegularFileKey])
    let urls = (enumerator?.allObjects ?? []).compactMap { $0 as? URL }.filter { url in
      (try? url.resourceValues(forKeys: [.isRegularFileKey]).isRegularFile) == true
    }
    return urls.sorted { $0.path < $1.path }
  }
}
