/// What is wrong with a configuration, and where.
public struct ConfigurationError: Error, Equatable, Sendable, CustomStringConvertible {
  /// The line in the file, from 1; 0 when it is about the whole file.
  public let line: Int
  /// The path of the value, for example `sources[2].listen`; empty for the whole file.
  public let path: String
  /// What is wrong with it, and what would be right.
  public let reason: String

  /// Makes an error.
  public init(line: Int, path: String, reason: String) {
    self.line = line
    self.path = path
    self.reason = reason
  }

  /// One line for people.
  public var description: String {
    let place = line > 0 ? "line \(line): " : ""
    return path.isEmpty ? place + reason : "\(place)\(path): \(reason)"
  }
}
