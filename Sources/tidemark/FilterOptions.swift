import ArgumentParser
import DNSWire
import TidemarkIngest

/// Options that choose records and say how responses of authoritative servers are read; shared by
/// `import`, `collect` and `relay`.
struct FilterOptions: ParsableArguments {
  @Flag(
    inversion: .prefixedNo,
    help: """
      Leave out names that are not in the public DNS (localhost, home.arpa, private reverse \
      zones …), single labels, and questions to blocklists.
      """)
  var filter: Bool?
  @Option(help: "Keep only names at or below this; may be repeated.")
  var only: [String] = []
  @Option(help: "Leave out names at or below this; may be repeated.")
  var exclude: [String] = []
  @Flag(help: "Vantage authority: drop what no zone is found for, instead of keeping it without.")
  var strictBailiwick = false
  @Option(
    help: "Vantage authority: master file with the root's servers; - for none.",
    completion: .file())
  var rootHints = FilterOptions.standardRootHints

  /// Where Debian's package dns-root-data has them.
  static let standardRootHints = "/usr/share/dns/root.hints"
  /// Octets of a file of hints; the whole root zone has 2.2 MB.
  private static let hintsOctetsMax = 32 << 20

  func validate() throws {
    for text in only + exclude {
      do { _ = try RecordFilter(rules: rules(of: [text])) } catch {
        throw ValidationError("not a domain name: \(text)")
      }
    }
  }

  /// The filter, nil when nothing is left out.
  ///
  /// - Parameter isOnByDefault: what counts when the command line says neither `--filter` nor
  ///   `--no-filter`. Names that were chosen are chosen in any case.
  func recordFilter(isOnByDefault: Bool) throws -> RecordFilter? {
    let isOn = filter ?? isOnByDefault
    guard isOn || !only.isEmpty || !exclude.isEmpty else { return nil }
    var rules = isOn ? RecordFilter.Rules() : .none
    rules.only = only
    rules.exclude = exclude
    return try RecordFilter(rules: rules)
  }

  /// How responses of authoritative servers are read.
  ///
  /// - Throws: ``TextFile/Failure`` when the hints were named and cannot be read, or hold no name
  ///   server of the root. The standard file may be missing: more stays without bailiwick then.
  func authoritySettings() throws -> AuthoritySettings {
    var settings = AuthoritySettings()
    settings.isStrict = strictBailiwick
    settings.hints = try FilterOptions.hints(at: rootHints)
    return settings
  }

  /// Reads hints; none for `-`, and none when the standard file is missing.
  static func hints(at path: String) throws(TextFile.Failure) -> [AuthoritySettings.Hint] {
    if path == "-" { return [] }
    let text: [UInt8]
    do {
      text = try TextFile.octets(path, max: hintsOctetsMax)
    } catch {
      if path == standardRootHints { return [] }
      throw error
    }
    let hints = AuthoritySettings.hints(from: ZoneScanner.records(of: text).records)
    guard hints.contains(where: { $0.rrtype == .ns && $0.owner == [0] }) else {
      throw TextFile.Failure(path: path, reason: "names no server of the root zone")
    }
    return hints
  }

  private func rules(of names: [String]) -> RecordFilter.Rules {
    var rules = RecordFilter.Rules.none
    rules.exclude = names
    return rules
  }
}
