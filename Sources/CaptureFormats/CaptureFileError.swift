/// Why a capture file cannot be read any further. Everything before `offset` was good and has been
/// delivered; `offset` counts octets from the start of the (uncompressed) file.
public struct CaptureFileError: Error, Equatable, Sendable {
  /// The kinds of damage.
  public enum Reason: Equatable, Sendable {
    /// The file does not start with the magic number of pcap or pcapng.
    case notACapture
    /// A version that nobody defined; pcap 2.x and pcapng 1.x are read.
    case unsupportedVersion(major: UInt16)
    /// A record claims `octets` of packet, more than ``CaptureLimits/frameOctetsMax`` or more than
    /// twice the snap length of its file.
    case packetTooLong(octets: UInt32)
    /// A pcapng packet block claims more packet octets than the block holds.
    case packetLongerThanBlock(octets: UInt32)
    /// A pcapng block length that is too small for its type or not a multiple of four.
    case badBlockLength(octets: UInt32)
    /// The length repeated at the end of a pcapng block differs from the one at its start.
    case blockLengthsDiffer(octets: UInt32)
    /// A pcapng section header has no valid byte-order magic.
    case badByteOrderMagic
    /// A pcapng interface description is longer than a window.
    case interfaceBlockTooLong(octets: UInt32)
    /// More interfaces than ``CaptureLimits/interfacesMax`` in one section.
    case tooManyInterfaces
  }

  /// What is wrong.
  public let reason: Reason
  /// Where the damaged record or block starts.
  public let offset: UInt64

  /// A damage at a place.
  public init(_ reason: Reason, offset: UInt64) {
    self.reason = reason
    self.offset = offset
  }
}
