/// Numbers of the Frame Streams protocol, as the fstrm library defines it: a transport for
/// frames over files and stream sockets.
///
/// All integers have 32 bits and are big-endian. A data frame is its length and its octets. A
/// length of zero announces a control frame: its own length, its type, then fields of type, length
/// and octets.
public enum FrameStream {
  /// Most octets of a control frame behind its length.
  public static let controlOctetsMax = 512
  /// Most octets of one content type.
  public static let contentTypeOctetsMax = 256
  /// Most octets of a data frame that is read. Longer ones are passed over: dnstap needs a DNS
  /// message or two and some names, 128 KiB at most.
  public static let frameOctetsMax = 1 << 20
  /// What dnstap streams carry.
  public static let dnstap = Array("protobuf:dnstap.Dnstap".utf8)

  /// Kinds of control frames.
  enum Control: UInt32 {
    /// Reader to writer: the content types it takes.
    case accept = 1
    /// Writer to reader: data follows.
    case start = 2
    /// Writer to reader: no more data.
    case stop = 3
    /// Writer to reader: the content types it has.
    case ready = 4
    /// Reader to writer: everything up to STOP has come.
    case finish = 5
  }

  /// The number of the only field that control frames have.
  static let contentTypeField: UInt32 = 1

  /// Appends a control frame.
  ///
  /// - Parameter contentType: 1 to ``contentTypeOctetsMax`` octets, or empty for none.
  static func append(_ control: Control, contentType: [UInt8] = [], to out: inout [UInt8]) {
    func word(_ value: UInt32) {
      for shift in [24, 16, 8, 0] { out.append(UInt8(truncatingIfNeeded: value >> UInt32(shift))) }
    }
    word(0)
    word(UInt32(contentType.isEmpty ? 4 : 12 + contentType.count))
    word(control.rawValue)
    guard !contentType.isEmpty else { return }
    word(contentTypeField)
    word(UInt32(contentType.count))
    out += contentType
  }
}

/// What ``FrameStreamReader/next(_:at:isFinal:)`` found.
public enum FrameStreamStep: Equatable, Sendable {
  /// A data frame; its octets are this range of the window until the caller moves on.
  case frame(Range<Int>)
  /// A data frame of so many octets, more than ``FrameStream/frameOctetsMax``. It is passed over.
  case oversized(octets: UInt32)
  /// Come back with a window that starts at the new offset and holds at least so many octets: 1 to
  /// ``FrameStream/frameOctetsMax`` + 4.
  case needMoreBytes(atLeast: Int)
  /// The stream ends inside the frame that starts at `streamOffset`. Reported once, then ``end``.
  /// Everything before was delivered.
  case truncated(streamOffset: UInt64)
  /// No more frames.
  case end
}

/// Why a stream cannot be read any further. Everything before `offset` was good and has been
/// delivered; `offset` counts octets from the start of the stream.
public struct FrameStreamError: Error, Equatable, Sendable {
  /// The kinds of damage.
  public enum Reason: UInt8, Equatable, Sendable, CaseIterable {
    /// The stream does not start with a control frame.
    case notAFrameStream
    /// A control frame shorter than its type or longer than ``FrameStream/controlOctetsMax``.
    case badControlLength
    /// A field of a control frame that does not end with it, or too long a content type.
    case badControlField
    /// The writer has other content types than ours.
    case wrongContentType
    /// A known control frame where it has no place, or one that only readers send.
    case unexpectedControl
    /// A data frame before START or behind STOP.
    case unexpectedData
  }

  /// What is wrong.
  public let reason: Reason
  /// Where the frame starts.
  public let offset: UInt64

  /// A damage at a place.
  public init(_ reason: Reason, offset: UInt64) {
    self.reason = reason
    self.offset = offset
  }
}
