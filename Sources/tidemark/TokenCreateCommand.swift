import ArgumentParser
import TidemarkAccess
import TidemarkControl

/// `tidemark token create`.
struct TokenCreateCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "create",
    abstract: "Makes a token and prints it, once.",
    discussion: """
      The token alone goes to standard output; what it may do goes to standard error. It is kept
      nowhere: who loses it needs another one.

        tidemark token create desk --scope query,active --per-day 10000 --expires 90d

      Clients of DomainTools sign their requests instead of sending a key. For them --signing keeps
      the token in the control database, in the clear: a signature cannot be checked otherwise.
      Their user name is NAME, their API key the token.
      """)

  @OptionGroup var place: ControlOptions
  @Argument(help: "Whose it is. One valid token has a name at a time.")
  var name: String
  @Option(
    help: """
      query, ingest, active, register, admin, partner; several with commas, or repeated \
      (default: query).
      """)
  var scope: [String] = []
  @Option(help: "A dataset that it may read and write; may be repeated (default: all).")
  var dataset: [String] = []
  @Option(help: "Requests within any minute.")
  var perMinute: Int?
  @Option(help: "Requests of a day, UTC.")
  var perDay: Int?
  @Option(help: "Rows of one answer.")
  var maxRows: Int?
  @Option(help: "Octets of one answer, before compression.")
  var maxOctets: Int?
  @Option(help: "Seconds of one query.")
  var maxSeconds: Double?
  @Option(help: "Queries at the same time.")
  var concurrent: Int?
  @Option(
    help: "When it ends: after 12h, 30d or 8w, or at a date like 2030-12-31 (default: never).")
  var expires: String?
  @Flag(help: "Keeps the token itself, so that requests can be signed with it.")
  var signing = false

  func run() throws {
    let now = Int64(StandardStreams.now())
    let grant = try grant(now: now)
    let database = try place.open(create: true)
    let made = try TokenCommand.explaining {
      try database.create(grant, keepsKey: signing, now: now)
    }
    guard StandardStreams.write(Array((made.secret.text + "\n").utf8)) else {
      // A token that nobody saw must not stay good.
      _ = try TokenCommand.explaining { try database.revoke(String(made.record.id), now: now) }
      StandardStreams.complain("tidemark: the token could not be printed and was revoked")
      throw ExitCode(ExitStatus.failure)
    }
    StandardStreams.complain(
      "tidemark: token \(made.record.id) (\(grant.name)): \(TokenText.scopes(grant)), datasets"
        + " \(TokenText.datasets(grant)), \(TokenText.end(grant)); it is not shown again"
        + (signing ? "; clients of DomainTools: user name \(grant.name), API key the token" : ""))
  }

  private func grant(now: Int64) throws -> TokenGrant {
    var scopes: Set<Scope> = []
    for word in scope.flatMap({ $0.split(separator: ",") }) {
      guard let scope = Scope(rawValue: String(word)) else {
        let known = Scope.allCases.map(\.rawValue).joined(separator: ", ")
        throw ValidationError("--scope: \(word) is none of \(known)")
      }
      scopes.insert(scope)
    }
    var end: Int64?
    if let expires {
      guard let time = ExpiryText.seconds(expires, now: now) else {
        throw ValidationError("--expires: write 12h, 30d, 8w or a date like 2030-12-31")
      }
      end = time
    }
    return TokenGrant(
      name: name, scopes: scopes.isEmpty ? [.query] : scopes,
      datasets: dataset.isEmpty ? nil : Set(dataset),
      limits: LimitOverrides(
        rows: maxRows, octets: maxOctets, seconds: maxSeconds, concurrent: concurrent),
      perMinute: perMinute, perDay: perDay, expires: end)
  }
}
