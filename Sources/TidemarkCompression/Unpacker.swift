/// Unpacks a stream that arrives in pieces from a stranger: bounded, whatever it unpacks to.
///
///     var unpacker = try Unpacker(.gzip, octetsMax: 64 << 20)
///     for part in body {
///       var at = 0
///       while try unpacker.next(part.span, at: &at, isLast: false, into: &piece) { use(piece) }
///     }
///     while try unpacker.next([].span, at: &end, isLast: true, into: &piece) { use(piece) }
///
/// - Concurrency: one thread at a time.
public struct Unpacker: ~Copyable {
  /// Why a stream cannot be unpacked any further.
  public enum Fault: Error, Equatable, Sendable {
    /// It is not what it should be; what came before is good.
    case damaged(CompressionDamage)
    /// It unpacks to more octets than are allowed.
    case tooLong
  }

  /// Octets unpacked so far.
  public private(set) var produced = 0
  private let decompressor: any Decompressor
  private let octetsMax: Int
  private let pieceOctets: Int
  private var hasEnded = false

  /// Makes an unpacker; nil for ``Compression/none``.
  ///
  /// - Parameters:
  ///   - octetsMax: most octets that the whole stream may unpack to.
  ///   - pieceOctets: most octets given at a time.
  public init?(
    _ compression: Compression, octetsMax: Int,
    pieceOctets: Int = DecompressionLimits.pieceOctets
  ) {
    guard
      let decompressor = compression.makeDecompressor(
        zstdWindowLog: DecompressionLimits.zstdWindowLogOfBodies)
    else { return nil }
    self.decompressor = decompressor
    self.octetsMax = octetsMax
    self.pieceOctets = pieceOctets
  }

  /// Replaces the content of `piece` with the next octets.
  ///
  /// - Parameters:
  ///   - input: a piece of the stream; the same one until false is returned.
  ///   - at: the position in the input, 0 for a new one; moved.
  ///   - isLast: true when nothing follows the input. The stream must end in it.
  /// - Returns: false when the input is used up; `piece` is empty then.
  /// - Throws: ``Fault``. `piece` is of no use then.
  public mutating func next(
    _ input: Span<UInt8>, at: inout Int, isLast: Bool, into piece: inout [UInt8]
  ) throws(Fault) -> Bool {
    piece.removeAll(keepingCapacity: true)
    if hasEnded { return false }
    piece.append(contentsOf: repeatElement(0, count: pieceOctets))
    while true {
      let start = at
      let result = unsafe input.extracting(start..<input.count).withUnsafeBytes { octets in
        unsafe piece.withUnsafeMutableBytes { room in
          unsafe decompressor.unpack(octets, isLast: isLast, into: room)
        }
      }
      at += result.consumed
      if case .failed(let damage) = result.state, result.produced == 0 { throw .damaged(damage) }
      hasEnded = result.state == .ended
      produced += result.produced
      guard produced <= octetsMax else { throw .tooLong }
      if result.produced > 0 {
        piece.removeLast(pieceOctets - result.produced)
        return true
      }
      let isUsed = at == input.count && !isLast
      if hasEnded || isUsed || (result.consumed == 0 && !isLast) {
        piece.removeAll(keepingCapacity: true)
        return false
      }
    }
  }
}
