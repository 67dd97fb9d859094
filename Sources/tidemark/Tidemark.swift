import ArgumentParser

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
    version: "0.1.0",
    subcommands: [
      ImportCommand.self, LookupCommand.self, ServeCommand.self, ExportCommand.self,
      InspectCommand.self,
    ])
}
