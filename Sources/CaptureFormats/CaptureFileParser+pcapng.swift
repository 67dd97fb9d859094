/// The blocks of pcapng (draft-ietf-opsawg-pcapng section 4).
extension CaptureFileParser {
  private enum BlockType {
    static let interfaceDescription: UInt32 = 1
    static let packet: UInt32 = 2
    static let simplePacket: UInt32 = 3
    static let enhancedPacket: UInt32 = 6
  }

  /// Reads the header of the next block and what we use of its body.
  mutating func block(
    _ window: RawSpan, at offset: inout Int, isFinal: Bool
  ) throws(CaptureFileError) -> CaptureStep? {
    if let wait = wait(for: 8, window, at: offset, isFinal: isFinal) { return wait }
    if window.big(offset, as: UInt32.self) == Self.sectionHeader {
      return try section(window, at: &offset, isFinal: isFinal)
    }
    let type: UInt32 = read(window, offset)
    let total: UInt32 = read(window, offset + 4)
    try check(total, atLeast: 12)
    switch type {
    case BlockType.interfaceDescription:
      return try interface(window, at: &offset, isFinal: isFinal, total: total)
    case BlockType.enhancedPacket, BlockType.packet:
      return try packet(
        window, at: &offset, isFinal: isFinal, total: total,
        isEnhanced: type == BlockType.enhancedPacket)
    case BlockType.simplePacket:
      return try simplePacket(window, at: &offset, isFinal: isFinal, total: total)
    default:
      // Names, statistics, secrets and whatever else: no packets.
      leave(total, used: 8, at: &offset)
      return nil
    }
  }

  /// Passes over the rest of a block in pieces, then compares the length at its end.
  mutating func blockRest(
    _ window: RawSpan, at offset: inout Int, isFinal: Bool, octets: UInt64, total: UInt32,
    start: UInt64
  ) throws(CaptureFileError) -> CaptureStep? {
    let available = window.byteCount - offset
    if octets > 0 {
      let step = Int(min(octets, UInt64(available)))
      consume(step, at: &offset)
      state = .blockRest(octets: octets - UInt64(step), total: total, start: start)
      if step > 0 { return nil }
    }
    if available < 4 {
      guard isFinal else { return .needMoreBytes(atLeast: octets > 0 ? 1 : 4) }
      state = .ended
      return .truncated(fileOffset: start)
    }
    let repeated: UInt32 = read(window, offset)
    guard repeated == total else {
      throw CaptureFileError(.blockLengthsDiffer(octets: repeated), offset: start)
    }
    consume(4, at: &offset)
    state = .block
    return nil
  }

  private mutating func section(
    _ window: RawSpan, at offset: inout Int, isFinal: Bool
  ) throws(CaptureFileError) -> CaptureStep? {
    if let wait = wait(for: 24, window, at: offset, isFinal: isFinal) { return wait }
    switch window.big(offset + 8, as: UInt32.self) {
    case 0x1A2B_3C4D: isBigEndian = true
    case 0x4D3C_2B1A: isBigEndian = false
    default: throw CaptureFileError(.badByteOrderMagic, offset: fileOffset)
    }
    let total: UInt32 = read(window, offset + 4)
    try check(total, atLeast: 28)
    let major: UInt16 = read(window, offset + 12)
    guard major == 1 else {
      throw CaptureFileError(.unsupportedVersion(major: major), offset: fileOffset)
    }
    interfaces.removeAll(keepingCapacity: true)
    leave(total, used: 24, at: &offset)
    return nil
  }

  private mutating func interface(
    _ window: RawSpan, at offset: inout Int, isFinal: Bool, total: UInt32
  ) throws(CaptureFileError) -> CaptureStep? {
    try check(total, atLeast: 20)
    guard total <= UInt32(CaptureLimits.windowOctetsMax) else {
      throw CaptureFileError(.interfaceBlockTooLong(octets: total), offset: fileOffset)
    }
    guard interfaces.count < CaptureLimits.interfacesMax else {
      throw CaptureFileError(.tooManyInterfaces, offset: fileOffset)
    }
    let body = Int(total) - 4
    if let wait = wait(for: body, window, at: offset, isFinal: isFinal) { return wait }
    var interface = Interface(
      linkType: LinkType(rawValue: UInt32(read(window, offset + 8) as UInt16)),
      snapLength: read(window, offset + 12), scale: TimestampScale(), checkSequenceOctets: 0)
    readOptions(window.extracting(offset + 16..<offset + body), into: &interface)
    interfaces.append(interface)
    leave(total, used: body, at: &offset)
    return nil
  }

  private func readOptions(_ options: RawSpan, into interface: inout Interface) {
    var at = 0
    while at + 4 <= options.byteCount {
      let code: UInt16 = read(options, at)
      let length = Int(read(options, at + 2) as UInt16)
      at += 4
      guard code != 0, at + length <= options.byteCount else { return }
      switch (code, length) {
      case (9, 1): interface.scale.resolution = options.octet(at)
      case (13, 1): interface.checkSequenceOctets = options.octet(at) / 8  // given in bits
      case (14, 8): interface.scale.offsetSeconds = read(options, at)
      default: break
      }
      at += (length + 3) & ~3
    }
  }

  /// Enhanced packet block, or its obsolete predecessor, which differs in the first word only.
  private mutating func packet(
    _ window: RawSpan, at offset: inout Int, isFinal: Bool, total: UInt32, isEnhanced: Bool
  ) throws(CaptureFileError) -> CaptureStep? {
    let header = 28
    try check(total, atLeast: UInt32(header) + 4)
    if let wait = wait(for: header, window, at: offset, isFinal: isFinal) { return wait }
    let captured: UInt32 = read(window, offset + 20)
    guard captured <= total - UInt32(header) - 4 else {
      throw CaptureFileError(.packetLongerThanBlock(octets: captured), offset: fileOffset)
    }
    try checkPacket(captured)
    let used = header + Int(captured)
    if let wait = wait(for: used, window, at: offset, isFinal: isFinal) { return wait }
    let high: UInt32 = read(window, offset + 12)
    let low: UInt32 = read(window, offset + 16)
    let index =
      isEnhanced
      ? Int(read(window, offset + 8) as UInt32) : Int(read(window, offset + 8) as UInt16)
    let interface = index < interfaces.count ? interfaces[index] : nil
    let packet = CapturedPacket(
      time: interface?.scale.nanoseconds(ticks: UInt64(high) << 32 | UInt64(low)),
      linkType: interface?.linkType ?? .undeclared,
      checkSequenceOctets: interface?.checkSequenceOctets ?? 0,
      originalLength: Int(read(window, offset + 24) as UInt32),
      bytes: offset + header..<offset + used, fileOffset: fileOffset)
    leave(total, used: used, at: &offset)
    return .packet(packet)
  }

  /// Simple packet block: belongs to the first interface and has no time.
  private mutating func simplePacket(
    _ window: RawSpan, at offset: inout Int, isFinal: Bool, total: UInt32
  ) throws(CaptureFileError) -> CaptureStep? {
    let header = 12
    try check(total, atLeast: UInt32(header) + 4)
    if let wait = wait(for: header, window, at: offset, isFinal: isFinal) { return wait }
    let original: UInt32 = read(window, offset + 8)
    var captured = min(original, total - UInt32(header) - 4)
    if let snap = interfaces.first?.snapLength, snap > 0 { captured = min(captured, snap) }
    try checkPacket(captured)
    let used = header + Int(captured)
    if let wait = wait(for: used, window, at: offset, isFinal: isFinal) { return wait }
    let packet = CapturedPacket(
      time: nil, linkType: interfaces.first?.linkType ?? .undeclared,
      originalLength: Int(original), bytes: offset + header..<offset + used,
      fileOffset: fileOffset)
    leave(total, used: used, at: &offset)
    return .packet(packet)
  }

  // MARK: Lengths

  private func check(_ total: UInt32, atLeast least: UInt32) throws(CaptureFileError) {
    guard total >= least, total % 4 == 0 else {
      throw CaptureFileError(.badBlockLength(octets: total), offset: fileOffset)
    }
  }

  private func checkPacket(_ captured: UInt32) throws(CaptureFileError) {
    guard captured <= UInt32(CaptureLimits.frameOctetsMax) else {
      throw CaptureFileError(.packetTooLong(octets: captured), offset: fileOffset)
    }
  }

  /// Moves over the `used` octets of a block and arranges to pass over its rest.
  private mutating func leave(_ total: UInt32, used: Int, at offset: inout Int) {
    state = .blockRest(octets: UInt64(total) - UInt64(used) - 4, total: total, start: fileOffset)
    consume(used, at: &offset)
  }
}
