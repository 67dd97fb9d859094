/// Bounds on answers of registries and registrars, which are foreign data like any packet. Each
/// exists to keep one answer cheap; real answers stay far below.
public enum RegistrationLimits {
  /// Longest RDAP or WHOIS answer that is read, octets. The longest real ones have some 100,000.
  public static let answerOctetsMax = 1 << 20
  /// Longest bootstrap file, octets. That of the domains has some 100,000.
  public static let bootstrapOctetsMax = 8 << 20
  /// Levels of arrays and objects in JSON. A domain with its registrar's contacts needs 10.
  public static let nestingMax = 32
  /// Levels of entities in entities (RFC 9083 section 5.1 allows any).
  public static let entityDepthMax = 3
  /// Lines of a WHOIS answer that are read; the rest is legal text at best.
  public static let linesMax = 20_000
  /// Characters of a line that are read.
  public static let lineCharactersMax = 2_000
  /// Records that one WHOIS answer may hold: registry and registrar, and room for more.
  public static let recordsMax = 8
  /// Contacts of one registration.
  public static let contactsMax = 100
  /// Name servers of one registration.
  public static let nameServersMax = 100
  /// Values of one repeated field, such as lines of an address.
  public static let valuesMax = 50
  /// Notices and remarks of one answer.
  public static let noticesMax = 50
  /// WHOIS servers that one question is referred to. Real chains have one or two.
  public static let referralsMax = 3
}
