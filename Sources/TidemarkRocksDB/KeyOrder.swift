/// Order of keys where they lie.
enum KeyOrder {
  /// Below 0, 0 or above 0 as the left key comes before, is, or comes behind the right one.
  @inline(__always)
  static func compare(_ left: Span<UInt8>, _ right: Span<UInt8>) -> Int {
    let shared = min(left.count, right.count)
    var at = 0
    while at < shared, left[at] == right[at] { at += 1 }
    return at < shared ? Int(left[at]) - Int(right[at]) : left.count - right.count
  }
}
