import ArgumentParser
import TidemarkRocksDB
import TidemarkStore

/// `tidemark compact`: merges the files of a store.
struct CompactCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "compact",
    abstract: "Merges the files of a store: it takes less room and is searched faster.",
    discussion: """
      Worthwhile after a large import: what comes in lies in several files until enough has come to
      merge them. What the store holds stays as it is. Takes about as long as reading and writing
      all of it, and as much disk again meanwhile; may be interrupted at any time. A running server
      has the store to itself: end it before.
      """)

  @OptionGroup var store: StoreOption

  func run() async throws {
    do {
      let opened = try store.openForWriting(create: false)
      let before = try opened.statistics().octetsOnDisk
      try opened.compact()
      let after = try opened.statistics().octetsOnDisk
      _ = StandardStreams.write(Array("octets on disk: \(after), before: \(before)\n".utf8))
    } catch {
      StandardStreams.complain("tidemark: \(error)")
      throw ExitCode(ExitStatus.failure)
    }
  }
}
