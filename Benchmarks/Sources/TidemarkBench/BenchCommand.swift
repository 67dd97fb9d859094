import ArgumentParser

/// Benchmarks inside one process. Each prints `key value` lines; `make bench` sets them beside
/// baselines measured in the same run.
@main
struct BenchCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "tidemark-bench", abstract: "Benchmarks of parts of Tidemark.",
    subcommands: [
      Decode.self, Logs.self, Worst.self, Lookup.self, FirstPage.self, Search.self,
      FixedReply.self, Names.self, Mix.self,
    ])

  /// Decode and key building; `--dump` gives the same messages to other programs.
  struct Decode: AsyncParsableCommand {
    @Option(help: "Messages.") var count = 200_000
    @Option(help: "Passes; the best counts.") var rounds = 15
    @Option(help: "Seed of the workload.") var seed: UInt64 = 1
    @Option(help: "Also write the messages there, each behind its length (16 bits, big-endian).")
    var dump: String?

    func run() async throws {
      if let dump {
        try BenchFile.write(DecodeBench.messages(count: count, seed: seed), to: dump)
      }
      DecodeBench.run(count: count, rounds: rounds, seed: seed)
    }
  }

  /// Logs of Suricata and Zeek into batches; `--dump` gives the same lines to other programs.
  struct Logs: AsyncParsableCommand {
    @Option(help: "Transactions.") var count = 200_000
    @Option(help: "Passes; the best counts.") var rounds = 5
    @Option(help: "Seed of the workload.") var seed: UInt64 = 1
    @Option(help: "Also write the logs there, as PREFIX.eve, PREFIX.zeek and PREFIX.zeek_json.")
    var dump: String?

    func run() async throws {
      if let dump {
        for format in LogBench.Format.allCases {
          let log = LogBench.log(format, count: count, seed: seed)
          try BenchFile.write(log, to: "\(dump).\(format.rawValue)")
        }
      }
      LogBench.run(count: count, rounds: rounds, seed: seed)
    }
  }

  /// The dearest messages of 64 KiB that can be made, on both paths.
  struct Worst: AsyncParsableCommand {
    @Option(help: "Passes; the best counts.") var rounds = 200

    func run() async throws { WorstMessage.run(rounds: rounds) }
  }

  /// Look-ups of names in a store; `--dump` gives the same records and names to other programs.
  struct Lookup: AsyncParsableCommand {
    @Option(help: "Store directory.") var store: String
    @Option(help: "File with one name a line.") var names: String
    @Option(help: "Only names with at most so many rows.") var rowsMax = 10
    @Option(help: "Look-ups to time.") var count = 200_000
    @Option(help: "Also write records and names there, as PREFIX.entries and PREFIX.keys.")
    var dump: String?

    func run() async throws {
      try LookupBench.run(
        store: store, names: names, rowsMax: rowsMax, count: count, dump: dump)
    }
  }

  /// First pages of very large and of small answers.
  struct FirstPage: AsyncParsableCommand {
    @Option(help: "Directory for a store made for this; must not exist.") var store: String
    @Option(help: "Rows of the large answers.") var rows = 500_000

    func run() async throws { try FirstPageBench.run(store: store, rows: rows) }
  }

  /// Searches of every kind over a whole store.
  struct Search: AsyncParsableCommand {
    @Option(help: "Store directory.") var store: String
    @Option(help: "A zone with many names, for example com.") var zone = "com"
    @Option(help: "First labels of many names.") var start = "www"

    func run() async throws { try SearchBench.run(store: store, zone: zone, start: start) }
  }

  /// Patterns over every name of a store, against a walk without patterns.
  struct Names: AsyncParsableCommand {
    @Option(help: "Store directory; made when it does not exist.") var store: String
    @Option(help: "Names of a store that is made.") var names = 2_000_000
    @Option(help: "Passes; the best counts.") var rounds = 3
    @Option(help: "Seed of the names.") var seed: UInt64 = 1

    func run() async throws {
      try NamesBench.run(store: store, names: names, rounds: rounds, seed: seed)
    }
  }

  /// Observations of many sensors into a store that mixes them for three readers.
  struct Mix: AsyncParsableCommand {
    @Option(help: "Start of the paths of two stores made for this; must not exist.")
    var store: String
    @Option(help: "Observations.") var count = 6_000_000
    @Option(help: "Records.") var unique = 1_000_000
    @Option(help: "Sensors.") var sensors = 50
    @Option(help: "Seed of the workload.") var seed: UInt64 = 1

    func run() async throws {
      try MixBench.run(
        MixBench.Options(
          store: store, observations: count, unique: unique, sensors: sensors, seed: seed))
    }
  }

  /// A server that answers every request with the same octets.
  struct FixedReply: AsyncParsableCommand {
    @Option(help: "Address and port, for example 127.0.0.1:9000.") var listen: String
    @Option(help: "Octets of the reply; take those of a real answer for a fair comparison.")
    var octets = 600

    func run() async throws {
      guard listen.hasPrefix("127.0.0.1:"), let port = Int(listen.dropFirst(10)) else {
        throw ValidationError("--listen: 127.0.0.1:PORT")
      }
      let body = [UInt8](repeating: UInt8(ascii: "x"), count: max(octets - 1, 0)) + [10]
      try await runFixedReply(port: port, body: body) { print("port \($0)") }
    }
  }
}
