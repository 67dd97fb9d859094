import CRocksDB
import TidemarkStore

/// Moves late names into runs, slices with each batch: a pass begins when enough of them came, and
/// ends behind the last one.
///
/// A slice is one write: runs with the names in them, and the end of their own rows. A crash leaves
/// all of it or nothing, and a name that is written again meanwhile is in both forms, which readers
/// do not mind.
struct NamesSealing {
  /// Octets of new runs after which a slice ends.
  private static let sliceOctetsMax = 4 << 20

  /// A pass is under way. One is at first: late names of earlier processes are nobody's otherwise.
  private(set) var isRunning = true
  /// Where the pass goes on.
  private var position = NameRun.end
  /// Names that came since the last pass began, about.
  private var late = 0

  /// Counts names that were written, and seals as many, or a slice: what came by large imports is
  /// searched as fast as what came in small batches.
  ///
  /// A pass begins when it is worthwhile: all runs may have to be written for a few late names in
  /// each.
  mutating func follow(
    _ names: Int, _ handle: RocksDBHandle, _ tuning: RocksDBTuning
  ) throws(StoreError) {
    late += names
    if !isRunning, late >= tuning.lateNamesMin,
      late >= NamesSealing.runOctets(handle) / NamesSealing.runOctetsPerName
    {
      begin()
    }
    var sealed = 0
    while isRunning, sealed == 0 || sealed < names { sealed += try seal(handle, tuning) }
  }

  /// Begins a pass.
  mutating func begin() {
    isRunning = true
    position = NameRun.end
    late = 0
  }

  /// Seals a slice.
  ///
  /// - Returns: names in it.
  @discardableResult
  mutating func seal(
    _ handle: RocksDBHandle, _ tuning: RocksDBTuning
  ) throws(StoreError) -> Int {
    let late = KeyIterator(
      handle, .names, KeyRange(lower: position, upper: nil), keepsBlocks: false)
    guard late.isValid else {
      try late.check()
      isRunning = false
      return 0
    }
    var slice = NamesSlice(handle, first: late.key)
    while late.isValid, slice.octets < NamesSealing.sliceOctetsMax,
      slice.names < tuning.sealedNamesMax
    {
      try slice.takeRun(late, namesMax: tuning.sealedNamesMax)
    }
    try late.check()
    // Not when nothing is found behind the last one: with each batch something may be.
    isRunning = late.isValid
    position = try slice.write()
    return slice.names
  }

  /// What a run's names take on disk, about, with some to spare.
  private static let runOctetsPerName = 64

  /// Octets of all runs on disk, about.
  private static func runOctets(_ handle: RocksDBHandle) -> Int {
    Int(clamping: handle.octetsOnDisk(.names, from: NameRun.prefix, to: NameRun.end))
  }
}
