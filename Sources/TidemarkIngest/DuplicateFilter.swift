/// Which 64-bit hashes were seen in one message. Cleared by counting up, not by writing.
struct DuplicateFilter {
  private var stamps: [UInt32] = Array(repeating: 0, count: 64)
  private var hashes: [UInt64] = Array(repeating: 0, count: 64)
  private var stamp: UInt32 = 0
  private var isSingle = true

  mutating func begin(expecting count: Int) {
    isSingle = count < 2
    if count * 2 > stamps.count {
      var size = stamps.count
      while size < count * 2 { size *= 2 }
      stamps = Array(repeating: 0, count: size)
      hashes = Array(repeating: 0, count: size)
      stamp = 0
    }
    if stamp == .max {
      for index in stamps.indices { stamps[index] = 0 }
      stamp = 0
    }
    stamp += 1
  }

  /// Returns false when the hash was there already.
  mutating func insert(_ hash: UInt64) -> Bool {
    if isSingle { return true }
    let mask = stamps.count - 1
    var slot = Int(truncatingIfNeeded: hash) & mask
    while stamps[slot] == stamp {
      if hashes[slot] == hash { return false }
      slot = (slot + 1) & mask
    }
    stamps[slot] = stamp
    hashes[slot] = hash
    return true
  }
}
