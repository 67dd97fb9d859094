import CRocksDB
import TidemarkStore

/// Moves late names into runs, slices with each batch: a pass begins when enough of them came, and
/// ends behind the last one.
///
/// A slice is one write: runs with the names in them, and the end of their own rows. A crash leaves
/// all of it or nothing, and a name that is written again meanwhile is in both forms, which readers
/// do not mind. Only rows that were read are removed, each by itself: a range would remove those as
/// well that an error hid.
struct NamesSealing {
  /// A pass is under way. One is at first: late names of earlier processes are nobody's otherwise.
  private(set) var isRunning = true
  /// Where the pass goes on.
  private var position = NameRun.end
  /// Records that came since the last pass began: names, or somewhat more.
  private var late = 0

  /// Counts new records, and seals as many names, or a slice: what large imports bring is searched
  /// as fast as what comes in small batches.
  ///
  /// A pass begins when it is worthwhile: all runs may have to be written for a few late names in
  /// each.
  mutating func follow(
    _ records: Int, _ handle: RocksDBHandle, _ tuning: RocksDBTuning
  ) throws(StoreError) {
    guard records > 0 else { return }
    late += records
    if !isRunning, late >= tuning.lateNamesMin,
      late >= NamesSealing.runOctets(handle) / NamesSealing.runOctetsPerName
    {
      begin()
    }
    var sealed = 0
    while isRunning, sealed == 0 || sealed < records { sealed += try seal(handle, tuning) }
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
    // What stops a slice would stop the next one too, after as much work.
    isRunning = false
    let late = KeyIterator(
      handle, .names, KeyRange(lower: position, upper: nil), keepsBlocks: false)
    guard late.isValid else {
      try late.check()
      return 0
    }
    var slice = NamesSlice(handle, first: late.key, namesMax: tuning.sealedNamesMax)
    while late.isValid, slice.hasRoom { try slice.takeRun(late) }
    try late.check()
    position = try slice.write()
    // Not when nothing is found behind the last one: with each batch something may be.
    isRunning = late.isValid
    return slice.names
  }

  /// What a run's names take on disk, about, with some to spare.
  private static let runOctetsPerName = 64

  /// Octets of all runs on disk, about.
  private static func runOctets(_ handle: RocksDBHandle) -> Int {
    Int(clamping: handle.octetsOnDisk(.names, from: NameRun.prefix, to: NameRun.end))
  }
}
