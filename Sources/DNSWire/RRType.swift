/// A resource record type by its number. Unknown types travel as numbers (RFC 3597).
public struct RRType: RawRepresentable, Hashable, Sendable, Comparable {
  /// The number of the IANA registry "Resource Record (RR) TYPEs".
  public let rawValue: UInt16

  /// Names any number a type, registered or not.
  @inline(__always)
  public init(rawValue: UInt16) {
    self.rawValue = rawValue
  }

  /// Orders types by number, the order of type bit maps and of keys.
  public static func < (left: RRType, right: RRType) -> Bool { left.rawValue < right.rawValue }
}

/// The types that this package names. Every other registered type has only its mnemonic.
extension RRType {
  /// IPv4 host address (RFC 1035).
  public static let a = RRType(rawValue: 1)
  /// Authoritative name server (RFC 1035).
  public static let ns = RRType(rawValue: 2)
  /// Mail destination, obsolete (RFC 1035).
  public static let md = RRType(rawValue: 3)
  /// Mail forwarder, obsolete (RFC 1035).
  public static let mf = RRType(rawValue: 4)
  /// Canonical name of an alias (RFC 1035).
  public static let cname = RRType(rawValue: 5)
  /// Start of a zone of authority (RFC 1035).
  public static let soa = RRType(rawValue: 6)
  /// Mailbox domain name (RFC 1035).
  public static let mb = RRType(rawValue: 7)
  /// Mail group member (RFC 1035).
  public static let mg = RRType(rawValue: 8)
  /// Mail rename (RFC 1035).
  public static let mr = RRType(rawValue: 9)
  /// Domain name pointer (RFC 1035).
  public static let ptr = RRType(rawValue: 12)
  /// Host information; the answer to ANY of RFC 8482.
  public static let hinfo = RRType(rawValue: 13)
  /// Mailbox or mail list information (RFC 1035).
  public static let minfo = RRType(rawValue: 14)
  /// Mail exchange (RFC 1035).
  public static let mx = RRType(rawValue: 15)
  /// Text strings (RFC 1035).
  public static let txt = RRType(rawValue: 16)
  /// Responsible person (RFC 1183).
  public static let rp = RRType(rawValue: 17)
  /// AFS database server (RFC 1183).
  public static let afsdb = RRType(rawValue: 18)
  /// X.25 address (RFC 1183).
  public static let x25 = RRType(rawValue: 19)
  /// ISDN address (RFC 1183).
  public static let isdn = RRType(rawValue: 20)
  /// Route through (RFC 1183).
  public static let rt = RRType(rawValue: 21)
  /// Signature of RFC 2535 and SIG(0) (RFC 2931).
  public static let sig = RRType(rawValue: 24)
  /// Key of RFC 2535.
  public static let key = RRType(rawValue: 25)
  /// X.400 mail mapping (RFC 2163).
  public static let px = RRType(rawValue: 26)
  /// IPv6 host address (RFC 3596).
  public static let aaaa = RRType(rawValue: 28)
  /// Geographical location (RFC 1876).
  public static let loc = RRType(rawValue: 29)
  /// Next domain, obsolete (RFC 2535).
  public static let nxt = RRType(rawValue: 30)
  /// Service location (RFC 2782).
  public static let srv = RRType(rawValue: 33)
  /// Naming authority pointer (RFC 3403).
  public static let naptr = RRType(rawValue: 35)
  /// Key exchanger (RFC 2230).
  public static let kx = RRType(rawValue: 36)
  /// Certificate (RFC 4398).
  public static let cert = RRType(rawValue: 37)
  /// IPv6 address in parts, historic (RFC 2874).
  public static let a6 = RRType(rawValue: 38)
  /// Redirection of a subtree (RFC 6672).
  public static let dname = RRType(rawValue: 39)
  /// EDNS pseudo record (RFC 6891); never stored.
  public static let opt = RRType(rawValue: 41)
  /// Address prefix list (RFC 3123).
  public static let apl = RRType(rawValue: 42)
  /// Delegation signer (RFC 4034).
  public static let ds = RRType(rawValue: 43)
  /// SSH key fingerprint (RFC 4255).
  public static let sshfp = RRType(rawValue: 44)
  /// IPsec key (RFC 4025).
  public static let ipseckey = RRType(rawValue: 45)
  /// Signature of an RRset (RFC 4034).
  public static let rrsig = RRType(rawValue: 46)
  /// Next secure name (RFC 4034).
  public static let nsec = RRType(rawValue: 47)
  /// Zone key (RFC 4034).
  public static let dnskey = RRType(rawValue: 48)
  /// DHCP client identifier (RFC 4701).
  public static let dhcid = RRType(rawValue: 49)
  /// Next secure hashed name (RFC 5155).
  public static let nsec3 = RRType(rawValue: 50)
  /// Parameters of NSEC3 (RFC 5155).
  public static let nsec3param = RRType(rawValue: 51)
  /// TLS certificate association (RFC 6698).
  public static let tlsa = RRType(rawValue: 52)
  /// S/MIME certificate association (RFC 8162).
  public static let smimea = RRType(rawValue: 53)
  /// Host identity protocol (RFC 8005).
  public static let hip = RRType(rawValue: 55)
  /// Zone status information.
  public static let ninfo = RRType(rawValue: 56)
  /// Child copy of DS (RFC 7344).
  public static let cds = RRType(rawValue: 59)
  /// Child copy of DNSKEY (RFC 7344).
  public static let cdnskey = RRType(rawValue: 60)
  /// OpenPGP key (RFC 7929).
  public static let openpgpkey = RRType(rawValue: 61)
  /// Child-to-parent synchronisation (RFC 7477).
  public static let csync = RRType(rawValue: 62)
  /// Message digest of a zone (RFC 8976).
  public static let zonemd = RRType(rawValue: 63)
  /// Service binding (RFC 9460).
  public static let svcb = RRType(rawValue: 64)
  /// Service binding for HTTPS (RFC 9460).
  public static let https = RRType(rawValue: 65)
  /// Endpoint for generalised notifications (RFC 9859).
  public static let dsync = RRType(rawValue: 66)
  /// Sender policy, obsolete in favour of TXT (RFC 7208).
  public static let spf = RRType(rawValue: 99)
  /// Node identifier of ILNP (RFC 6742).
  public static let nid = RRType(rawValue: 104)
  /// 32-bit locator of ILNP (RFC 6742).
  public static let l32 = RRType(rawValue: 105)
  /// 64-bit locator of ILNP (RFC 6742).
  public static let l64 = RRType(rawValue: 106)
  /// Locator pointer of ILNP (RFC 6742).
  public static let lp = RRType(rawValue: 107)
  /// EUI-48 address (RFC 7043).
  public static let eui48 = RRType(rawValue: 108)
  /// EUI-64 address (RFC 7043).
  public static let eui64 = RRType(rawValue: 109)
  /// Transaction signature (RFC 8945); never stored.
  public static let tsig = RRType(rawValue: 250)
  /// All types; a question, never a record (RFC 8482).
  public static let any = RRType(rawValue: 255)
  /// Uniform resource identifier (RFC 7553).
  public static let uri = RRType(rawValue: 256)
  /// Certification authority authorization (RFC 8659).
  public static let caa = RRType(rawValue: 257)
  /// Application visibility and control.
  public static let avc = RRType(rawValue: 258)
  /// Automatic multicast tunneling relay (RFC 8777).
  public static let amtrelay = RRType(rawValue: 260)
  /// Resolver information (RFC 9606).
  public static let resinfo = RRType(rawValue: 261)
  /// Public wallet address.
  public static let wallet = RRType(rawValue: 262)
  /// DNSSEC lookaside validation, historic (RFC 4431).
  public static let dlv = RRType(rawValue: 32769)
}
