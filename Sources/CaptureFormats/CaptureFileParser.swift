/// Reads pcap and pcapng out of windows of bytes that the caller owns: a whole mapped file, or a
/// buffer that is refilled from a pipe or a decompressor.
///
/// ```swift
/// var parser = CaptureFileParser()
/// var at = 0
/// while true {
///   switch try parser.next(window, at: &at, isFinal: isFinal) {
///   case .packet(let packet): // window.extracting(packet.bytes)
///   case .needMoreBytes(let least): // drop what lies before `at`, append until `least` follow it
///   case .truncated(let offset): // report; the next step is .end
///   case .end: return
///   }
/// }
/// ```
///
/// How the bytes are cut into windows never changes the result. Memory does not depend on the
/// file, apart from 32 octets per pcapng interface. Reads pcap in both byte orders, with
/// microseconds (a1b2c3d4), nanoseconds (a1b23c4d) and the "modified" records (a1b2cd34), and
/// pcapng 1.x (draft-ietf-opsawg-pcapng) with any number of sections in either byte order.
public struct CaptureFileParser: Sendable {
  enum State: Sendable {
    case start
    case pcapRecord
    case block
    /// Passing over the rest of a block, then its repeated length.
    case blockRest(octets: UInt64, total: UInt32, start: UInt64)
    case ended
  }

  /// What a pcapng interface description says.
  struct Interface: Sendable {
    var linkType: LinkType
    var snapLength: UInt32
    var scale: TimestampScale
    var checkSequenceOctets: UInt8
  }

  /// The global header of a pcap file.
  struct PcapHeader: Sendable {
    var linkType = LinkType.undeclared
    var snapLength: UInt32 = 0
    var checkSequenceOctets: UInt8 = 0
    var nanosecondsPerTick: Int64 = 1000
    var recordHeaderOctets = 16
    var minorVersion: UInt16 = 4
  }

  var state = State.start
  var isBigEndian = false
  var pcap = PcapHeader()
  var interfaces: [Interface] = []
  /// Octets of the file before the current place.
  public internal(set) var fileOffset: UInt64 = 0

  /// A parser at the start of a file.
  public init() {}

  /// True when a file that starts with these octets (4 or more) is pcap or pcapng.
  public static func recognises(_ first: RawSpan) -> Bool {
    guard first.byteCount >= 4 else { return false }
    let magic = first.big(0, as: UInt32.self)
    return magic == Self.sectionHeader || Self.pcapMagics.contains(magic)
      || Self.pcapMagics.contains(magic.byteSwapped)
  }

  static let pcapMagics: [UInt32] = [0xA1B2_C3D4, 0xA1B2_3C4D, 0xA1B2_CD34]
  static let sectionHeader: UInt32 = 0x0A0D_0D0A

  /// Takes the next step in the file.
  ///
  /// - Parameters:
  ///   - window: consecutive octets of the file.
  ///   - offset: where in `window` to go on; moved over what has been used.
  ///   - isFinal: true when the file ends with this window.
  /// - Throws: ``CaptureFileError`` when the file is damaged; afterwards every step is `.end`.
  public mutating func next(
    _ window: RawSpan, at offset: inout Int, isFinal: Bool
  ) throws(CaptureFileError) -> CaptureStep {
    precondition(offset >= 0 && offset <= window.byteCount, "offset outside the window")
    do throws(CaptureFileError) {
      while true {
        if let step = try advance(window, at: &offset, isFinal: isFinal) { return step }
      }
    } catch {
      state = .ended
      throw error
    }
  }

  /// One state transition; nil means go on.
  private mutating func advance(
    _ window: RawSpan, at offset: inout Int, isFinal: Bool
  ) throws(CaptureFileError) -> CaptureStep? {
    switch state {
    case .pcapRecord:
      return try pcapRecord(window, at: &offset, isFinal: isFinal)
    case .block:
      return try block(window, at: &offset, isFinal: isFinal)
    case .blockRest(let octets, let total, let start):
      return try blockRest(
        window, at: &offset, isFinal: isFinal, octets: octets, total: total, start: start)
    case .start:
      return try start(window, at: &offset, isFinal: isFinal)
    case .ended:
      return .end
    }
  }

  private mutating func start(
    _ window: RawSpan, at offset: inout Int, isFinal: Bool
  ) throws(CaptureFileError) -> CaptureStep? {
    if let wait = wait(for: 4, window, at: offset, isFinal: isFinal) {
      guard case .truncated = wait else { return wait }
      throw CaptureFileError(.notACapture, offset: fileOffset)
    }
    guard Self.recognises(window.extracting(offset..<offset + 4)) else {
      throw CaptureFileError(.notACapture, offset: fileOffset)
    }
    let magic = window.big(offset, as: UInt32.self)
    if magic == Self.sectionHeader {
      state = .block
      return nil
    }
    if let wait = wait(for: 24, window, at: offset, isFinal: isFinal) { return wait }
    isBigEndian = Self.pcapMagics.contains(magic)
    try pcapHeader(window, at: offset, magic: isBigEndian ? magic : magic.byteSwapped)
    state = .pcapRecord
    consume(24, at: &offset)
    return nil
  }

  private mutating func pcapHeader(
    _ window: RawSpan, at offset: Int, magic: UInt32
  ) throws(CaptureFileError) {
    let major: UInt16 = read(window, offset + 4)
    guard major == 2 else {
      throw CaptureFileError(.unsupportedVersion(major: major), offset: fileOffset)
    }
    pcap.minorVersion = read(window, offset + 6)
    pcap.snapLength = read(window, offset + 16)
    pcap.nanosecondsPerTick = magic == 0xA1B2_3C4D ? 1 : 1000
    pcap.recordHeaderOctets = magic == 0xA1B2_CD34 ? 24 : 16
    let network: UInt32 = read(window, offset + 20)
    pcap.linkType = LinkType(rawValue: network & 0xFFFF)
    // Bit 26 says that bits 28-31 count the 16-bit words of the frame check sequence.
    pcap.checkSequenceOctets = network & 0x0400_0000 == 0 ? 0 : UInt8(network >> 28) * 2
  }

  private mutating func pcapRecord(
    _ window: RawSpan, at offset: inout Int, isFinal: Bool
  ) throws(CaptureFileError) -> CaptureStep? {
    let header = pcap.recordHeaderOctets
    if let wait = wait(for: header, window, at: offset, isFinal: isFinal) { return wait }
    let seconds: UInt32 = read(window, offset)
    let fraction: UInt32 = read(window, offset + 4)
    var captured: UInt32 = read(window, offset + 8)
    var original: UInt32 = read(window, offset + 12)
    // Versions before 2.3 wrote the two lengths the other way round; 2.3 was written both ways.
    if pcap.minorVersion < 3 || pcap.minorVersion == 3 && captured > original {
      swap(&captured, &original)
    }
    let isOverSnap = pcap.snapLength > 0 && UInt64(captured) > 2 * UInt64(pcap.snapLength)
    guard captured <= UInt32(CaptureLimits.frameOctetsMax), !isOverSnap else {
      throw CaptureFileError(.packetTooLong(octets: captured), offset: fileOffset)
    }
    let octets = header + Int(captured)
    if let wait = wait(for: octets, window, at: offset, isFinal: isFinal) { return wait }
    let packet = CapturedPacket(
      // 2^32 s and 2^32 fractions of 1,000 ns stay below 2^63 ns.
      time: Int64(seconds) * 1_000_000_000 + Int64(fraction) * pcap.nanosecondsPerTick,
      linkType: pcap.linkType, checkSequenceOctets: pcap.checkSequenceOctets,
      originalLength: Int(original), bytes: offset + header..<offset + octets,
      fileOffset: fileOffset)
    consume(octets, at: &offset)
    return .packet(packet)
  }

  // MARK: Window

  /// What to return when fewer than `octets` lie behind `offset`; nil when there are enough.
  mutating func wait(
    for octets: Int, _ window: RawSpan, at offset: Int, isFinal: Bool
  ) -> CaptureStep? {
    let available = window.byteCount - offset
    if available >= octets { return nil }
    if !isFinal { return .needMoreBytes(atLeast: octets) }
    let isComplete = available == 0 && isAtRecordBoundary
    state = .ended
    return isComplete ? .end : .truncated(fileOffset: fileOffset)
  }

  private var isAtRecordBoundary: Bool {
    switch state {
    case .pcapRecord, .block, .ended: true
    case .start, .blockRest: false
    }
  }

  mutating func consume(_ octets: Int, at offset: inout Int) {
    offset += octets
    fileOffset &+= UInt64(octets)
  }

  /// An integer in the byte order of the file.
  @inline(__always)
  func read<Value: FixedWidthInteger & BitwiseCopyable>(
    _ window: RawSpan, _ offset: Int
  ) -> Value {
    isBigEndian
      ? window.big(offset, as: Value.self) : window.little(offset, as: Value.self)
  }
}
