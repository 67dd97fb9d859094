/// Bounds on untrusted DNS data. Each exists to keep one bad message cheap.
public enum DNSLimits {
  /// Longest name in wire form with its root label, octets (RFC 1035 section 2.3.4).
  public static let nameOctetsMax = 255
  /// Longest label, octets (RFC 1035 section 2.3.4).
  public static let labelOctetsMax = 63
  /// Most labels in a name, root not counted: 127 labels of one octet fill 255 octets.
  public static let labelsMax = 127
  /// Compression pointers followed in one name. Real names need one or two; since pointers must go
  /// strictly backwards, this bounds work rather than correctness.
  public static let pointersPerNameMax = 126
  /// Longest DNS message, octets: the two-octet length of RFC 1035 section 4.2.2.
  public static let messageOctetsMax = 65_535
  /// Longest rdata, octets: RDLENGTH has two octets.
  public static let rdataOctetsMax = 65_535
}
