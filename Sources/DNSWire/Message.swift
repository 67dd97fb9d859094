/// The twelve octets in front of every DNS message (RFC 1035 section 4.1.1).
public struct MessageHeader: Equatable, Sendable {
  /// Octets of a header.
  public static let octets = 12

  /// Matches a response to its query.
  public let id: UInt16
  /// QR, opcode, AA, TC, RD, RA, Z, AD, CD and the lower four bits of the rcode.
  public let flags: UInt16
  /// Entries that the question section claims to have.
  public let questionCount: UInt16
  /// Records that the answer section claims to have.
  public let answerCount: UInt16
  /// Records that the authority section claims to have.
  public let authorityCount: UInt16
  /// Records that the additional section claims to have.
  public let additionalCount: UInt16

  /// Reads a header; nil when there are fewer than 12 octets.
  public init?(_ message: Span<UInt8>) {
    guard message.count >= MessageHeader.octets else { return nil }
    func word(_ at: Int) -> UInt16 { UInt16(message[at]) << 8 | UInt16(message[at + 1]) }
    id = word(0)
    flags = word(2)
    questionCount = word(4)
    answerCount = word(6)
    authorityCount = word(8)
    additionalCount = word(10)
  }

  /// True for a response (QR).
  public var isResponse: Bool { flags & 0x8000 != 0 }
  /// The kind of query; 0 is QUERY.
  public var opcode: UInt8 { UInt8(flags >> 11 & 0xF) }
  /// The answering server is authoritative for the question's name (AA).
  public var isAuthoritative: Bool { flags & 0x0400 != 0 }
  /// The message was cut to fit its transport (TC).
  public var isTruncated: Bool { flags & 0x0200 != 0 }
  /// The asker wanted recursion (RD).
  public var recursionDesired: Bool { flags & 0x0100 != 0 }
  /// The lower four bits of the response code; OPT may add eight more.
  public var rcodeLow: UInt8 { UInt8(flags & 0xF) }
}

/// Why some octets are not a DNS message that can be used. Small, because bad packets are ordinary.
public enum MessageError: UInt8, Error, Equatable, CaseIterable, Sendable {
  /// Fewer octets than a header has.
  case shortHeader
  /// The message ends inside a name, a record or the rdata that RDLENGTH announces.
  case truncated
  /// A label length with the top bits 01 or 10 (RFC 6891 section 5 ended their use).
  case badLabelType
  /// A compression pointer does not point to an earlier name (RFC 1035 section 4.1.4).
  case pointerNotBackwards
  /// More pointers in one name than ``DNSLimits/pointersPerNameMax``.
  case tooManyPointers
  /// A name longer than 255 octets.
  case nameTooLong
  /// Rdata of a known type does not end exactly at RDLENGTH.
  case badRData
  /// More than one OPT record, or one whose owner is not the root (RFC 6891 section 6.1.1).
  case badOPT
  /// Names expand to more than ``MessageParser/arenaOctetsMax``: a decompression bomb.
  case tooMuchWork

  /// The name used in accounting.
  public var name: String {
    switch self {
    case .shortHeader: "short-header"
    case .truncated: "truncated-message"
    case .badLabelType: "bad-label-type"
    case .pointerNotBackwards: "pointer-not-backwards"
    case .tooManyPointers: "too-many-pointers"
    case .nameTooLong: "name-too-long"
    case .badRData: "bad-rdata"
    case .badOPT: "bad-opt"
    case .tooMuchWork: "decompression-bomb"
    }
  }
}

/// The sections of a message that hold records.
public enum MessageSection: UInt8, Sendable, CaseIterable {
  /// Records that answer the question.
  case answer = 1
  /// Records that name an authority.
  case authority = 2
  /// Records that may help.
  case additional = 3
}

/// One record of a parsed message. Offsets count octets in the parser's arena, where names and
/// rdata stand uncompressed and canonical.
public struct MessageRecord: Sendable {
  /// The owner's canonical wire name.
  public let owner: MessageRange
  /// Canonical rdata: names uncompressed, and lowered for the types of RFC 4034 section 6.2.
  public let rdata: MessageRange
  /// The record type.
  public let type: RRType
  /// The class with its top bit; 1 is IN.
  public let recordClass: UInt16
  /// Seconds to live as sent; values with the top bit set mean 0 (RFC 2181 section 8).
  public let ttl: UInt32
  /// Where in the message the record stands.
  public let section: MessageSection
}

/// A run of octets in the arena of a ``MessageParser``.
public struct MessageRange: Hashable, Sendable {
  /// First octet.
  public let start: UInt32
  /// Octets.
  public let count: UInt32

  init(start: Int, count: Int) {
    self.start = UInt32(start)
    self.count = UInt32(count)
  }
}
