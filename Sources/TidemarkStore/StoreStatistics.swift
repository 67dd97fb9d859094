/// How much a store holds, for `inspect` and health pages.
public struct StoreStatistics: Hashable, Sendable {
  /// One level of a log-structured family; level 0 is the newest.
  public struct Level: Hashable, Sendable {
    /// Number of the level.
    public var level: Int
    /// Files in it.
    public var files: Int
    /// Octets of the files.
    public var octets: UInt64

    /// Makes a level.
    public init(level: Int, files: Int, octets: UInt64) {
      self.level = level
      self.files = files
      self.octets = octets
    }
  }

  /// One family.
  public struct Family: Hashable, Sendable {
    /// Which.
    public var family: StoreFamily
    /// Keys; an estimate unless the store says otherwise.
    public var keys: UInt64
    /// Octets on disk, without what is still in memory.
    public var octetsOnDisk: UInt64
    /// Octets in memory that wait to be written to files; the log has them already.
    public var octetsInMemory: UInt64
    /// Levels that hold files.
    public var levels: [Level]

    /// Makes statistics of a family.
    public init(
      family: StoreFamily, keys: UInt64, octetsOnDisk: UInt64, octetsInMemory: UInt64,
      levels: [Level]
    ) {
      self.family = family
      self.keys = keys
      self.octetsOnDisk = octetsOnDisk
      self.octetsInMemory = octetsInMemory
      self.levels = levels
    }
  }

  /// Format number of the store.
  public var format: UInt32
  /// One entry for each family that can be read.
  public var families: [Family]
  /// Octets of all families on disk.
  public var octetsOnDisk: UInt64 { families.reduce(0) { $0 &+ $1.octetsOnDisk } }
  /// Octets that can still be written where the store is; nil for a store that is on no disk, or
  /// when the system does not tell.
  public var octetsFree: UInt64?

  /// Makes statistics.
  public init(format: UInt32, families: [Family], octetsFree: UInt64? = nil) {
    self.format = format
    self.families = families
    self.octetsFree = octetsFree
  }
}
