/// One way to unpack a stream of octets. Used by one thread.
public protocol Decompressor: AnyObject {
  /// Unpacks some octets.
  ///
  /// - Parameters:
  ///   - input: compressed octets not yet used; empty only at the end of the source.
  ///   - isLast: true when nothing follows `input`.
  ///   - output: room for unpacked octets.
  func unpack(
    _ input: UnsafeRawBufferPointer, isLast: Bool, into output: UnsafeMutableRawBufferPointer
  ) -> UnpackResult
}

/// What one call of a ``Decompressor`` did.
public struct UnpackResult {
  /// How it goes on.
  public enum State: Equatable, Sendable {
    /// Call again, with more input or more room.
    case going
    /// Nothing follows.
    case ended
    /// Nothing more can be unpacked; what was produced is good.
    case failed(CompressionDamage)
  }

  /// Octets of the input that were used.
  public var consumed: Int
  /// Octets of the room that were filled.
  public var produced: Int
  /// How it goes on.
  public var state: State

  /// Makes a result.
  public init(consumed: Int, produced: Int, state: State) {
    self.consumed = consumed
    self.produced = produced
    self.state = state
  }
}

/// A kind of compression.
public enum Compression: Equatable, Sendable {
  /// None.
  case none
  /// gzip (RFC 1952).
  case gzip
  /// Zstandard (RFC 8878).
  case zstd
  /// xz.
  case xz

  /// Octets that decide about ``init(magic:)``.
  public static let magicOctets = 6

  /// Tells the compression of a source by its first octets.
  public init(magic: Span<UInt8>) {
    func starts(_ octets: [UInt8]) -> Bool {
      guard magic.count >= octets.count else { return false }
      for index in octets.indices where magic[index] != octets[index] { return false }
      return true
    }
    if starts([0x1F, 0x8B, 0x08]) {
      self = .gzip
    } else if starts([0x28, 0xB5, 0x2F, 0xFD]) || Compression.startsSkippableFrame(magic) {
      self = .zstd
    } else if starts([0xFD, 0x37, 0x7A, 0x58, 0x5A, 0x00]) {
      self = .xz
    } else {
      self = .none
    }
  }

  /// Frames 184D2A50 to 184D2A5F, which pzstd and seekable zstd files begin with (RFC 8878
  /// section 3.1.2).
  private static func startsSkippableFrame(_ magic: Span<UInt8>) -> Bool {
    magic.count >= 4 && magic[0] & 0xF0 == 0x50 && magic[1] == 0x2A && magic[2] == 0x4D
      && magic[3] == 0x18
  }

  /// A new decompressor; nil for ``none``.
  ///
  /// - Parameter zstdWindowLog: the largest zstd window, as a power of two.
  public func makeDecompressor(
    zstdWindowLog: Int32 = DecompressionLimits.zstdWindowLog
  ) -> (any Decompressor)? {
    switch self {
    case .none: nil
    case .gzip: GzipDecompressor()
    case .zstd: ZstdDecompressor(windowLog: zstdWindowLog)
    case .xz: XzDecompressor()
    }
  }
}

/// What is wrong with compressed data.
public enum CompressionDamage: String, Error, Sendable {
  /// It ends inside a member, frame or stream.
  case truncated = "the compressed data ends early"
  /// A checksum or a structure is wrong.
  case damaged = "the compressed data is damaged"
  /// It asks for more memory than ``DecompressionLimits`` allow.
  case needsTooMuchMemory = "the compressed data needs more memory than is allowed"
  /// A variant of the format that this program does not read.
  case unsupported = "the compressed data is of an unsupported kind"
}

/// Bounds on compressed data. The output is a stream of pieces, so that a small file that unpacks
/// to terabytes costs time and no memory.
public enum DecompressionLimits {
  /// Octets of compressed data read at a time.
  public static let inputChunkOctets = 1 << 18
  /// Octets of a piece that ``Unpacker`` gives at a time.
  public static let pieceOctets = 1 << 18
  /// Largest zstd window, as a power of two: 128 MiB, what `zstd -d` accepts without options.
  public static let zstdWindowLog: Int32 = 27
  /// Largest zstd window of HTTP bodies, as a power of two: 8 MiB (RFC 9659 section 3).
  public static let zstdWindowLogOfBodies: Int32 = 23
  /// Memory for xz, octets: enough for `xz -9`, which needs 65 MiB.
  public static let xzMemoryOctets: UInt64 = 128 << 20
}
