import Glibc

/// Order of keys where they lie.
enum KeyOrder {
  /// Below 0, 0 or above 0 as the left key comes before, is, or comes behind the right one.
  @inline(__always)
  static func compare(_ left: Span<UInt8>, _ right: Span<UInt8>) -> Int {
    unsafe left.withUnsafeBytes { left in
      unsafe right.withUnsafeBytes { right in
        guard let a = left.baseAddress, let b = right.baseAddress else {
          return left.count - right.count
        }
        let order = unsafe memcmp(a, b, min(left.count, right.count))
        return order != 0 ? Int(order) : left.count - right.count
      }
    }
  }
}
