/// Multi-octet loads. Every load checks its bounds and stops the process when they are wrong, so
/// callers compare lengths first; `FrameWalk` and `CaptureFileParser` do.
extension RawSpan {
  /// The octet at `offset`.
  @inline(__always)
  func octet(_ offset: Int) -> UInt8 {
    unsafe unsafeLoad(fromByteOffset: offset, as: UInt8.self)
  }

  /// A fixed-width integer in the processor's byte order, at any alignment.
  ///
  /// Sound for integers because every bit pattern is a value.
  @inline(__always)
  func native<Value: FixedWidthInteger & BitwiseCopyable>(
    _ offset: Int, as type: Value.Type
  ) -> Value {
    unsafe unsafeLoadUnaligned(fromByteOffset: offset, as: Value.self)
  }

  /// A big-endian integer.
  @inline(__always)
  func big<Value: FixedWidthInteger & BitwiseCopyable>(_ offset: Int, as type: Value.Type) -> Value
  {
    Value(bigEndian: native(offset, as: Value.self))
  }

  /// A little-endian integer.
  @inline(__always)
  func little<Value: FixedWidthInteger & BitwiseCopyable>(
    _ offset: Int, as type: Value.Type
  ) -> Value {
    Value(littleEndian: native(offset, as: Value.self))
  }

  /// Copies the octets of `range` to the end of `out`.
  func append(_ range: Range<Int>, to out: inout [UInt8]) {
    guard !range.isEmpty else { return }
    unsafe extracting(range).withUnsafeBytes { octets in
      unsafe out.append(contentsOf: octets)
    }
  }
}
