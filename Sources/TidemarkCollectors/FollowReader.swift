import Glibc
import TidemarkCompression

/// Any part of an open file's unpacked octets.
///
/// What is compressed can only be unpacked from its start on; going back starts again.
final class FollowReader {
  let descriptor: Int32
  /// Told by the first octets.
  let isCompressed: Bool

  private let path: String
  private let compression: Compression
  private var decompressor: (any Decompressor)?
  private var unpacked: UInt64 = 0
  private var packed: Int64 = 0
  private var input: [UInt8] = []
  private var inputAt = 0
  private var isInputLast = false
  /// Everything was unpacked, and the compressed data ended as it should.
  private(set) var hasEnded = false
  private var scratch: [UInt8] = []

  /// Opens a file.
  init(path: String) throws(SourceError) {
    // Pipes and devices would block; what is no regular file was sorted out before.
    descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else {
      switch errno {
      case ENOENT, ENOTDIR: throw .notFound(path: path)
      case EACCES, EPERM: throw .notReadable(path: path)
      default: throw .io(path: path, code: errno)
      }
    }
    self.path = path
    var magic: [UInt8] = []
    if case .failure(let error) = FollowReader.append(
      descriptor, path, at: 0, count: Compression.magicOctets, to: &magic)
    {
      close(descriptor)
      throw error
    }
    compression = Compression(magic: magic.span)
    isCompressed = compression != .none
  }

  deinit { close(descriptor) }

  /// Appends unpacked octets.
  ///
  /// - Returns: how many; fewer than asked for only at the end of what there is.
  /// - Throws: ``SourceError/corrupt(path:offset:reason:)``, behind what could be unpacked.
  func read(at offset: UInt64, count: Int, into octets: inout [UInt8]) throws(SourceError) -> Int {
    guard isCompressed else {
      return try FollowReader.append(
        descriptor, path, at: Int64(clamping: offset), count: count, to: &octets
      ).get()
    }
    if offset < unpacked || decompressor == nil { restart() }
    while unpacked < offset {
      scratch.removeAll(keepingCapacity: true)
      let step = Int(min(offset - unpacked, UInt64(DecompressionLimits.pieceOctets)))
      guard try unpack(step, into: &scratch) > 0 else { return 0 }
    }
    return try unpack(count, into: &octets)
  }

  /// The last octets before the end of the file or before `limit`, and where that is.
  func tail(upTo limit: UInt64) throws(SourceError) -> (end: UInt64, octets: [UInt8]) {
    let most = UInt64(FollowPosition.tailOctetsMax)
    var octets: [UInt8] = []
    guard isCompressed else {
      let end = min(FileStatus(descriptor: descriptor)?.size ?? 0, limit)
      let start = end - min(end, most)
      let got = try read(at: start, count: Int(end - start), into: &octets)
      return (start + UInt64(got), octets)
    }
    restart()
    while unpacked < limit {
      let step = Int(min(limit - unpacked, UInt64(DecompressionLimits.pieceOctets)))
      guard try unpack(step, into: &octets) > 0 else { break }
      octets.removeFirst(max(0, octets.count - Int(most)))
    }
    return (unpacked, octets)
  }

  private func restart() {
    decompressor = compression.makeDecompressor()
    (unpacked, packed) = (0, 0)
    (isInputLast, hasEnded) = (false, false)
    input.removeAll(keepingCapacity: true)
    inputAt = 0
  }

  private func unpack(_ count: Int, into octets: inout [UInt8]) throws(SourceError) -> Int {
    guard let decompressor else { return 0 }
    let start = octets.count
    octets.append(contentsOf: repeatElement(0, count: count))
    var filled = 0
    defer {
      octets.removeLast(count - filled)
      unpacked += UInt64(filled)
    }
    while filled < count, !hasEnded {
      if inputAt == input.count, !isInputLast { try fill() }
      let (from, to) = (inputAt, start + filled)
      let result = unsafe input.withUnsafeBytes { bytes in
        unsafe octets.withUnsafeMutableBytes { room in
          unsafe decompressor.unpack(
            UnsafeRawBufferPointer(rebasing: bytes[from...]), isLast: isInputLast,
            into: UnsafeMutableRawBufferPointer(rebasing: room[to...]))
        }
      }
      inputAt += result.consumed
      filled += result.produced
      switch result.state {
      case .going:
        if result.consumed == 0, result.produced == 0, !isInputLast { try fill() }
      case .ended: hasEnded = true
      case .failed(let reason):
        guard filled == 0 else { return filled }  // the same again next time
        throw .corrupt(path: path, offset: UInt64(packed), reason: reason)
      }
    }
    return filled
  }

  /// Adds packed octets behind those not yet used.
  private func fill() throws(SourceError) {
    input.removeFirst(inputAt)
    inputAt = 0
    let got = try FollowReader.append(
      descriptor, path, at: packed, count: DecompressionLimits.inputChunkOctets, to: &input
    ).get()
    packed += Int64(got)
    isInputLast = got < DecompressionLimits.inputChunkOctets
  }

  private static func append(
    _ descriptor: Int32, _ path: String, at offset: Int64, count: Int, to octets: inout [UInt8]
  ) -> Result<Int, SourceError> {
    let start = octets.count
    octets.append(contentsOf: repeatElement(0, count: count))
    var filled = 0
    defer { octets.removeLast(count - filled) }
    while filled < count {
      let (to, left) = (start + filled, count - filled)
      let got = unsafe octets.withUnsafeMutableBytes { room in
        unsafe pread(
          descriptor, room.baseAddress.map { unsafe $0 + to }, left, Int(offset) + filled)
      }
      if got == 0 { break }
      if got < 0 {
        guard errno == EINTR else { return .failure(.io(path: path, code: errno)) }
        continue
      }
      filled += got
    }
    return .success(filled)
  }
}
