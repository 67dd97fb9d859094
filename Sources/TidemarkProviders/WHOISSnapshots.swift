public import TidemarkEnrichment
import TidemarkRegistration

/// Answers WHOIS questions out of the snapshots of a library; nothing outside is asked.
public struct WHOISSnapshots: Sendable {
  private let library: Library
  private let registered: @Sendable (String) -> String?

  /// Takes a library.
  ///
  /// - Parameter registered: the registered domain of a host in A-labels, nil when there is none.
  public init(library: Library, registered: @escaping @Sendable (String) -> String?) {
    self.library = library
    self.registered = registered
  }

  /// The newest snapshot about a domain, a host in it, an address, or an autonomous system, as
  /// text: what the WHOIS servers sent, else the facts as `Key: value`.
  ///
  /// - Returns: nil when there is none, or the library cannot be read.
  public func answer(to query: String) -> String? {
    guard let key = try? IndicatorKey(oneOf: [.fqdn, .ipv4, .ipv6, .asn], query),
      let snapshot = snapshot(of: key)
    else { return nil }
    let registration = snapshot.registration
    let seen = RegistrationText.date(Int64(snapshot.checkedAt))
    let server = registration.source.server
    let head = "% Snapshot of \(seen)" + (server.isEmpty ? "" : ", from \(server)") + "\n\n"
    let texts = snapshot.texts.filter { $0.contentType.hasPrefix("text/plain") }
    guard !texts.isEmpty else { return head + RegistrationText(registration).text }
    return head + texts.map { WHOISText.decode($0.octets) }.joined(separator: "\n")
  }

  private func snapshot(of key: IndicatorKey) -> RegistrationSnapshot? {
    switch key.type {
    case .fqdn:
      if let found = try? library.latestSnapshot(of: .domain(name: key.value)) { return found }
      guard let domain = registered(key.value), domain != key.value else { return nil }
      return try? library.latestSnapshot(of: .domain(name: domain))
    case .asn:
      guard let number = UInt32(key.value.drop { !$0.isNumber }) else { return nil }
      return try? library.latestSnapshot(of: .autonomousSystems(first: number, last: number))
    default:
      return try? library.snapshot(covering: key.value)
    }
  }
}
