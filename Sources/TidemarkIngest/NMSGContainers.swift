import CaptureFormats

/// Unpacks zlib data (RFC 1950) that is at hand as a whole.
///
/// - Parameters:
///   - packed: the data.
///   - octetsMax: the longest result that is wanted.
/// - Returns: nil when the data is damaged or unpacks to more.
public typealias ZlibUnpack = @Sendable (_ packed: RawSpan, _ octetsMax: Int) -> [UInt8]?

/// Opens NMSG containers: puts fragments together, unpacks, and finds the payloads.
struct NMSGContainers: ~Copyable {
  /// What a container holds.
  enum Contents {
    /// Payloads, in the octets of the container itself.
    case inPlace
    /// Payloads, in these octets.
    case unpacked([UInt8])
    /// Nothing yet: a fragment whose fellows are missing.
    case incomplete
    /// Nothing that can be used.
    case refused(FeedReason)
  }

  private(set) var payloads = NMSGPayloads()
  private var fragments = NMSGReassembler()
  private let unpack: ZlibUnpack

  init(unpack: @escaping ZlibUnpack) { self.unpack = unpack }

  /// Containers of which fragments were lost.
  var abandoned: UInt64 { fragments.abandoned }

  /// Gives up what waits for fragments.
  mutating func finish() { fragments.finish() }

  /// Opens a container; its payloads are in ``payloads`` then.
  ///
  /// - Parameter bytes: the container's data.
  mutating func open(_ bytes: RawSpan, flags: NMSGContainer.Flags) -> Contents {
    guard NMSGContainer.Flags.all.isSuperset(of: flags) else { return .refused(.badPayload) }
    let isPacked = flags.contains(.zlib)
    guard flags.contains(.fragment) else {
      guard isPacked else { return find(in: bytes) ?? .inPlace }
      guard let octets = inflate(bytes) else { return .refused(.badCompression) }
      return unsafe find(in: octets.span.bytes) ?? .unpacked(octets)
    }
    switch fragments.add(bytes) {
    case .held: return .incomplete
    case .malformed: return .refused(.badFragment)
    case .badChecksum: return .refused(.badChecksum)
    case .complete(let whole):
      guard let octets = isPacked ? unsafe inflate(whole.span.bytes) : whole else {
        return .refused(.badCompression)
      }
      return unsafe find(in: octets.span.bytes) ?? .unpacked(octets)
    }
  }

  /// Finds the payloads; returns the reason when there are none.
  private mutating func find(in bytes: RawSpan) -> Contents? {
    do throws(NMSGContentError) {
      try payloads.read(bytes)
      return nil
    } catch {
      return .refused(error == .tooManyPayloads ? .tooManyPayloads : .badPayload)
    }
  }

  /// Unpacks data that has its length in front; the length must be true.
  private func inflate(_ bytes: RawSpan) -> [UInt8]? {
    guard bytes.byteCount > 4 else { return nil }
    var length = 0
    let header = Span<UInt8>(_bytes: bytes.extracting(0..<4))
    for index in header.indices { length = length << 8 | Int(header[index]) }
    guard length <= NMSGLimits.unpackedOctetsMax else { return nil }
    let octets = unpack(bytes.extracting(4..<bytes.byteCount), length)
    return octets?.count == length ? octets : nil
  }
}
