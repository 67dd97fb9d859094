import DNSWire
public import TidemarkModel
public import TidemarkRegistration

/// A registration as it was at one time, out of the history that the library keeps.
///
/// Of look-ups in which nothing changed the history has the first and the last one, so that each
/// time of ownership has both its ends. Look-ups of one day that say the same are one snapshot.
public struct RegistrationSnapshot: Sendable, Equatable, Identifiable {
  /// Longest text that is kept with a snapshot, octets; longer ones are cut. WHOIS texts have some
  /// thousand, RDAP answers with all notices up to a hundred thousand.
  public static let textOctetsMax = 256 << 10
  /// Most texts of one snapshot.
  static let textsMax = 4
  /// Snapshots of one subject; the oldest ones go first. A server that answers at random would
  /// fill the library otherwise; a change every day for ten years stays below.
  public static let perSubjectMax = 4_096
  /// Most snapshots that one read gives.
  public static let readMax = 1_000

  /// The number in this library.
  public let id: Int64
  /// What it is kept under: the name that was asked about, or the whole block of addresses.
  public let subject: Registration.Subject
  /// When the look-up was done.
  public let checkedAt: UnixSeconds
  /// All answers as one.
  public let registration: Registration
  /// What the servers sent: the registry's answer, then the registrar's.
  public let texts: [RawAnswer]
  /// ``Registration/contentDigest`` of ``registration``.
  public let digest: String
  /// True when whoever registered it is not shown.
  public let isPrivate: Bool
}

/// The key of a subject in the library.
struct SubjectKey {
  /// As it was given.
  let subject: Registration.Subject
  /// The kind of subject, a blank, and its names in normal form.
  let text: String
  /// The ends of a block of addresses, see ``octets(_:)``.
  let ends: (first: [UInt8], last: [UInt8])?

  /// Brings a subject into normal form; nil when it names nothing that can be registered.
  init?(_ subject: Registration.Subject) {
    self.subject = subject
    var ends: (first: [UInt8], last: [UInt8])?
    switch subject {
    case .domain(let name):
      guard let key = try? IndicatorKey(.fqdn, name) else { return nil }
      text = "domain \(key.value)"
    case .nameServer(let name):
      guard let key = try? IndicatorKey(.fqdn, name) else { return nil }
      text = "nameserver \(key.value)"
    case .entity(let handle):
      guard (try? LibraryLimits.check(label: handle, "a handle")) != nil else { return nil }
      text = "entity \(handle)"
    case .autonomousSystems(let first, let last):
      guard first <= last else { return nil }
      text = "autnum \(first) \(last)"
    case .network(let first, let last):
      guard let low = try? IndicatorKey(oneOf: IndicatorType.addresses, first),
        let high = try? IndicatorKey(oneOf: IndicatorType.addresses, last), low.type == high.type,
        let lowEnd = SubjectKey.octets(low.value), let highEnd = SubjectKey.octets(high.value),
        !highEnd.lexicographicallyPrecedes(lowEnd)
      else { return nil }
      text = "network \(low.value) \(high.value)"
      ends = (lowEnd, highEnd)
    }
    self.ends = ends
  }

  /// An address as the library orders them: 4 or 6, then the address in network order. Families
  /// stay apart.
  ///
  /// - Returns: nil when the text is no address.
  static func octets(_ address: String) -> [UInt8]? {
    let text = Array(address.utf8)
    guard let address = IPAddressText.parse(text.span) else { return nil }
    let family: UInt8 = if case .v4 = address { 4 } else { 6 }
    var octets = [family]
    address.appendOctets(to: &octets)
    return octets
  }

  /// True when the block of one is the block of the other, or has it inside.
  func covers(_ other: SubjectKey) -> Bool {
    guard let ends, let inner = other.ends, ends.first[0] == inner.first[0] else { return false }
    return !inner.first.lexicographicallyPrecedes(ends.first)
      && !ends.last.lexicographicallyPrecedes(inner.last)
  }
}
