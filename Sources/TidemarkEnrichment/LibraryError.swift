public import TidemarkDatabase

/// Why the library did not do something. Each prints as one line, without values of statements.
public enum LibraryError: DatabaseFailure, Sendable, Equatable, CustomStringConvertible {
  /// There is no such file.
  case notThere(path: String)
  /// The file cannot be used as it is.
  case unusable(path: String, reason: String)
  /// A database, but of another program.
  case notLibrary(path: String)
  /// Written by a later version of this program.
  case newer(path: String, found: Int, known: Int)
  /// No result has this id, or it is gone.
  case unknownResult
  /// SQLite refused.
  case failed(path: String, reason: String)

  /// One line for people.
  public var description: String {
    switch self {
    case .notThere(let path): "\(path): there is no library"
    case .unusable(let path, let reason), .failed(let path, let reason): "\(path): \(reason)"
    case .notLibrary(let path): "\(path): a database, but no library of Tidemark"
    case .newer(let path, let found, let known):
      "\(path): has version \(found), and this program knows versions up to \(known);"
        + " use a later program"
    case .unknownResult: "there is no such result, or it is gone"
    }
  }
}
