import DNSWire

/// Which RDAP servers answer for what: the files that IANA publishes (RFC 9224), read.
///
/// A file is loaded whole or not at all; entries without meaning are left out and counted.
public struct RDAPBootstrap: Sendable, Equatable {
  /// One of the files.
  public enum File: String, Sendable, CaseIterable {
    /// `dns.json`: domains.
    case domains = "dns"
    /// `ipv4.json`.
    case ipv4
    /// `ipv6.json`.
    case ipv6
    /// `asn.json`: autonomous systems.
    case autonomousSystems = "asn"
    /// `object-tags.json`: endings of handles (RFC 8521).
    case objectTags = "object-tags"
  }

  /// Base URLs by suffix in lower case without dots around it; the root is empty.
  private var domains: [String: [String]] = [:]
  /// Base URLs by prefix; addresses in host order.
  private var prefixes: [Prefix: [String]] = [:]
  /// Sorted by their first number.
  private var autonomousSystems: [(first: UInt32, last: UInt32, urls: [String])] = []
  /// By tag in upper case.
  private var tags: [String: [String]] = [:]
  /// When IANA published each file that is loaded, as it says.
  public private(set) var publications: [String: String] = [:]
  /// Entries that were left out, by file.
  public private(set) var malformedCounts: [String: Int] = [:]

  private struct Prefix: Sendable, Hashable {
    let isIPv6: Bool
    let length: Int
    /// The bits behind the length are 0.
    let bits: UInt128
  }

  /// Knows no server.
  public init() {}

  /// The same entries.
  public static func == (one: RDAPBootstrap, other: RDAPBootstrap) -> Bool {
    one.domains == other.domains && one.prefixes == other.prefixes && one.tags == other.tags
      && one.autonomousSystems.elementsEqual(other.autonomousSystems) {
        $0.first == $1.first && $0.last == $1.last && $0.urls == $1.urls
      }
  }

  /// Reads a file; it replaces what was loaded of it before.
  ///
  /// - Throws: ``RDAPError`` when the octets are no such file; then nothing changes.
  public mutating func load(_ octets: [UInt8], as file: File) throws(RDAPError) {
    let value = try JSONValue.parse(octets, octetsMax: RegistrationLimits.bootstrapOctetsMax)
    guard case .array(let services)? = value["services"] else {
      throw .unknownObject(className: nil)
    }
    clear(file)
    var malformedCount = 0
    for service in services {
      // Object tags have contacts in front (RFC 8521 section 3).
      let parts = service.elements
      let skipped = file == .objectTags ? 1 : 0
      guard parts.count == 2 + skipped else {
        malformedCount += 1
        continue
      }
      let written = parts[1 + skipped].elements
      let urls = RDAPBootstrap.sorted(written.compactMap { $0.text.flatMap(RDAPURL.base) })
      malformedCount += written.count - urls.count
      guard !urls.isEmpty else { continue }
      for key in parts[skipped].elements where !add(key, urls, file) { malformedCount += 1 }
    }
    autonomousSystems.sort { $0.first < $1.first }
    publications[file.rawValue] = value["publication"]?.text
    malformedCounts[file.rawValue] = malformedCount
  }

  private mutating func clear(_ file: File) {
    switch file {
    case .domains: domains = [:]
    case .ipv4: prefixes = prefixes.filter { $0.key.isIPv6 }
    case .ipv6: prefixes = prefixes.filter { !$0.key.isIPv6 }
    case .autonomousSystems: autonomousSystems = []
    case .objectTags: tags = [:]
    }
  }

  /// Those with https first, otherwise in their order.
  private static func sorted(_ urls: [String]) -> [String] {
    urls.filter { $0.hasPrefix("https:") } + urls.filter { !$0.hasPrefix("https:") }
  }

  /// - Returns: false for what is no key of this file.
  private mutating func add(_ key: JSONValue, _ urls: [String], _ file: File) -> Bool {
    guard case .string(let text) = key else { return false }
    switch file {
    case .domains:
      domains[text.lowercased()] = urls
    case .ipv4, .ipv6:
      guard let prefix = RDAPBootstrap.prefix(text), prefix.isIPv6 == (file == .ipv6) else {
        return false
      }
      prefixes[prefix] = urls
    case .autonomousSystems:
      let numbers = text.split(separator: "-", omittingEmptySubsequences: false)
        .compactMap { UInt32($0) }
      guard let first = numbers.first, let last = numbers.last, numbers.count <= 2, first <= last
      else { return false }
      autonomousSystems.append((first, last, urls))
    case .objectTags:
      tags[text.uppercased()] = urls
    }
    return true
  }

  private static func prefix(_ text: String) -> Prefix? {
    let parts = text.split(separator: "/", omittingEmptySubsequences: false)
    guard parts.count == 2, let length = Int(parts[1]), length >= 0 else { return nil }
    let octets = Array(parts[0].utf8)
    guard let address = IPAddressText.parse(octets.span) else { return nil }
    return prefix(of: address, length: length)
  }

  /// - Returns: nil when the address is shorter than the length.
  private static func prefix(of address: IPAddressText.Address, length: Int) -> Prefix? {
    switch address {
    case .v4(let value):
      guard length <= 32 else { return nil }
      let bits = length == 0 ? 0 : (UInt128(value) >> (32 - length)) << (32 - length)
      return Prefix(isIPv6: false, length: length, bits: bits)
    case .v6(let value):
      guard length <= 128 else { return nil }
      let bits = length == 0 ? 0 : (value >> (128 - length)) << (128 - length)
      return Prefix(isIPv6: true, length: length, bits: bits)
    }
  }

  // MARK: look-ups

  /// URLs at which a question may be asked, best first; none when no server is known.
  ///
  /// The most specific entry counts: the longest suffix by labels, the longest prefix.
  public func urls(for question: RDAPQuestion) -> [String] {
    bases(for: question).map { $0 + question.path }
  }

  private func bases(for question: RDAPQuestion) -> [String] {
    switch question {
    case .domain(let name), .nameServer(let name): bases(ofName: name)
    case .address(let text): bases(ofAddress: text, length: nil)
    case .network(let text, let length): bases(ofAddress: text, length: length)
    case .autonomousSystem(let number): bases(ofSystem: number)
    case .entity(let handle): bases(ofHandle: handle)
    }
  }

  private func bases(ofName name: String) -> [String] {
    var rest = name.lowercased()[...]
    if rest.hasSuffix(".") { rest.removeLast() }
    guard rest.utf8.count <= 1_000 else { return [] }
    while true {
      if let urls = domains[String(rest)] { return urls }
      guard !rest.isEmpty else { return [] }
      rest = rest.firstIndex(of: ".").map { rest[rest.index(after: $0)...] } ?? ""
    }
  }

  private func bases(ofAddress text: String, length: Int?) -> [String] {
    let octets = Array(text.utf8)
    guard let address = IPAddressText.parse(octets.span) else { return [] }
    let longest = if case .v4 = address { 32 } else { 128 }
    for length in stride(from: min(length ?? longest, longest), through: 0, by: -1) {
      guard let prefix = RDAPBootstrap.prefix(of: address, length: length) else { continue }
      if let urls = prefixes[prefix] { return urls }
    }
    return []
  }

  private func bases(ofSystem number: UInt32) -> [String] {
    var (low, high) = (0, autonomousSystems.count)
    while low < high {
      let middle = (low + high) / 2
      if autonomousSystems[middle].first <= number { low = middle + 1 } else { high = middle }
    }
    guard low > 0, autonomousSystems[low - 1].last >= number else { return [] }
    return autonomousSystems[low - 1].urls
  }

  /// The tag is what is behind the last hyphen (RFC 8521 section 2).
  private func bases(ofHandle handle: String) -> [String] {
    guard let hyphen = handle.lastIndex(of: "-") else { return [] }
    return tags[handle[handle.index(after: hyphen)...].uppercased()] ?? []
  }
}
