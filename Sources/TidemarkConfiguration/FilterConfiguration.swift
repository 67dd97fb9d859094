/// What is left out of every source, and what of everything else stays.
public struct FilterConfiguration: Equatable, Sendable {
  /// Uses the standard filters: special-use names, private reverse zones, blocklist zones.
  public var usesStandard = true
  /// Also leaves out addresses of private networks.
  public var dropsPrivateAddresses = false
  /// When not empty, only names at or below these stay.
  public var only: [String] = []
  /// Names at or below these are left out.
  public var exclude: [String] = []
  /// When not empty, only these types stay; mnemonics or `TYPEnnn`.
  public var types: [String] = []

  /// Makes the standard filters.
  public init() {}

  init(_ mapping: ConfigurationMapping) throws(ConfigurationError) {
    var mapping = mapping
    usesStandard = try mapping.flag("standard") ?? usesStandard
    dropsPrivateAddresses = try mapping.flag("private_addresses") ?? dropsPrivateAddresses
    only = try mapping.strings("only") ?? []
    exclude = try mapping.strings("exclude") ?? []
    types = try mapping.strings("types") ?? []
    try mapping.finish()
  }
}
