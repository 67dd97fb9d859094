import ArgumentParser
import Glibc
import TidemarkHTTP

/// The command line: configuration and wiring of everything below.
@main
struct Tidemark: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "tidemark",
    abstract: "Remembers which DNS answers were seen, when, and how often.",
    discussion: """
      Import captures and logs, then ask for names and addresses:

        tidemark import traffic.pcap
        tidemark lookup www.example.com
        tidemark serve
      """,
    version: TidemarkServer.version,
    subcommands: [
      ImportCommand.self, LookupCommand.self, ServeCommand.self, ExportCommand.self,
      InspectCommand.self, CollectCommand.self, RelayCommand.self, TokenCommand.self,
      WhoamiCommand.self,
    ])

  /// Runs the command that was asked for. A command line that cannot be understood ends with
  /// status 2, as is usual among the tools that people use beside this one.
  static func main() async {
    do {
      var command = try parseAsRoot()
      if var asynchronous = command as? any AsyncParsableCommand {
        try await asynchronous.run()
      } else {
        try command.run()
      }
    } catch {
      guard exitCode(for: error) == .validationFailure else { exit(withError: error) }
      StandardStreams.complain(fullMessage(for: error))
      Glibc.exit(ExitStatus.usage)
    }
  }
}
