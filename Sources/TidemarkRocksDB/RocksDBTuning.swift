/// Sizes that trade memory and disk against speed. The defaults are measured
/// (docs/notes/0002-store-write-path.md) and keep an import below 350 MB.
public struct RocksDBTuning: Sendable {
  /// Which keys the filters of the records family know.
  public enum RecordFilter: Sendable {
    /// Owner names: answers "no such name" and, for new names, "no such record".
    case owner
    /// Whole keys too: also answers "no such record" for names that exist.
    case ownerAndKey
  }

  /// Blocks, indexes and filters kept in memory, octets.
  public var blockCacheOctets = 96 << 20
  /// The cache has two to the power of this parts, each with a lock of its own. Each must hold the
  /// largest filters and indexes, some megabytes each, and blocks besides.
  public var blockCachePartBits: Int32 = 2
  /// A family's memory table is written to a file beyond this size, octets.
  public var writeBufferOctets = 16 << 20
  /// Uncompressed octets of a block, the unit of reading and of compression.
  public var blockOctets = 16 << 10
  /// Bits of filter per name or key; 10 let 1 % of absent names through.
  public var filterBitsPerKey = 10.0
  /// What filters know.
  public var recordFilter = RecordFilter.owner
  /// From so many new records in a batch on, index rows go to files of their own that the store
  /// takes in whole, past log and memory tables.
  public var ingestRowsMin = 65_536
  /// From so many new records on their names are moved into runs, which searches walk several times
  /// as fast as single rows.
  public var lateNamesMin = 262_144
  /// Names that are moved in one write at most.
  public var sealedNamesMax = 65_536
  /// Threads for flushes and compactions.
  public var backgroundJobs = 2
  /// Octets of log after which memory tables are written to files, to bound the time that opening
  /// takes after a crash.
  public var logOctetsMax = 256 << 20
  /// Files kept open by a writing store; a secondary keeps all open.
  public var openFilesMax = 512

  /// The measured defaults.
  public init() {}
}
