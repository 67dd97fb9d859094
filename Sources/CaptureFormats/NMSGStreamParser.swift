/// Cuts an NMSG stream (the file and socket format of libnmsg, version 2) into containers.
///
/// A container is `NMSG`, an octet of flags, the version 2, the length of its data in four octets,
/// big-endian, and the data. How the stream is cut into windows never changes the result, and
/// nothing is held between calls.
///
/// ```swift
/// switch try parser.next(window, at: &offset, isFinal: isFinal) {
/// case .container(let container): // window.extracting(container.octets)
/// case .needMoreBytes: // drop what lies before `offset`, append, come again
/// case .truncated, .end: // done
/// }
/// ```
public struct NMSGStreamParser: Sendable {
  /// Octets of the stream before the current place.
  public private(set) var fileOffset: UInt64 = 0
  private var hasEnded = false

  /// A parser at the start of a stream.
  public init() {}

  /// True when a stream that starts with these octets is NMSG: the magic number, flags that exist,
  /// and a version, as far as they are there. Four octets or more are needed.
  public static func recognises(_ head: Span<UInt8>) -> Bool {
    guard head.count >= 4 else { return false }
    for index in 0..<4 where head[index] != magic[index] { return false }
    guard head.count >= 6 else { return true }
    return head[4] & ~NMSGContainer.Flags.all.rawValue == 0 && (1...2).contains(head[5])
  }

  private static let magic: InlineArray<4, UInt8> = [0x4E, 0x4D, 0x53, 0x47]

  /// Takes the next container.
  ///
  /// - Parameters:
  ///   - window: consecutive octets of the stream.
  ///   - offset: where in `window` to go on; moved over what has been used.
  ///   - isFinal: true when the stream ends with this window.
  /// - Throws: ``NMSGStreamError`` when the place of the next container is lost; afterwards every
  ///   step is `.end`.
  public mutating func next(
    _ window: RawSpan, at offset: inout Int, isFinal: Bool
  ) throws(NMSGStreamError) -> NMSGStep {
    precondition(offset >= 0 && offset <= window.byteCount, "offset outside the window")
    guard !hasEnded else { return .end }
    let available = window.byteCount - offset
    if available == 0, isFinal {
      hasEnded = true
      return .end
    }
    // A wrong magic number is noticed as early as possible: what follows may never be a header.
    for index in 0..<min(4, available) where window.octet(offset + index) != Self.magic[index] {
      throw fail(.badMagic)
    }
    guard available >= NMSGLimits.headerOctets else {
      return wait(for: NMSGLimits.headerOctets, isFinal: isFinal)
    }
    let version = window.octet(offset + 5)
    guard version == 2 else { throw fail(.unsupportedVersion(version)) }
    let length = window.big(offset + 6, as: UInt32.self)
    guard length <= UInt32(NMSGLimits.containerOctetsMax) else {
      throw fail(.containerTooLong(octets: length))
    }
    let octets = NMSGLimits.headerOctets + Int(length)
    guard available >= octets else { return wait(for: octets, isFinal: isFinal) }
    let container = NMSGContainer(
      flags: NMSGContainer.Flags(rawValue: window.octet(offset + 4)),
      octets: offset + NMSGLimits.headerOctets..<offset + octets, fileOffset: fileOffset)
    offset += octets
    fileOffset &+= UInt64(octets)
    return .container(container)
  }

  private mutating func wait(for octets: Int, isFinal: Bool) -> NMSGStep {
    guard isFinal else { return .needMoreBytes(atLeast: octets) }
    hasEnded = true
    return .truncated(fileOffset: fileOffset)
  }

  private mutating func fail(_ reason: NMSGStreamError.Reason) -> NMSGStreamError {
    hasEnded = true
    return NMSGStreamError(reason, offset: fileOffset)
  }
}

/// One container of an NMSG stream, without its octets.
public struct NMSGContainer: Equatable, Sendable {
  /// What the data is.
  public struct Flags: OptionSet, Sendable {
    /// One bit each.
    public let rawValue: UInt8

    /// A set from its bits.
    public init(rawValue: UInt8) { self.rawValue = rawValue }

    /// The data is compressed by zlib behind four octets, the length before compression. Of a
    /// fragment it says so of the container put together.
    public static let zlib = Flags(rawValue: 1)
    /// The data is a piece of a container.
    public static let fragment = Flags(rawValue: 2)
    /// Every flag that exists.
    public static let all: Flags = [.zlib, .fragment]
  }

  /// What the data is.
  public let flags: Flags
  /// The data, as a range of the window that the parser was given.
  public let octets: Range<Int>
  /// Where the container starts, octets from the start of the stream.
  public let fileOffset: UInt64
}

/// What ``NMSGStreamParser/next(_:at:isFinal:)`` found.
public enum NMSGStep: Equatable, Sendable {
  /// A container; its octets are in the window until the caller moves on.
  case container(NMSGContainer)
  /// Come back with a window that starts at the new `offset` and holds at least so many octets:
  /// 1 to ``NMSGLimits/windowOctetsMax``.
  case needMoreBytes(atLeast: Int)
  /// The stream ends inside the container that starts at `fileOffset`. Reported once, then
  /// ``end``.
  case truncated(fileOffset: UInt64)
  /// No more containers.
  case end
}

/// Why an NMSG stream cannot be read any further. Everything before `offset` was good.
public struct NMSGStreamError: Error, Equatable, Sendable {
  /// The kinds of damage.
  public enum Reason: Equatable, Sendable {
    /// No container starts where one should.
    case badMagic
    /// A version other than 2. Version 1 was last written in 2009.
    case unsupportedVersion(UInt8)
    /// More octets than ``NMSGLimits/containerOctetsMax``.
    case containerTooLong(octets: UInt32)
  }

  /// What is wrong.
  public let reason: Reason
  /// Where the damaged container starts, octets from the start of the stream.
  public let offset: UInt64

  init(_ reason: Reason, offset: UInt64) {
    self.reason = reason
    self.offset = offset
  }
}
