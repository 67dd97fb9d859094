/// Sorts octet strings in memory order: multikey quicksort that caches eight octets of each string
/// at the depth reached (Bentley and Sedgewick 1997, with the caching of Ng and Kakehi 2007).
///
/// Record keys share long prefixes (`com`, the registered domain), which makes plain comparison
/// sorts walk the same octets again and again; here each octet is looked at about once per level.
@safe public struct KeySorter {
  @unsafe private struct Item {
    var cache: UInt64
    var start: UnsafePointer<UInt8>
    var count: Int
    var payload: Int
  }

  private var items: [Item] = unsafe []

  /// Makes an empty sorter.
  public init(capacity: Int) {
    unsafe items.reserveCapacity(capacity)
  }

  /// Adds a string. The octets must stay where they are until ``sorted()`` returns.
  ///
  /// - Parameter payload: what ``sorted()`` returns for this string.
  public mutating func append(start: UnsafePointer<UInt8>, count: Int, payload: Int) {
    unsafe items.append(Item(cache: 0, start: start, count: count, payload: payload))
  }

  /// The payloads in the order of their strings; equal strings keep no particular order.
  public consuming func sorted() -> [Int] {
    unsafe items.withUnsafeMutableBufferPointer { buffer in
      unsafe KeySorter.fillCaches(buffer, depth: 0)
      unsafe KeySorter.sort(buffer, depth: 0)
    }
    return unsafe items.map { unsafe $0.payload }
  }

  private typealias Items = UnsafeMutableBufferPointer<Item>

  /// Recursion goes into the smaller parts and loops on the largest, so the stack stays shallow;
  /// going deeper into equal prefixes is bounded by the key length / 8.
  private static func sort(_ all: Items, depth start: Int) {
    var items = unsafe all
    var depth = start
    while items.count > 1 {
      if items.count <= 16 {
        unsafe insertionSort(items, depth: depth)
        return
      }
      let (less, greater) = unsafe partition(items)
      let lower = unsafe Items(rebasing: items[..<less])
      let equal = unsafe Items(rebasing: items[less..<greater])
      let upper = unsafe Items(rebasing: items[greater...])
      // Strings that ended within this cache word and are equal up to here differ in length only
      // by zero octets: order them by length, and go on with those that have more octets.
      let rest = unsafe finishEnded(equal, depth: depth)
      if rest.count >= lower.count + upper.count {
        unsafe sort(lower, depth: depth)
        unsafe sort(upper, depth: depth)
        unsafe items = rest
        depth += 8
        unsafe fillCaches(items, depth: depth)
      } else {
        unsafe fillCaches(rest, depth: depth + 8)
        unsafe sort(rest, depth: depth + 8)
        if lower.count < upper.count {
          unsafe sort(lower, depth: depth)
          unsafe items = upper
        } else {
          unsafe sort(upper, depth: depth)
          unsafe items = lower
        }
      }
    }
  }

  /// Three-way partition by cache word: `..<less` is lower, `less..<greater` equal to the pivot.
  private static func partition(_ items: Items) -> (less: Int, greater: Int) {
    let count = items.count
    // Places that depend on a secret: nobody can order keys so that all pivots are bad.
    let places = SeededHash.mix(UInt64(count) ^ SeededHash.processSeed, SeededHash.processSeed)
    let pivot = unsafe median(
      items[Int(places >> 42) % count].cache, items[Int(places >> 21 & 0x1F_FFFF) % count].cache,
      items[Int(places & 0x1F_FFFF) % count].cache)
    var less = 0
    var at = 0
    var greater = items.count
    while at < greater {
      let cache = unsafe items[at].cache
      if cache < pivot {
        unsafe items.swapAt(less, at)
        less += 1
        at += 1
      } else if cache > pivot {
        greater -= 1
        unsafe items.swapAt(at, greater)
      } else {
        at += 1
      }
    }
    return (less, greater)
  }

  private static func finishEnded(_ equal: Items, depth: Int) -> Items {
    var ended = 0
    for index in equal.indices where unsafe equal[index].count <= depth + 8 {
      unsafe equal.swapAt(ended, index)
      ended += 1
    }
    if ended > 1 {
      var head = unsafe Items(rebasing: equal[..<ended])
      unsafe head.sort { unsafe $0.count < $1.count }
    }
    return unsafe Items(rebasing: equal[ended...])
  }

  private static func insertionSort(_ items: Items, depth: Int) {
    for end in items.indices.dropFirst() {
      let item = unsafe items[end]
      var at = end
      while at > 0, unsafe precedes(item, items[at - 1], depth: depth) {
        unsafe items[at] = items[at - 1]
        at -= 1
      }
      unsafe items[at] = item
    }
  }

  private static func precedes(_ left: Item, _ right: Item, depth: Int) -> Bool {
    if unsafe left.cache != right.cache { return unsafe left.cache < right.cache }
    var at = depth + 8
    let shared = unsafe min(left.count, right.count)
    while at < shared {
      let a = unsafe load(left, depth: at)
      let b = unsafe load(right, depth: at)
      if a != b { return a < b }
      at += 8
    }
    return unsafe left.count < right.count
  }

  private static func fillCaches(_ items: Items, depth: Int) {
    for index in items.indices {
      unsafe items[index].cache = unsafe load(items[index], depth: depth)
    }
  }

  /// Eight octets at `depth` as a big-endian number, zeros behind the end.
  @inline(__always)
  private static func load(_ item: Item, depth: Int) -> UInt64 {
    let left = unsafe item.count - depth
    let at = unsafe UnsafeRawPointer(item.start) + depth
    if left >= 8 { return unsafe UInt64(bigEndian: at.loadUnaligned(as: UInt64.self)) }
    var word: UInt64 = 0
    var index = 0
    while index < left {
      unsafe word |=
        UInt64(at.load(fromByteOffset: index, as: UInt8.self)) << UInt64(56 - index * 8)
      index += 1
    }
    return word
  }

  private static func median(_ a: UInt64, _ b: UInt64, _ c: UInt64) -> UInt64 {
    max(min(a, b), min(max(a, b), c))
  }
}
