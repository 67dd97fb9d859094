/// Why a database of ours did not do something. The cases of an error are these functions.
public protocol DatabaseFailure: Error {
  /// There is no such file.
  static func notThere(path: String) -> Self
  /// The file cannot be used as it is.
  static func unusable(path: String, reason: String) -> Self
  /// Written by a later version of this program.
  static func newer(path: String, found: Int, known: Int) -> Self
  /// SQLite refused.
  static func failed(path: String, reason: String) -> Self
}
