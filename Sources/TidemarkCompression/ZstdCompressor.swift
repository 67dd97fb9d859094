import CZstd

/// Packs octets into Zstandard frames (RFC 8878) with checksums. Used by one thread.
///
///     let compressor = try ZstdCompressor()
///     try compressor.append(body.span, to: &packed)   // one frame
@safe public final class ZstdCompressor {
  /// There is no memory for it.
  public struct OutOfMemory: Error, Sendable {}

  /// Level 3, zstd's own choice: rows of text shrink to about an eighth at some 200 MB/s.
  public static let levelStandard: Int32 = 3

  private let context: OpaquePointer

  /// Makes a compressor; its memory is reused from frame to frame.
  ///
  /// - Parameter level: 1 to 19; more packs tighter and slower.
  public init(level: Int32 = ZstdCompressor.levelStandard) throws(OutOfMemory) {
    guard let context = unsafe ZSTD_createCCtx() else { throw OutOfMemory() }
    unsafe self.context = context
    unsafe ZSTD_CCtx_setParameter(context, ZSTD_c_compressionLevel, level)
    unsafe ZSTD_CCtx_setParameter(context, ZSTD_c_checksumFlag, 1)
  }

  deinit {
    unsafe ZSTD_freeCCtx(context)
  }

  /// Appends one frame that holds `input`.
  ///
  /// - Throws: ``OutOfMemory``; `out` is unchanged then.
  public func append(_ input: Span<UInt8>, to out: inout [UInt8]) throws(OutOfMemory) {
    let start = out.count
    let bound = ZSTD_compressBound(input.count)
    out.append(contentsOf: repeatElement(0, count: bound))
    let written = unsafe out.withUnsafeMutableBytes { room in
      unsafe input.withUnsafeBytes { octets in
        unsafe ZSTD_compress2(
          context, room.baseAddress.map { unsafe $0 + start }, bound, octets.baseAddress,
          octets.count)
      }
    }
    guard ZSTD_isError(written) == 0 else {
      out.removeLast(bound)
      throw OutOfMemory()
    }
    out.removeLast(bound - written)
  }
}
