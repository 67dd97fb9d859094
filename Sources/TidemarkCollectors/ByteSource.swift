import Glibc
public import TidemarkCompression
public import TidemarkModel

/// The unpacked octets of a file or of standard input, chunk by chunk.
///
/// gzip, zstd and xz are recognised by their first octets, whatever the file is called. Memory does
/// not depend on the size of the source. What cannot be read twice (standard input, pipes) is
/// first copied to a file without a name, because exact-once imports compare a source with what
/// was read before.
///
/// - Concurrency: one thread at a time.
public final class ByteSource {
  /// Octets of a chunk; the last ones of a source may be shorter.
  public static let chunkOctets = 1 << 20

  /// The path, or `-` for standard input.
  public let path: String
  /// Octets of the source as it lies in the file, before unpacking.
  public var packedSize: UInt64 { file.size }
  /// When the file was last written; nil for standard input and pipes.
  public let modified: UnixSeconds?
  /// Octets of ``packedSize`` used so far: the two tell how much is left.
  public private(set) var packedPosition: UInt64 = 0
  /// Unpacked octets delivered so far.
  public private(set) var position: UInt64 = 0
  /// True when the source is compressed.
  public var isCompressed: Bool { decompressor != nil }

  private let file: FileHandleReader
  private var decompressor: (any Decompressor)?
  /// Octets read from the file and not yet used: `input[inputStart..<inputEnd]`.
  private var input: [UInt8]
  private var inputStart = 0
  private var inputEnd = 0
  private var isFileAtEnd = false
  private var isAtEnd = false
  private var failure: SourceError?
  private let readOctetsMax: Int

  /// Opens a file.
  ///
  /// - Parameters:
  ///   - path: a file, a pipe, or `-` for standard input.
  ///   - spoolFolder: where the copy of standard input or of a pipe goes.
  ///   - readOctetsMax: octets taken from the file at a time, for tests.
  public init(
    path: String, spoolFolder: String,
    readOctetsMax: Int = DecompressionLimits.inputChunkOctets
  ) throws(SourceError) {
    self.path = path
    let opened =
      path == "-"
      ? try FileHandleReader(owning: ByteSource.standardInput(), path: path)
      : try FileHandleReader(path: path)
    modified = opened.isRegular && path != "-" ? UnixSeconds(exactly: opened.modified) : nil
    file = opened.isRegular ? opened : try opened.spooled(in: spoolFolder)
    input = [UInt8](repeating: 0, count: max(readOctetsMax, Compression.magicOctets))
    self.readOctetsMax = readOctetsMax
    // Standard input may be a regular file that stands somewhere else than at its start.
    try rewind()
  }

  /// Reads a file that is open already.
  init(file: FileHandleReader) throws(SourceError) {
    path = file.path
    self.file = file
    modified = nil
    readOctetsMax = DecompressionLimits.inputChunkOctets
    input = [UInt8](repeating: 0, count: readOctetsMax)
    try rewind()
  }

  private static func standardInput() throws(SourceError) -> Int32 {
    let copy = fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3)
    guard copy >= 0 else { throw .io(path: "-", code: errno) }
    return copy
  }

  /// Goes back to the first octet.
  public func rewind() throws(SourceError) {
    try file.rewind()
    packedPosition = 0
    position = 0
    inputStart = 0
    inputEnd = 0
    isFileAtEnd = false
    isAtEnd = false
    failure = nil
    while inputEnd < Compression.magicOctets, !isFileAtEnd { try fill() }
    let compression = Compression(magic: input.span.extracting(0..<inputEnd))
    decompressor = compression.makeDecompressor()
  }

  /// Replaces the content of `chunk` with the next octets of the source.
  ///
  /// - Parameter chunk: keeps its memory from call to call.
  /// - Returns: false at the end of the source; the chunk is empty then.
  /// - Throws: ``SourceError/corrupt(path:offset:reason:)`` after everything that could be unpacked
  ///   was delivered; ``SourceError/io(path:code:)``. The same again on every further call.
  public func next(into chunk: inout [UInt8]) throws(SourceError) -> Bool {
    chunk.removeAll(keepingCapacity: true)
    if let failure { throw failure }
    guard !isAtEnd else { return false }
    chunk.append(contentsOf: repeatElement(0, count: ByteSource.chunkOctets))
    var filled = 0
    do throws(SourceError) {
      while filled < chunk.count, !isAtEnd {
        filled += try step(&chunk, from: filled)
      }
    } catch {
      failure = error
    }
    chunk.removeLast(chunk.count - filled)
    position += UInt64(filled)
    if filled == 0, let failure { throw failure }
    return filled > 0
  }

  /// Adds some octets to the chunk and returns how many.
  private func step(_ chunk: inout [UInt8], from filled: Int) throws(SourceError) -> Int {
    if inputStart == inputEnd, !isFileAtEnd { try fill() }
    guard let decompressor else {
      let count = min(inputEnd - inputStart, chunk.count - filled)
      unsafe chunk.withUnsafeMutableBytes { room in
        unsafe input.withUnsafeBytes { octets in
          unsafe UnsafeMutableRawBufferPointer(rebasing: room[filled..<(filled + count)])
            .copyMemory(
              from: UnsafeRawBufferPointer(rebasing: octets[inputStart..<(inputStart + count)]))
        }
      }
      use(count)
      isAtEnd = count == 0 && isFileAtEnd
      return count
    }
    let (start, end, isLast) = (inputStart, inputEnd, isFileAtEnd)
    let result = unsafe input.withUnsafeBytes { bytes in
      unsafe chunk.withUnsafeMutableBytes { room in
        unsafe decompressor.unpack(
          UnsafeRawBufferPointer(rebasing: bytes[start..<end]), isLast: isLast,
          into: UnsafeMutableRawBufferPointer(rebasing: room[filled...]))
      }
    }
    use(result.consumed)
    switch result.state {
    case .going:
      if result.consumed == 0, result.produced == 0, !isFileAtEnd { try fill() }
    case .ended:
      isAtEnd = true
    case .failed(let reason):
      let error = SourceError.corrupt(path: path, offset: packedPosition, reason: reason)
      guard result.produced > 0 else { throw error }
      failure = error
      isAtEnd = true
    }
    return result.produced
  }

  private func use(_ count: Int) {
    inputStart += count
    packedPosition += UInt64(count)
  }

  /// Adds octets of the file to the input, behind those not yet used.
  private func fill() throws(SourceError) {
    let left = inputEnd - inputStart
    for index in 0..<left where inputStart > 0 { input[index] = input[inputStart + index] }
    inputStart = 0
    inputEnd = left
    let room = left..<min(left + readOctetsMax, input.count)
    guard !room.isEmpty else { return }
    let got = try unsafe input.withUnsafeMutableBytes { bytes in
      unsafe file.read(into: UnsafeMutableRawBufferPointer(rebasing: bytes[room]))
    }.get()
    inputEnd += got
    isFileAtEnd = got == 0
  }
}
