import ArgumentParser
import TidemarkModel
import TidemarkRocksDB
import TidemarkStore

/// `tidemark inspect`: what a store holds and how it lies on disk. Never writes.
struct InspectCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "inspect",
    abstract: "Shows families, counts, octets and levels of a store. Read-only.",
    discussion: """
      Numbers of keys are estimates of the storage engine; --count reads every row instead, also of
      a damaged store: what cannot be read is said, and the rest goes on.
      """)

  @OptionGroup var store: StoreOption
  @Flag(help: "Count the rows by reading them, and check that each can be understood.")
  var count = false
  @Flag(help: "Print one JSON object.")
  var json = false

  func run() async throws {
    let opened: RocksDBStore
    let statistics: StoreStatistics
    do {
      opened = try openForInspection()
      statistics = try opened.statistics()
    } catch {
      StandardStreams.complain("tidemark: \(error)")
      throw ExitCode(ExitStatus.failure)
    }
    let walks = count ? StoreFamily.allCases.map { FamilyWalk($0, of: opened) } : []
    var report = InspectReport(statistics: statistics, walks: walks)
    if let registry = try? Registry(store: opened) {
      report.datasets = registry.datasets.map(\.name)
      report.sensors = registry.sensors.count
    }
    _ = StandardStreams.write(Array((json ? report.json : report.text).utf8))
    if walks.contains(where: { $0.damage != nil || $0.unreadable > 0 }) {
      throw ExitCode(ExitStatus.failure)
    }
  }

  /// A running server's store is read beside it; a damaged one as far as it can be opened.
  private func openForInspection() throws -> RocksDBStore {
    do {
      return try store.openForReading()
    } catch StoreError.corrupt {
      return try RocksDBStore(path: store.path, mode: .readOnly)
    }
  }
}

/// What reading every row of a family found.
struct FamilyWalk {
  let family: StoreFamily
  private(set) var rows: UInt64 = 0
  /// Rows whose octets make no sense.
  private(set) var unreadable: UInt64 = 0
  /// Why the walk ended early.
  private(set) var damage: String?

  init(_ family: StoreFamily, of store: RocksDBStore) {
    self.family = family
    var (rows, unreadable) = (UInt64(0), UInt64(0))
    do {
      try store.scan(family, .all, limit: .max) { key, value in
        rows += 1
        if !FamilyWalk.isSound(family, key, value) { unreadable += 1 }
        return true
      }
    } catch {
      damage = "\(error)"
    }
    self.rows = rows
    self.unreadable = unreadable
  }

  private static func isSound(
    _ family: StoreFamily, _ key: Span<UInt8>, _ value: Span<UInt8>
  ) -> Bool {
    switch family {
    case .records: RecordKeyView(key) != nil && (try? RecordValue(decoding: value)) != nil
    case .inverse: FamilyWalk.isIndexKey(key)
    case .names, .state: !key.isEmpty
    }
  }
}

extension FamilyWalk {
  private static func isIndexKey(_ key: Span<UInt8>) -> Bool {
    var record: [UInt8] = []
    return InverseKey.appendRecordKey(of: key, to: &record) != nil
  }
}

/// The report in both forms.
struct InspectReport {
  let statistics: StoreStatistics
  let walks: [FamilyWalk]
  var datasets: [String] = []
  var sensors = 0

  private func rows(_ family: StoreStatistics.Family) -> UInt64 {
    walks.first { $0.family == family.family }?.rows ?? family.keys
  }

  var text: String {
    var text = "format    \(statistics.format)\ndatasets  \(datasets.joined(separator: " "))\n"
    text += "sensors   \(sensors)\n"
    for family in statistics.families {
      text += "\(family.family)  \(walks.isEmpty ? "about " : "")\(rows(family)) keys, "
      text += "\(family.octetsOnDisk) octets on disk, \(family.octetsInMemory) in memory\n"
      for level in family.levels {
        text += "  level \(level.level): \(level.files) files, \(level.octets) octets\n"
      }
    }
    for walk in walks {
      if walk.unreadable > 0 { text += "\(walk.family): \(walk.unreadable) unreadable rows\n" }
      if let damage = walk.damage { text += "\(walk.family): ended early: \(damage)\n" }
    }
    return text
  }

  var json: String {
    let families = statistics.families.map { family in
      let levels = family.levels.map {
        "{\"level\":\($0.level),\"files\":\($0.files),\"octets\":\($0.octets)}"
      }.joined(separator: ",")
      let walk = walks.first { $0.family == family.family }
      return "{\"family\":\"\(family.family)\",\"keys\":\(rows(family)),"
        + "\"counted\":\(walk != nil),\"unreadable\":\(walk?.unreadable ?? 0),"
        + "\"damaged\":\(walk?.damage != nil),\"octets_on_disk\":\(family.octetsOnDisk),"
        + "\"octets_in_memory\":\(family.octetsInMemory),\"levels\":[\(levels)]}"
    }.joined(separator: ",")
    return "{\"format\":\(statistics.format),\"sensors\":\(sensors),\"families\":[\(families)]}\n"
  }
}
