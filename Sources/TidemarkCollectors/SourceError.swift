public import TidemarkCompression

/// Why a source cannot be read, or not any further.
public enum SourceError: Error, Equatable, Sendable, CustomStringConvertible {
  /// No file of that name.
  case notFound(path: String)
  /// The file is there and may not be read.
  case notReadable(path: String)
  /// The name is a folder's.
  case isDirectory(path: String)
  /// The name is that of a pipe, a socket or a device, at which reading could wait for ever.
  case notAFile(path: String)
  /// The compressed data is damaged or ends early. Everything before was delivered.
  ///
  /// `offset` counts compressed octets from the start of the file; the damage lies before it.
  case corrupt(path: String, offset: UInt64, reason: Corruption)
  /// The system refused; `code` is the `errno` of the call.
  case io(path: String, code: Int32)

  /// What is wrong with compressed data.
  public typealias Corruption = CompressionDamage

  /// One sentence for people.
  public var description: String {
    switch self {
    case .notFound(let path): "\(path): no such file"
    case .notReadable(let path): "\(path): may not be read"
    case .isDirectory(let path): "\(path): is a folder"
    case .notAFile(let path): "\(path): is no regular file"
    case .corrupt(let path, let offset, let reason):
      "\(path): \(reason.rawValue) (before octet \(offset))"
    case .io(let path, let code): "\(path): input/output error \(code)"
    }
  }
}
