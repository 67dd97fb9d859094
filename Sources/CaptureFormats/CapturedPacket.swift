/// One packet record of a capture file, without its octets.
public struct CapturedPacket: Equatable, Sendable {
  /// Capture time, nanoseconds since 1970-01-01 UTC, 0 or more; nil when the file gives none:
  /// pcapng simple packet blocks, packets of undeclared interfaces, times outside 1970–2262.
  public var time: Int64?
  /// What the frame starts with.
  public var linkType: LinkType
  /// Octets of frame check sequence at the end of the (uncut) frame.
  public var checkSequenceOctets: UInt8
  /// Length of the frame on the wire, octets. More than `bytes.count` when it was cut.
  public var originalLength: Int
  /// The captured octets, as a range of the window that the parser was given.
  public var bytes: Range<Int>
  /// Where the record starts, octets from the start of the file.
  public var fileOffset: UInt64

  /// A packet record.
  public init(
    time: Int64?, linkType: LinkType, checkSequenceOctets: UInt8 = 0, originalLength: Int,
    bytes: Range<Int>, fileOffset: UInt64 = 0
  ) {
    self.time = time
    self.linkType = linkType
    self.checkSequenceOctets = checkSequenceOctets
    self.originalLength = originalLength
    self.bytes = bytes
    self.fileOffset = fileOffset
  }
}

/// What ``CaptureFileParser/next(_:at:isFinal:)`` found.
public enum CaptureStep: Equatable, Sendable {
  /// A packet; its octets are in the window until the caller moves on.
  case packet(CapturedPacket)
  /// Come back with a window that starts at the new `offset` and holds at least so many octets:
  /// 1 to ``CaptureLimits/windowOctetsMax``.
  case needMoreBytes(atLeast: Int)
  /// The file ends inside the record or block that starts at `fileOffset`. Reported once, then
  /// ``end``. Everything before was delivered.
  case truncated(fileOffset: UInt64)
  /// No more packets.
  case end
}
