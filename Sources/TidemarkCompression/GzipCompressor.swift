import CZlib

/// Packs octets into one gzip member (RFC 1952), piece by piece. Used by one thread at a time.
@safe public final class GzipCompressor: @unchecked Sendable {
  /// There is no memory for it.
  public struct OutOfMemory: Error, Sendable {}

  /// Level 1: rows of text shrink to about a tenth at some 200 MB/s; higher levels gain little.
  public static let levelStandard: Int32 = 1

  private var stream = unsafe z_stream()

  /// Makes a compressor at the start of a member.
  ///
  /// - Parameter level: 1 to 9; more packs tighter and slower.
  public init(level: Int32 = GzipCompressor.levelStandard) throws(OutOfMemory) {
    // 16 asks for gzip headers and trailers; 15 is the largest window; 8 is zlib's own choice.
    let code = unsafe deflateInit2_(
      &stream, level, Z_DEFLATED, 16 + 15, 8, Z_DEFAULT_STRATEGY, zlibVersion(),
      Int32(MemoryLayout<z_stream>.size))
    guard code == Z_OK else { throw OutOfMemory() }
  }

  deinit {
    unsafe deflateEnd(&stream)
  }

  /// Appends the packed form of a piece.
  ///
  /// - Parameters:
  ///   - input: at most 2^32-1 octets.
  ///   - isLast: true ends the member; nothing may be appended then. Otherwise everything up to
  ///     here can be unpacked by whoever has received it.
  public func append(_ input: Span<UInt8>, isLast: Bool, to out: inout [UInt8]) {
    precondition(input.count <= Int(UInt32.max), "a piece larger than zlib counts")
    unsafe input.withUnsafeBufferPointer { octets in
      unsafe stream.next_in = UnsafeMutablePointer(mutating: octets.baseAddress)
      unsafe stream.avail_in = UInt32(octets.count)
      var isFull = true
      while isFull {
        let start = out.count
        let room = unsafe Int(deflateBound(&stream, UInt(stream.avail_in))) + 64
        out.append(contentsOf: repeatElement(0, count: room))
        unsafe out.withUnsafeMutableBufferPointer { bytes in
          unsafe stream.next_out = bytes.baseAddress.map { unsafe $0 + start }
          unsafe stream.avail_out = UInt32(clamping: room)
          _ = unsafe deflate(&stream, isLast ? Z_FINISH : Z_SYNC_FLUSH)
        }
        let left = unsafe Int(stream.avail_out)
        isFull = left == 0
        out.removeLast(left)
      }
    }
  }
}
