import CZstd

/// Zstandard (RFC 8878): frames one after another, skippable frames among them.
@safe public final class ZstdDecompressor: Decompressor {
  private let context: OpaquePointer?
  /// True when the last call ended a frame and nothing of another was seen.
  private var isBetweenFrames = false

  /// Makes one at the start of a stream.
  ///
  /// - Parameter windowLog: the largest window, as a power of two; frames with a larger one are
  ///   refused with ``CompressionDamage/needsTooMuchMemory``.
  public init(windowLog: Int32 = DecompressionLimits.zstdWindowLog) {
    unsafe context = ZSTD_createDCtx()
    unsafe ZSTD_DCtx_setParameter(
      context, ZSTD_d_windowLogMax, windowLog)
  }

  deinit {
    unsafe ZSTD_freeDCtx(context)
  }

  /// Unpacks some octets; see ``Decompressor``.
  public func unpack(
    _ input: UnsafeRawBufferPointer, isLast: Bool, into output: UnsafeMutableRawBufferPointer
  ) -> UnpackResult {
    guard let context = unsafe context else {
      return UnpackResult(consumed: 0, produced: 0, state: .failed(.needsTooMuchMemory))
    }
    if unsafe input.isEmpty, isBetweenFrames {
      return UnpackResult(consumed: 0, produced: 0, state: .ended)
    }
    var source = unsafe ZSTD_inBuffer(src: input.baseAddress, size: input.count, pos: 0)
    var target = unsafe ZSTD_outBuffer(dst: output.baseAddress, size: output.count, pos: 0)
    let code = unsafe ZSTD_decompressStream(context, &target, &source)
    let (consumed, produced) = unsafe (source.pos, target.pos)
    var state = UnpackResult.State.going
    if ZSTD_isError(code) != 0 {
      state = .failed(corruption(code))
    } else {
      isBetweenFrames = code == 0
      let isFed = consumed == input.count && isLast
      if isFed, isBetweenFrames { state = .ended }
      if isFed, !isBetweenFrames, produced < output.count { state = .failed(.truncated) }
    }
    return UnpackResult(consumed: consumed, produced: produced, state: state)
  }

  /// Codes of `zstd_errors.h`, which are frozen below 100; a result holds them negated.
  private func corruption(_ code: Int) -> CompressionDamage {
    switch -code {
    case 16, 64: .needsTooMuchMemory
    case 12, 14, 32, 40: .unsupported
    default: .damaged
    }
  }
}
