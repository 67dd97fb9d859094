/// Why a source cannot be read, or not any further.
public enum SourceError: Error, Equatable, Sendable, CustomStringConvertible {
  /// No file of that name.
  case notFound(path: String)
  /// The file is there and may not be read.
  case notReadable(path: String)
  /// The name is a folder's.
  case isDirectory(path: String)
  /// The compressed data is damaged or ends early. Everything before was delivered.
  ///
  /// `offset` counts compressed octets from the start of the file; the damage lies before it.
  case corrupt(path: String, offset: UInt64, reason: Corruption)
  /// The system refused; `code` is the `errno` of the call.
  case io(path: String, code: Int32)

  /// What is wrong with compressed data.
  public enum Corruption: String, Sendable {
    /// It ends inside a member, frame or stream.
    case truncated = "the compressed data ends early"
    /// A checksum or a structure is wrong.
    case damaged = "the compressed data is damaged"
    /// It asks for more memory than ``DecompressionLimits`` allow.
    case needsTooMuchMemory = "the compressed data needs more memory than is allowed"
    /// A variant of the format that this program does not read.
    case unsupported = "the compressed data is of an unsupported kind"
  }

  /// One sentence for people.
  public var description: String {
    switch self {
    case .notFound(let path): "\(path): no such file"
    case .notReadable(let path): "\(path): may not be read"
    case .isDirectory(let path): "\(path): is a folder"
    case .corrupt(let path, let offset, let reason):
      "\(path): \(reason.rawValue) (before octet \(offset))"
    case .io(let path, let code): "\(path): input/output error \(code)"
    }
  }
}

/// Bounds on compressed sources. The output is a stream of chunks, so that a small file that
/// unpacks to terabytes costs time and no memory.
public enum DecompressionLimits {
  /// Octets of compressed data read at a time.
  public static let inputChunkOctets = 1 << 18
  /// Largest zstd window, as a power of two: 128 MiB, what `zstd -d` accepts without options.
  public static let zstdWindowLog: Int32 = 27
  /// Memory for xz, octets: enough for `xz -9`, which needs 65 MiB.
  public static let xzMemoryOctets: UInt64 = 128 << 20
}
