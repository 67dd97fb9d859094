import Foundation
import TidemarkTesting

/// Captures and streams.
extension SharedData {
  static let fixtures = captures(in: "fixtures/pcap")
  static let openCaptures = captures(in: "open/pcap")
  static let openStreams = captures(in: "open/dnstap", extensions: ["fstrm"])

  /// The capture files of a folder in the order of their names; none when there is no such folder.
  private static func captures(
    in folder: String, extensions: Set<String> = ["pcap", "pcapng", "cap"]
  ) -> [URL] {
    let path = url(folder)
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
