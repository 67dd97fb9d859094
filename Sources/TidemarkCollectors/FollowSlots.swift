/// The positions of a follower by number, and the files that own them.
struct FollowSlots {
  /// Positions remembered.
  static let slotsMax = 65_536

  private struct Slot {
    var position = FollowPosition()
    weak var owner: FollowedFile?
  }

  private var slots: [UInt32: Slot] = [:]
  private var byHead: [FollowPosition.Digest: Set<UInt32>] = [:]
  private var headCounts: [Int: Int] = [:]
  private var unused: UInt32 = 0

  /// Stores a position.
  mutating func set(_ number: UInt32, _ position: FollowPosition) {
    var slot = slots[number] ?? Slot()
    if slots[number] == nil || slot.position.head != position.head {
      unlink(number)
      byHead[position.head, default: []].insert(number)
      headCounts[position.head.count, default: 0] += 1
    }
    slot.position = position
    slots[number] = slot
    unused = max(unused, number &+ 1)
  }

  /// The position with a number.
  subscript(number: UInt32) -> FollowPosition? { slots[number]?.position }

  /// The file that a position belongs to, as long as it is known.
  func owner(_ number: UInt32) -> FollowedFile? {
    guard let owner = slots[number]?.owner, owner.slot == number else { return nil }
    return owner
  }

  /// Gives a position to a file.
  mutating func assign(_ number: UInt32, to file: FollowedFile) {
    slots[number]?.owner = file
    file.slot = number
  }

  /// A number for a file without one: a new one, or that of the position that was not changed for
  /// the longest time among those whose files are gone.
  mutating func allocate(for file: FollowedFile) -> UInt32 {
    var number = unused
    if slots.count >= FollowSlots.slotsMax {
      let gone = slots.filter { owner($0.key) == nil }
      let oldest = gone.min { $0.value.position.modified < $1.value.position.modified }
      number = oldest?.key ?? unused
    }
    unlink(number)
    slots[number] = Slot(position: FollowPosition(), owner: file)
    byHead[FollowPosition().head, default: []].insert(number)
    headCounts[0, default: 0] += 1
    unused = max(unused, number &+ 1)
    return number
  }

  /// Positions of files that begin with `head`, the farthest first.
  func candidates(head: [UInt8]) -> [UInt32] {
    var found: [UInt32] = []
    for (count, _) in headCounts where count > 0 && count <= head.count {
      found.append(contentsOf: byHead[.init(of: Array(head.prefix(count)))] ?? [])
    }
    return found.sorted { (slots[$0]?.position.offset ?? 0) > (slots[$1]?.position.offset ?? 0) }
  }

  private mutating func unlink(_ number: UInt32) {
    guard let old = slots[number]?.position.head else { return }
    byHead[old]?.remove(number)
    if byHead[old]?.isEmpty == true { byHead[old] = nil }
    headCounts[old.count, default: 0] -= 1
    if headCounts[old.count] == 0 { headCounts[old.count] = nil }
  }
}
