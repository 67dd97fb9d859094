import CLZMA

/// xz: streams one after another, with padding between them.
@safe public final class XzDecompressor: Decompressor {
  private var stream = unsafe lzma_stream()
  private let isReady: Bool

  /// Makes one at the start of a stream.
  public init() {
    // LZMA_CONCATENATED, a macro that Swift does not see.
    let flags: UInt32 = 0x08
    isReady =
      unsafe lzma_stream_decoder(&stream, DecompressionLimits.xzMemoryOctets, flags) == LZMA_OK
  }

  deinit {
    unsafe lzma_end(&stream)
  }

  /// Unpacks some octets; see ``Decompressor``.
  public func unpack(
    _ input: UnsafeRawBufferPointer, isLast: Bool, into output: UnsafeMutableRawBufferPointer
  ) -> UnpackResult {
    guard isReady else {
      return UnpackResult(consumed: 0, produced: 0, state: .failed(.needsTooMuchMemory))
    }
    unsafe stream.next_in = input.baseAddress?.assumingMemoryBound(to: UInt8.self)
    unsafe stream.avail_in = input.count
    unsafe stream.next_out = output.baseAddress?.assumingMemoryBound(to: UInt8.self)
    unsafe stream.avail_out = output.count
    let code = unsafe lzma_code(&stream, isLast ? LZMA_FINISH : LZMA_RUN)
    let consumed = unsafe input.count - stream.avail_in
    let produced = unsafe output.count - stream.avail_out
    let state: UnpackResult.State =
      switch code {
      case LZMA_OK: .going
      case LZMA_STREAM_END: .ended
      case LZMA_BUF_ERROR: isLast && produced < output.count ? .failed(.truncated) : .going
      case LZMA_MEMLIMIT_ERROR, LZMA_MEM_ERROR: .failed(.needsTooMuchMemory)
      case LZMA_OPTIONS_ERROR: .failed(.unsupported)
      default: .failed(.damaged)
      }
    return UnpackResult(consumed: consumed, produced: produced, state: state)
  }
}
