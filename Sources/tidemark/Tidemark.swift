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
      InspectCommand.self, CompactCommand.self, CollectCommand.self, RelayCommand.self,
      TokenCommand.self, SensorCommand.self, ShareCommand.self, PartnerCommand.self,
      WhoamiCommand.self, ListsCommand.self, RiskCommand.self,
      OperationCommand.self, IndicatorCommand.self, EnrichCommand.self,
    ])

  /// Runs the command that was asked for. A command line that cannot be understood ends with
  /// status 2, as is usual among the tools that people use beside this one.
  static func main() async {
    var status: Int32 = 0
    do {
      var command = try parseAsRoot()
      if var asynchronous = command as? any AsyncParsableCommand {
        try await asynchronous.run()
      } else {
        try command.run()
      }
    } catch {
      status = Tidemark.status(of: error)
    }
    Glibc.exit(StandardStreams.close(status: status))
  }

  /// Prints what an error says; help, versions and completions that were asked for are results.
  ///
  /// - Returns: the status that the error ends the process with.
  private static func status(of error: any Error) -> Int32 {
    let (code, text) = (exitCode(for: error), fullMessage(for: error))
    if !text.isEmpty {
      if code.isSuccess {
        _ = StandardStreams.write(Array((text + "\n").utf8))
      } else {
        StandardStreams.complain(text)
      }
    }
    return code == .validationFailure ? ExitStatus.usage : code.rawValue
  }
}
