import ArgumentParser
import TidemarkControl
import TidemarkSharing

/// `tidemark partner`: who receives shared streams, and what they received.
struct PartnerCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "partner",
    abstract: "Makes, lists and ends partners, who receive shared streams.",
    discussion: """
      Works on the collector's control database, whether the collector runs or not; one that runs
      knows of changes within seconds. Run it as the user that the collector runs as.

        tidemark partner add cert --stream community --exclude @customers.txt --tlp green
        tidemark partner account cert
        tidemark partner revoke cert
      """,
    subcommands: [
      PartnerAddCommand.self, PartnerListCommand.self, PartnerShowCommand.self,
      PartnerRevokeCommand.self, PartnerAccountCommand.self,
    ])
}

/// `tidemark partner revoke`.
struct PartnerRevokeCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "revoke",
    abstract: "Ends a partner and its token.",
    discussion: "Streams that are open end within five seconds. Its files stay where they are.")

  @OptionGroup var place: ControlOptions
  @Argument(help: "The partner's name or number.")
  var partner: String

  func run() throws {
    let database = try place.open(create: false)
    let ended = try TokenCommand.explaining {
      try database.revokePartner(partner, now: Int64(StandardStreams.now()))
    }
    StandardStreams.complain("tidemark: partner \(ended.id) (\(ended.name)) is revoked")
  }
}

/// `tidemark partner list`.
struct PartnerListCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "list", abstract: "Lists partners and their streams.")

  @OptionGroup var place: ControlOptions
  @Flag(help: "Revoked and expired ones too.")
  var all = false
  @Flag(help: "One JSON object per line.")
  var json = false

  func run() throws {
    let database = try place.open(create: false)
    let now = Int64(StandardStreams.now())
    let (partners, released) = try TokenCommand.explaining {
      (try database.partners(), PartnerText.released(try database.releases()))
    }
    let shown = partners.filter { all || $0.isGood(at: now) }
    let text =
      json
      ? try shown.map { try PartnerText.json($0, now: now) }.joined()
      : PartnerText.table(
        ["id", "name", "state", "stream", "tlp", "outlets", "released", "created"],
        shown.map { PartnerText.row($0, released: released[$0.id] ?? 0, now: now) })
    _ = StandardStreams.write(Array(text.utf8))
  }
}

/// `tidemark partner show`.
struct PartnerShowCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "show", abstract: "Shows a partner's policy and outlets.")

  @OptionGroup var place: ControlOptions
  @Argument(help: "The partner's name or number.")
  var partner: String
  @Flag(help: "One JSON object.")
  var json = false

  func run() throws {
    let database = try place.open(create: false)
    let now = Int64(StandardStreams.now())
    let found = try TokenCommand.explaining { try database.partner(partner) }
    let text =
      json
      ? try PartnerText.json(found, now: now)
      : PartnerText.table(["rule", "value"], PartnerText.rules(found, now: now))
    _ = StandardStreams.write(Array(text.utf8))
  }
}

/// `tidemark partner account`.
struct PartnerAccountCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "account",
    abstract: "Shows what became of a stream's rows: released, or kept back by which rule.",
    discussion: """
      Rows that were sent again, because a partner went back or lost them, count again. A collector
      that runs writes its counts every second.
      """)

  @OptionGroup var place: ControlOptions
  @Argument(help: "The partner's name or number; all of them unless one is named.")
  var partner: String?
  @Option(help: "Since this day, UTC, for example 2030-12-31 (default: since ever).")
  var since: String?
  @Flag(help: "One JSON object per line.")
  var json = false

  func run() throws {
    let database = try place.open(create: false)
    var day: Int64 = 0
    if let since {
      guard since.utf8.count == 10, let seconds = ExpiryText.seconds(since, now: 0) else {
        throw ValidationError("--since: write a date like 2030-12-31")
      }
      day = seconds / 86_400
    }
    let (partners, releases) = try TokenCommand.explaining {
      (
        try partner.map { [try database.partner($0)] } ?? database.partners(),
        try database.releases(since: day)
      )
    }
    let rows = releases.compactMap { release in
      partners.first { $0.id == release.partner }.map { ($0, release) }
    }
    let text =
      json
      ? try rows.map { try PartnerText.json($0.0, $0.1) }.joined()
      : PartnerText.table(
        ["id", "name", "rule", "rows"],
        rows.map { [String($0.0.id), $0.0.name, $0.1.rule.rawValue, String($0.1.rows)] })
    _ = StandardStreams.write(Array(text.utf8))
  }
}
