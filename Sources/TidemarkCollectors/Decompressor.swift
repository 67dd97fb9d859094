/// One way to unpack a stream of octets. Used by one thread.
protocol Decompressor: AnyObject {
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
struct UnpackResult {
  enum State: Equatable {
    /// Call again, with more input or more room.
    case going
    /// Nothing follows.
    case ended
    /// Nothing more can be unpacked; what was produced is good.
    case failed(SourceError.Corruption)
  }

  var consumed: Int
  var produced: Int
  var state: State
}

/// The compression of a source, told by its first octets.
enum Compression: Equatable {
  case none, gzip, zstd, xz

  /// Octets that decide.
  static let magicOctets = 6

  init(magic: Span<UInt8>) {
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

  func makeDecompressor() -> (any Decompressor)? {
    switch self {
    case .none: nil
    case .gzip: GzipDecompressor()
    case .zstd: ZstdDecompressor()
    case .xz: XzDecompressor()
    }
  }
}
