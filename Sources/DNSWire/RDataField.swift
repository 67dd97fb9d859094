/// One part of the rdata of a known type: how it lies in wire form, and so how it is written.
///
/// A field marked "rest" takes every octet that is left, so it is the last of its type.
public enum RDataField: UInt8, Sendable, CaseIterable {
  /// One octet, in decimal.
  case u8 = 1
  /// One octet, a DNSSEC algorithm: in decimal, read also as a mnemonic.
  case algorithm
  /// One octet, a DNSSEC algorithm: a mnemonic where programs agree on it (RFC 4398 section 2.2).
  case algorithmName
  /// Two octets, in decimal.
  case u16
  /// Two octets, the type of a certificate: a mnemonic or decimal (RFC 4398 section 2.1).
  case certificateType
  /// Two octets, a record type by its mnemonic.
  case typeNumber
  /// Four octets, in decimal.
  case u32
  /// Four octets, a time span in seconds; `1h30m` is read as well.
  case seconds
  /// Four octets, seconds since 1970: `YYYYMMDDHHMMSS` or decimal (RFC 4034 section 3.2).
  case time
  /// Four octets, an IPv4 address.
  case ipv4
  /// Sixteen octets, an IPv6 address.
  case ipv6
  /// Six octets as `00-00-5e-00-53-2a` (RFC 7043 section 3.2).
  case eui48
  /// Eight octets, in the same form (RFC 7043 section 4.2).
  case eui64
  /// Eight octets as `0014:4fff:ff20:ee64` (RFC 6742 sections 2.1.2 and 2.3.2).
  case locator64
  /// A name whose letters have no case: lowered in canonical form.
  case name
  /// A name that keeps its letters in canonical form.
  case keptName
  /// A character-string: a length octet and 0–255 octets (RFC 1035 section 3.3).
  case string
  /// Rest: nothing, or one character-string.
  case optionalString
  /// Rest: one character-string or more.
  case strings
  /// A character-string of 1–255 ASCII letters and digits (RFC 8659 section 4.1).
  case tag
  /// Rest: octets without a length, written as one quoted string.
  case text
  /// Rest: like ``text``, but never empty (RFC 7553 section 4.5).
  case nonEmptyText
  /// Rest: one octet or more, in hexadecimal.
  case hex
  /// Rest: one octet or more, in base64.
  case base64
  /// Rest: any octets, in base64.
  case optionalBase64
  /// A length octet and 0–255 octets in hexadecimal, `-` when there are none (RFC 5155
  /// section 3.3).
  case salt
  /// A length octet and 1–255 octets in base32hex (RFC 5155 section 3.3).
  case hash
  /// Rest: a set of record types (RFC 4034 section 4.1.2).
  case typeBitmap
  /// Rest: service parameters in ascending order of their keys (RFC 9460 section 2.2).
  case serviceParameters
  /// Rest: sixteen octets, a place on Earth (RFC 1876).
  case location
  /// Gateway type, algorithm, gateway (RFC 4025 section 2.1).
  case gateway
  /// Rest: discovery bit, relay type, relay (RFC 8777 section 4.2).
  case relay
  /// Rest: host identity, public key, rendezvous servers (RFC 8005 section 5).
  case hostIdentity
  /// Rest: address prefixes (RFC 3123 section 4).
  case addressPrefixes
  /// Rest: prefix length, address suffix, and a lowered name unless the prefix is empty (RFC 2874).
  case a6
  /// Rest: any octets, never written in a form of their own.
  case octets
}

/// The fields of one type in wire order.
///
/// Nine fields of six bits fit one integer, so reading the schema of a type on a hot path costs
/// neither allocation nor reference counting. Iterating consumes the value.
public struct RDataFields: Sequence, IteratorProtocol, Sendable, Equatable {
  private var packed: UInt64

  /// No fields: the type is unknown.
  public static let unknown = RDataFields(packed: 0)

  private init(packed: UInt64) {
    self.packed = packed
  }

  /// One to nine fields.
  @inline(__always)
  init(
    _ first: RDataField, _ second: RDataField? = nil, _ third: RDataField? = nil,
    _ fourth: RDataField? = nil, _ fifth: RDataField? = nil, _ sixth: RDataField? = nil,
    _ seventh: RDataField? = nil, _ eighth: RDataField? = nil, _ ninth: RDataField? = nil
  ) {
    func bits(_ field: RDataField?, _ index: UInt64) -> UInt64 {
      UInt64(field?.rawValue ?? 0) << (6 * index)
    }
    packed =
      UInt64(first.rawValue) | bits(second, 1) | bits(third, 2) | bits(fourth, 3)
      | bits(fifth, 4) | bits(sixth, 5) | bits(seventh, 6) | bits(eighth, 7) | bits(ninth, 8)
  }

  /// True for a type of unknown structure.
  @inline(__always)
  public var isUnknown: Bool { packed == 0 }

  /// Takes the next field off the front.
  @inline(__always)
  public mutating func next() -> RDataField? {
    let code = UInt8(truncatingIfNeeded: packed & 0x3F)
    packed >>= 6
    return RDataField(rawValue: code)
  }
}
