import ArgumentParser
import TidemarkModel

/// `tidemark whoami`: what a server lets the bearer of a token do.
struct WhoamiCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "whoami",
    abstract: "Prints what a server lets you do, and how much of it is left.",
    discussion: """
      One JSON object: the token's name, scopes, datasets and quotas. The token is read from \
      --token-file or from the variable \(ServerOption.tokenVariable).
      """)

  @OptionGroup var server: ServerOption

  func validate() throws {
    guard server.server != nil else { throw ValidationError("name a server with --server") }
  }

  func run() async throws {
    do {
      guard let remote = try server.remote() else { return }
      let answer: Result<String, any Error>
      do {
        answer = .success(try await remote.text("/api/v1/whoami"))
      } catch {
        answer = .failure(error)
      }
      try await remote.shutdown()
      let text = try answer.get().split(whereSeparator: \.isNewline).joined()
      _ = StandardStreams.write(Array((PrintableText.string(text) + "\n").utf8))
    } catch let error as RemoteError {
      StandardStreams.complain("tidemark: \(error)")
      throw ExitCode(ExitStatus.failure)
    }
  }
}
