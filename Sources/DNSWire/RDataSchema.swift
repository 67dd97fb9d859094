/// What is known about the rdata of each type. Printer, parser and canonical form all ask here, so
/// they cannot disagree about what is well formed.
public enum RDataSchema {
  /// The fields of a type in wire order, ``RDataFields/unknown`` for types without a schema.
  ///
  /// ``RDataField/name`` stands exactly where RFC 4034 section 6.2 with RFC 6840 section 5.1 lowers
  /// a name; other embedded names are ``RDataField/keptName``.
  public static func fields(of type: RRType) -> RDataFields {
    switch type {
    case .a: RDataFields(.ipv4)
    case .aaaa: RDataFields(.ipv6)
    case .ns, .md, .mf, .cname, .mb, .mg, .mr, .ptr, .dname: RDataFields(.name)
    case .soa:
      RDataFields(.name, .name, .u32, .seconds, .seconds, .seconds, .seconds)
    case .mx, .afsdb, .rt, .kx: RDataFields(.u16, .name)
    case .minfo, .rp: RDataFields(.name, .name)
    case .px: RDataFields(.u16, .name, .name)
    case .srv: RDataFields(.u16, .u16, .u16, .name)
    case .naptr: RDataFields(.u16, .u16, .string, .string, .string, .name)
    case .hinfo: RDataFields(.string, .string)
    case .x25: RDataFields(.string)
    case .isdn: RDataFields(.string, .optionalString)
    case .txt, .spf, .ninfo, .avc, .resinfo, .wallet: RDataFields(.strings)
    case .caa: RDataFields(.u8, .tag, .text)
    case .uri: RDataFields(.u16, .u16, .nonEmptyText)
    case .svcb, .https: RDataFields(.u16, .keptName, .serviceParameters)
    default: securityFields(of: type)
    }
  }

  private static func securityFields(of type: RRType) -> RDataFields {
    switch type {
    case .ds, .cds, .dlv: RDataFields(.u16, .algorithm, .u8, .hex)
    case .dnskey, .cdnskey, .key: RDataFields(.u16, .u8, .algorithm, .base64)
    case .rrsig, .sig:
      RDataFields(
        .typeNumber, .algorithm, .u8, .seconds, .time, .time, .u16, .name, .base64)
    case .nsec: RDataFields(.keptName, .typeBitmap)
    case .nsec3: RDataFields(.u8, .u8, .u16, .salt, .hash, .typeBitmap)
    case .nsec3param: RDataFields(.u8, .u8, .u16, .salt)
    case .csync: RDataFields(.u32, .u16, .typeBitmap)
    case .tlsa, .smimea: RDataFields(.u8, .u8, .u8, .hex)
    case .sshfp: RDataFields(.u8, .u8, .hex)
    case .zonemd: RDataFields(.u32, .u8, .u8, .hex)
    case .openpgpkey, .dhcid: RDataFields(.base64)
    case .cert: RDataFields(.certificateType, .u16, .algorithmName, .base64)
    case .nxt: RDataFields(.name, .octets)
    default: addressFields(of: type)
    }
  }

  private static func addressFields(of type: RRType) -> RDataFields {
    switch type {
    case .eui48: RDataFields(.eui48)
    case .eui64: RDataFields(.eui64)
    case .nid, .l64: RDataFields(.u16, .locator64)
    case .l32: RDataFields(.u16, .ipv4)
    case .lp: RDataFields(.u16, .keptName)
    case .loc: RDataFields(.location)
    case .ipseckey: RDataFields(.u8, .gateway, .optionalBase64)
    case .amtrelay: RDataFields(.u8, .relay)
    case .hip: RDataFields(.hostIdentity)
    case .apl: RDataFields(.addressPrefixes)
    case .dsync: RDataFields(.typeNumber, .u8, .u16, .keptName)
    case .a6: RDataFields(.a6)
    default: .unknown
    }
  }

  /// True when a dialect writes the type in a form of its own, false for RFC 3597 form.
  ///
  /// The DNSDB dialect follows the library behind DNSDB, which knows fewer types.
  public static func hasOwnText(_ type: RRType, in dialect: RDataDialect) -> Bool {
    switch type {
    case .nxt, .a6: false
    case .loc, .cert, .sshfp, .ipseckey, .apl, .dhcid, .hip, .zonemd, .nid, .l32, .l64, .lp,
      .ninfo, .avc, .resinfo, .wallet, .dlv, .dsync, .amtrelay:
      dialect == .master
    default: !fields(of: type).isUnknown
    }
  }

  /// True when `rdata` has the structure of its type, or the type's structure is unknown.
  ///
  /// - Parameter rdata: uncompressed. Compression pointers are malformed here.
  public static func isWellFormed(_ rdata: Span<UInt8>, type: RRType) -> Bool {
    let fields = fields(of: type)
    guard !fields.isUnknown else { return true }
    var at = 0
    for field in fields {
      guard let end = end(of: field, in: rdata, from: at) else { return false }
      at = end
    }
    return at == rdata.count
  }

  /// Appends canonical rdata: names of ``RDataField/name`` lowered, all else unchanged.
  ///
  /// - Parameter rdata: uncompressed; what does not fit its type is appended as it is.
  public static func appendCanonical(
    _ rdata: Span<UInt8>, type: RRType, to out: inout [UInt8]
  ) {
    let start = out.count
    for index in 0..<rdata.count { out.append(rdata[index]) }
    // Malformed rdata is kept octet by octet, also when only octets after its last field are wrong.
    guard isWellFormed(rdata, type: type) else { return }
    var at = 0
    for field in fields(of: type) {
      guard let end = end(of: field, in: rdata, from: at) else { return }
      if field == .name || field == .a6 {
        let nameStart = field == .name ? at : a6NameStart(in: rdata, from: at)
        for index in nameStart..<end { out[start + index] = ASCII.lowered(rdata[index]) }
      }
      at = end
    }
  }
}
