import ArgumentParser
import TidemarkAccess
import TidemarkControl

/// `tidemark token`: who may use a server.
struct TokenCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "token",
    abstract: "Makes, lists and ends the tokens of a server.",
    discussion: """
      Works on the server's control database, whether the server runs or not; a server that runs
      knows of changes within seconds. Run it as the user that the server runs as.
      """,
    subcommands: [TokenCreateCommand.self, TokenListCommand.self, TokenRevokeCommand.self])
}

/// Where the tokens are.
struct ControlOptions: ParsableArguments {
  @OptionGroup var store: StoreOption
  @Option(help: "The control database; default: beside the store.", completion: .file())
  var control: String?

  /// Opens it.
  ///
  /// - Throws: `ExitCode` after the reason was printed.
  func open(create: Bool) throws -> ControlDatabase {
    try TokenCommand.explaining {
      try ControlDatabase(
        path: control ?? ControlDatabase.path(besideStore: store.path), create: create)
    }
  }
}

extension TokenCommand {
  /// Prints why something failed, and ends with the status of failures.
  static func explaining<Value>(_ body: () throws -> Value) throws -> Value {
    do {
      return try body()
    } catch let error as ControlError {
      StandardStreams.complain("tidemark: \(error)")
      throw ExitCode(ExitStatus.failure)
    }
  }
}

/// `tidemark token revoke`.
struct TokenRevokeCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "revoke",
    abstract: "Ends a token.",
    discussion: "Servers that run refuse it within seconds. Queries under way are finished.")

  @OptionGroup var place: ControlOptions
  @Argument(help: "The token's name or number.")
  var token: String

  func run() throws {
    let database = try place.open(create: false)
    let record = try TokenCommand.explaining {
      try database.revoke(token, now: Int64(StandardStreams.now()))
    }
    StandardStreams.complain("tidemark: token \(record.id) (\(record.grant.name)) is revoked")
  }
}
