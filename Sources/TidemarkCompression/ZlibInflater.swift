import CZlib

/// zlib data (RFC 1950) that is at hand as a whole, unpacked at once.
public enum ZlibInflater {
  /// Unpacks data.
  ///
  /// - Parameters:
  ///   - packed: one zlib stream; octets behind its end are ignored.
  ///   - octetsMax: the longest result. No more memory than that is ever used, whatever the data
  ///     would unpack to.
  /// - Returns: nil when the data is damaged, incomplete, or unpacks to more than `octetsMax`.
  public static func unpack(_ packed: RawSpan, octetsMax: Int) -> [UInt8]? {
    guard packed.byteCount <= Int(UInt32.max), octetsMax <= Int(UInt32.max) else { return nil }
    var stream = unsafe z_stream()
    guard
      unsafe inflateInit_(&stream, zlibVersion(), Int32(MemoryLayout<z_stream>.size)) == Z_OK
    else { return nil }
    defer { unsafe inflateEnd(&stream) }
    var code = Z_DATA_ERROR
    let unpacked = unsafe [UInt8](unsafeUninitializedCapacity: max(1, octetsMax)) { room, count in
      code = unsafe packed.withUnsafeBytes { octets in
        unsafe stream.next_in = UnsafeMutablePointer(
          mutating: octets.baseAddress?.assumingMemoryBound(to: UInt8.self))
        unsafe stream.avail_in = UInt32(octets.count)
        unsafe stream.next_out = room.baseAddress
        // A room of no octets would not let the end of the stream be read.
        unsafe stream.avail_out = UInt32(max(1, octetsMax))
        return unsafe inflate(&stream, Z_FINISH)
      }
      count = unsafe max(1, octetsMax) - Int(stream.avail_out)
    }
    return code == Z_STREAM_END && unpacked.count <= octetsMax ? unpacked : nil
  }
}
