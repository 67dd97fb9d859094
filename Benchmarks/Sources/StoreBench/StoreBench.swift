import DNSWire
import TidemarkModel
import TidemarkRocksDB
import TidemarkStore

/// Measures the store: what docs/notes/0002-store-write-path.md reports.
@main
struct StoreBench {
  static func main() throws {
    var arguments = Array(CommandLine.arguments.dropFirst())
    guard let command = arguments.first, !arguments.contains("--help") else { return print(usage) }
    arguments.removeFirst()
    let settings = try Settings(arguments)
    switch command {
    case "write": try WriteBench(settings).run()
    case "read": try ReadBench(settings).run()
    default: print(usage)
    }
  }

  static let usage = """
    usage: StoreBench write|read [--name value]...

    write  aggregates observations into batches, applies them to a new store, compacts it
    read   reads a store that `write` made

      --path DIR            where the store is; must not exist for write (StoreBench.store)
      --observations N      zipf over the records (10000000); 0: every record once
      --unique N            records that there are (2000000)
      --batch N             records of a batch (1000000)
      --write-buffer MiB    of a family (16)
      --block-cache MiB     (96)
      --filter owner|both   whether filters of the records family know keys too (owner)
      --ingest-rows N       from so many new records on index rows go to files of their own (65536)
    """
}

/// The options of the command line.
struct Settings {
  var path = "StoreBench.store"
  var observations: UInt64 = 10_000_000
  var unique: UInt64 = 2_000_000
  var batch = 1_000_000
  var tuning = RocksDBTuning()

  struct Unknown: Error, CustomStringConvertible {
    let description: String
  }

  init(_ arguments: [String]) throws {
    for index in stride(from: 0, to: arguments.count, by: 2) {
      guard index + 1 < arguments.count else {
        throw Unknown(description: "\(arguments[index]) needs a value")
      }
      try set(arguments[index], arguments[index + 1])
    }
  }

  private mutating func set(_ name: String, _ value: String) throws {
    let number = UInt64(value)
    switch (name, number, value) {
    case ("--path", _, _): path = value
    case ("--observations", let number?, _): observations = number
    case ("--unique", let number?, _) where number > 0: unique = number
    case ("--batch", let number?, _) where number > 0: batch = Int(number)
    case ("--write-buffer", let number?, _): tuning.writeBufferOctets = Int(number) << 20
    case ("--block-cache", let number?, _): tuning.blockCacheOctets = Int(number) << 20
    case ("--ingest-rows", let number?, _): tuning.ingestRowsMin = Int(number)
    case ("--filter", _, "owner"): tuning.recordFilter = .owner
    case ("--filter", _, "both"): tuning.recordFilter = .ownerAndKey
    default: throw Unknown(description: "not understood: \(name) \(value)")
    }
  }
}
