import ArgumentParser
import TidemarkRocksDB
import TidemarkStore

/// Where the store is.
struct StoreOption: ParsableArguments {
  static let defaultPath = "./tidemark.store"

  @Option(name: .customLong("store"), help: "Directory of the store.", completion: .directory)
  var path = StoreOption.defaultPath

  /// Opens the store to read, beside whoever writes it.
  func openForReading() throws -> RocksDBStore {
    try RocksDBStore(path: path, mode: .secondary)
  }

  /// Opens the store to write.
  ///
  /// - Parameters:
  ///   - create: makes it if it is not there.
  ///   - cacheOctets: memory for its blocks; nil for what an import needs.
  func openForWriting(create: Bool = true, cacheOctets: Int? = nil) throws -> RocksDBStore {
    var tuning = RocksDBTuning()
    if let cacheOctets { tuning.blockCacheOctets = cacheOctets }
    return try RocksDBStore(path: path, mode: .write(create: create), tuning: tuning)
  }
}
