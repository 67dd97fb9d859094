public import Foundation

/// A folder for the time of a test.
public final class TemporaryFolder: Sendable {
  /// Its path.
  public let path: String

  /// Makes an empty folder.
  public init() throws {
    path =
      FileManager.default.temporaryDirectory
      .appendingPathComponent("tidemark-test-\(UUID().uuidString)").path
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  /// The path of a file in it.
  public func file(_ name: String) -> String { "\(path)/\(name)" }

  /// Every octet of every file in it.
  public func contents() throws -> [(name: String, octets: Data)] {
    try FileManager.default.contentsOfDirectory(atPath: path).sorted().map { name in
      (name, try Data(contentsOf: URL(fileURLWithPath: file(name))))
    }
  }

  /// The permissions of a file; -1 when it has none.
  public func mode(_ name: String) throws -> Int {
    let attributes = try FileManager.default.attributesOfItem(atPath: file(name))
    return (attributes[.posixPermissions] as? NSNumber)?.intValue ?? -1
  }
}
