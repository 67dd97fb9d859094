import Glibc
public import TidemarkIngest

/// Opens what `$INCLUDE` names, below one folder and nowhere else.
///
/// Names are relative to the folder. Symbolic links are resolved before the check, so that none
/// leads out of it.
public struct ZoneIncludeFolder: Sendable {
  /// Why an included file is not read.
  public enum Refusal: Error, Equatable, Sendable, CustomStringConvertible {
    /// There is no such folder.
    case noFolder(path: String)
    /// There is no such file.
    case notFound(path: String)
    /// The file lies outside the folder.
    case outside(path: String, folder: String)

    /// One sentence for people.
    public var description: String {
      switch self {
      case .noFolder(let path): "\(path): no such folder"
      case .notFound(let path): "\(path): no such file"
      case .outside(let path, let folder): "\(path) is not below \(folder)"
      }
    }
  }

  private let folder: String
  private let spoolFolder: String

  /// Takes a folder.
  ///
  /// - Parameter spoolFolder: where pipes would be copied to; see ``ByteSource``.
  /// - Throws: ``Refusal/noFolder(path:)``.
  public init(path: String, spoolFolder: String) throws(Refusal) {
    guard let resolved = ZoneIncludeFolder.resolve(path) else { throw .noFolder(path: path) }
    folder = resolved == "/" ? resolved : resolved + "/"
    self.spoolFolder = spoolFolder
  }

  /// Opens a file.
  ///
  /// - Throws: ``Refusal``, ``SourceError``.
  public func open(_ name: [UInt8]) throws -> any ZoneIncludedFile {
    let text = String(decoding: name, as: UTF8.self)
    let path = text.hasPrefix("/") ? text : folder + text
    guard !name.contains(0), let resolved = ZoneIncludeFolder.resolve(path) else {
      throw Refusal.notFound(path: text)
    }
    guard resolved.hasPrefix(folder) else {
      throw Refusal.outside(path: text, folder: folder)
    }
    return IncludedFile(source: try ByteSource(path: resolved, spoolFolder: spoolFolder))
  }

  private static func resolve(_ path: String) -> String? {
    guard let resolved = unsafe realpath(path, nil) else { return nil }
    defer { unsafe free(resolved) }
    return unsafe String(cString: resolved)
  }
}

private final class IncludedFile: ZoneIncludedFile {
  private let source: ByteSource

  init(source: ByteSource) {
    self.source = source
  }

  func next(into chunk: inout [UInt8]) throws -> Bool { try source.next(into: &chunk) }
}
