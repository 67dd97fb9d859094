/// A bounded table from secret hashes to values, in shelves of which each forgets for itself.
///
/// When a shelf is full its entry that was used longest ago makes room. Whoever floods the table
/// can only empty the shelf that his entries belong to. Pinned entries are on no shelf and stay.
///
/// A 64-bit hash under the process's random seed stands for a name: strangers cannot make two names
/// meet, and by accident two of 262,144 do with a chance of 2⁻²⁹.
struct ShelvedTable<Value> {
  /// An entry's number and the generation of its use, so that a reference to a forgotten entry is
  /// noticed.
  struct Reference: Equatable {
    var index: Int32
    var generation: UInt32
  }

  private struct Entry {
    var hash: UInt64
    var value: Value
    /// Neighbours on the shelf in order of use, or next free entry; -1 for none.
    var older: Int32 = -1
    var newer: Int32 = -1
    /// Odd while in use.
    var generation: UInt32
    /// -1 for a pinned entry.
    var shelf: Int16
  }

  private struct Shelf {
    var capacity: Int
    var count = 0
    var oldest: Int32 = -1
    var newest: Int32 = -1
  }

  /// Entries in use.
  private(set) var count = 0
  /// Entries that were forgotten to make room.
  private(set) var evicted: UInt64 = 0
  private var entries: [Entry] = []
  private var shelves: [Shelf]
  private var free: Int32 = -1
  /// Entry number + 1 below the upper half of the hash, 0 for a free slot; at most half full.
  private var slots: [UInt64] = Array(repeating: 0, count: 1_024)

  /// Makes an empty table.
  ///
  /// - Parameter shelves: room on each, 1 or more.
  init(shelves: [Int]) {
    self.shelves = shelves.map { Shelf(capacity: max($0, 1)) }
  }

  subscript(index: Int) -> Value {
    get { entries[index].value }
    set { entries[index].value = newValue }
  }

  /// A reference to an entry in use.
  func reference(to index: Int) -> Reference {
    Reference(index: Int32(index), generation: entries[index].generation)
  }

  /// The entry that a reference was made to, unless it was forgotten since.
  @inline(__always)
  func index(of reference: Reference) -> Int? {
    let index = Int(reference.index)
    return entries[index].generation == reference.generation ? index : nil
  }

  @inline(__always)
  func find(_ hash: UInt64) -> Int? {
    let mask = slots.count - 1
    var slot = Int(truncatingIfNeeded: hash) & mask
    while slots[slot] != 0 {
      if (slots[slot] ^ hash) >> 32 == 0 {
        let index = Int(slots[slot] & 0xFFFF_FFFF) - 1
        if entries[index].hash == hash { return index }
      }
      slot = (slot + 1) & mask
    }
    return nil
  }

  /// Makes an entry the one of its shelf that is forgotten last.
  @inline(__always)
  mutating func touch(_ index: Int) {
    let shelf = Int(entries[index].shelf)
    guard shelf >= 0, shelves[shelf].newest != Int32(index) else { return }
    unlink(index)
    link(index)
  }

  /// Adds an entry that is not in the table.
  ///
  /// - Parameter shelf: nil pins the entry.
  /// - Returns: its number, and the value that made room for it.
  mutating func insert(
    _ hash: UInt64, _ value: Value, shelf: Int?
  ) -> (index: Int, removed: Value?) {
    var removed: Value?
    if let shelf, shelves[shelf].count == shelves[shelf].capacity {
      let oldest = Int(shelves[shelf].oldest)
      removed = entries[oldest].value
      remove(oldest)
      evicted += 1
    }
    let index: Int
    if free >= 0 {
      index = Int(free)
      free = entries[index].newer
      entries[index].generation &+= 1
      entries[index].hash = hash
      entries[index].value = value
    } else {
      index = entries.count
      entries.append(Entry(hash: hash, value: value, generation: 1, shelf: -1))
    }
    entries[index].shelf = shelf.map { Int16($0) } ?? -1
    entries[index].older = -1
    entries[index].newer = -1
    if shelf != nil { link(index) }
    count += 1
    if count * 2 > slots.count { grow() }
    place(index)
    return (index, removed)
  }

  private mutating func remove(_ index: Int) {
    free(slotOf: index)
    unlink(index)
    entries[index].generation &+= 1
    entries[index].newer = free
    free = Int32(index)
    count -= 1
  }

  private mutating func link(_ index: Int) {
    let shelf = Int(entries[index].shelf)
    let newest = shelves[shelf].newest
    entries[index].older = newest
    entries[index].newer = -1
    if newest >= 0 {
      entries[Int(newest)].newer = Int32(index)
    } else {
      shelves[shelf].oldest = Int32(index)
    }
    shelves[shelf].newest = Int32(index)
    shelves[shelf].count += 1
  }

  private mutating func unlink(_ index: Int) {
    let shelf = Int(entries[index].shelf)
    let (older, newer) = (entries[index].older, entries[index].newer)
    if older >= 0 {
      entries[Int(older)].newer = newer
    } else {
      shelves[shelf].oldest = newer
    }
    if newer >= 0 {
      entries[Int(newer)].older = older
    } else {
      shelves[shelf].newest = older
    }
    shelves[shelf].count -= 1
  }

  private mutating func place(_ index: Int) {
    let hash = entries[index].hash
    let mask = slots.count - 1
    var slot = Int(truncatingIfNeeded: hash) & mask
    while slots[slot] != 0 { slot = (slot + 1) & mask }
    slots[slot] = hash & 0xFFFF_FFFF_0000_0000 | UInt64(index + 1)
  }

  private mutating func grow() {
    let old = slots
    slots = Array(repeating: 0, count: old.count * 2)
    for slot in old where slot != 0 { place(Int(slot & 0xFFFF_FFFF) - 1) }
  }

  /// Frees an entry's slot and closes the gap, so that probing needs no marks of deletion.
  private mutating func free(slotOf index: Int) {
    let mask = slots.count - 1
    var gap = Int(truncatingIfNeeded: entries[index].hash) & mask
    while slots[gap] & 0xFFFF_FFFF != UInt64(index + 1) { gap = (gap + 1) & mask }
    var slot = (gap + 1) & mask
    while slots[slot] != 0 {
      let home =
        Int(truncatingIfNeeded: entries[Int(slots[slot] & 0xFFFF_FFFF) - 1].hash) & mask
      if (slot - home) & mask >= (slot - gap) & mask {
        slots[gap] = slots[slot]
        gap = slot
      }
      slot = (slot + 1) & mask
    }
    slots[gap] = 0
  }
}

/// Short lists in one array, without an allocation for each.
struct ListPool<Element> {
  /// The first node of a list; -1 for an empty one.
  typealias Head = Int32

  private var nodes: [(element: Element, next: Int32)] = []
  private var free: Int32 = -1

  /// An empty list.
  static var empty: Head { -1 }

  subscript(node: Head) -> Element {
    get { nodes[Int(node)].element }
    set { nodes[Int(node)].element = newValue }
  }

  @inline(__always)
  func next(_ node: Head) -> Head { nodes[Int(node)].next }

  /// Puts an element in front of a list.
  mutating func push(_ element: Element, on head: inout Head) {
    if free >= 0 {
      let node = free
      free = nodes[Int(node)].next
      nodes[Int(node)] = (element, head)
      head = node
    } else {
      nodes.append((element, head))
      head = Int32(nodes.count - 1)
    }
  }

  /// Gives a list's nodes back.
  mutating func removeAll(_ head: Head) {
    var node = head
    while node >= 0 {
      let next = nodes[Int(node)].next
      nodes[Int(node)].next = free
      free = node
      node = next
    }
  }
}
