/// Bounds of the DomainTools interface.
enum DomainToolsLimits {
  /// Names in one list of an answer; their number is told besides.
  static let namesMax = 10_000
  /// Body of a form, octets: a hundred names of 255 octets, escaped, and credentials.
  static let formOctetsMax = 131_072
  /// Forms that are read at the same time; more get 503. They are read before anybody is let in, so
  /// this bounds what strangers can have in memory to 32 MiB.
  static let formsMax = 256
  /// Domains of one enrichment.
  static let enrichDomainsMax = 100
  /// Entries in one answer of a history of registrations.
  static let historyMax = 100
  /// Snapshots that are read at once: their texts are in memory together.
  static let snapshotsAtOnce = 10
  /// Snapshots of one domain whose changes are told, the newest ones.
  static let snapshotsMax = 1_000
  /// Text of one entry of a history, characters; whole texts are at `whois`.
  static let historyTextMax = 65_536
  /// Changes on one page of a domain's history.
  static let changesMax = 100
  /// Name servers and mail hosts of one domain that are told.
  static let hostsMax = 100
  /// Requests a minute that clients are told of where nobody bounds them: without a number they
  /// wait an hour between two.
  static let perMinute = 6_000
}
