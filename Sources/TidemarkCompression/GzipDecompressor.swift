import CZlib

/// gzip (RFC 1952): members one after another. Zeros behind the last member are padding of tapes;
/// other octets that start no member are ignored, as gzip does with a warning.
@safe public final class GzipDecompressor: Decompressor {
  private var stream = unsafe z_stream()
  private var isReady: Bool
  private var isBetweenMembers = false

  /// Makes one at the start of a stream.
  public init() {
    // 16 asks for gzip headers and trailers; 15 is the only window that gzip writes.
    isReady =
      unsafe inflateInit2_(&stream, 16 + 15, zlibVersion(), Int32(MemoryLayout<z_stream>.size))
      == Z_OK
  }

  deinit {
    if isReady { unsafe inflateEnd(&stream) }
  }

  /// Unpacks some octets; see ``Decompressor``.
  public func unpack(
    _ input: UnsafeRawBufferPointer, isLast: Bool, into output: UnsafeMutableRawBufferPointer
  ) -> UnpackResult {
    guard isReady else {
      return UnpackResult(consumed: 0, produced: 0, state: .failed(.needsTooMuchMemory))
    }
    if isBetweenMembers { return unsafe startMember(input, isLast: isLast) }
    unsafe stream.next_in = UnsafeMutablePointer(
      mutating: input.baseAddress?.assumingMemoryBound(to: UInt8.self))
    unsafe stream.avail_in = UInt32(input.count)
    unsafe stream.next_out = output.baseAddress?.assumingMemoryBound(to: UInt8.self)
    unsafe stream.avail_out = UInt32(output.count)
    let code = unsafe inflate(&stream, Z_NO_FLUSH)
    let consumed = unsafe input.count - Int(stream.avail_in)
    let produced = unsafe output.count - Int(stream.avail_out)
    var state = UnpackResult.State.going
    switch code {
    case Z_STREAM_END:
      isBetweenMembers = true
    case Z_OK, Z_BUF_ERROR:
      if isLast, consumed == input.count, produced < output.count { state = .failed(.truncated) }
    case Z_MEM_ERROR: state = .failed(.needsTooMuchMemory)
    default: state = .failed(.damaged)
    }
    return UnpackResult(consumed: consumed, produced: produced, state: state)
  }

  private func startMember(_ input: UnsafeRawBufferPointer, isLast: Bool) -> UnpackResult {
    guard let first = unsafe input.first, first == 0x1F else {
      return UnpackResult(consumed: 0, produced: 0, state: .ended)
    }
    // One octet of a magic number at the very end is garbage; otherwise inflate looks at it.
    guard input.count >= 2 else {
      return UnpackResult(consumed: 0, produced: 0, state: isLast ? .ended : .going)
    }
    guard unsafe input[1] == 0x8B else {
      return UnpackResult(consumed: 0, produced: 0, state: .ended)
    }
    isBetweenMembers = false
    isReady = unsafe inflateReset(&stream) == Z_OK
    return UnpackResult(consumed: 0, produced: 0, state: .going)
  }
}
