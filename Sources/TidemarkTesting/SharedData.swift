public import Foundation

/// Test data outside the repository: `data` in the folder `shared` beside the checkout, or in the
/// one that the environment variable `TIDEMARK_SHARED` names. Tests that need it say so and are
/// skipped without.
public enum SharedData {
  private static let folder: URL = {
    if let path = ProcessInfo.processInfo.environment["TIDEMARK_SHARED"] {
      return URL(fileURLWithPath: path).appendingPathComponent("data")
    }
    let package = URL(fileURLWithPath: #filePath)
      .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    return package.deletingLastPathComponent().appendingPathComponent("shared/data")
  }()

  /// A file or folder by its path below `data`.
  public static func url(_ path: String) -> URL { folder.appendingPathComponent(path) }

  /// Whether a file or folder is there; says so when tests are skipped for it.
  public static func has(_ path: String) -> Bool {
    let isThere = FileManager.default.fileExists(atPath: url(path).path)
    if !isThere { print("SKIPPED: no \(url(path).path)") }
    return isThere
  }

  /// The octets of a file.
  public static func octets(_ path: String) throws -> [UInt8] {
    [UInt8](try Data(contentsOf: url(path)))
  }
}
