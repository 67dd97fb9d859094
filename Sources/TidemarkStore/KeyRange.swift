/// A half-open range of keys in octet order.
public struct KeyRange: Hashable, Sendable {
  /// First key that is included.
  public var lower: [UInt8]
  /// First key that is not included any more; nil has no end.
  public var upper: [UInt8]?

  /// Makes a range; it is empty when `upper` is not above `lower`.
  public init(lower: [UInt8], upper: [UInt8]?) {
    self.lower = lower
    self.upper = upper
  }

  /// Every key.
  public static let all = KeyRange(lower: [], upper: nil)

  /// The keys that start with `prefix`.
  public static func prefix(_ prefix: [UInt8]) -> KeyRange {
    KeyRange(lower: prefix, upper: successor(ofPrefix: prefix))
  }

  /// What is left of this range behind a key: a page resumes here. Nothing is left when the key
  /// is not below ``upper``.
  public func after(_ key: [UInt8]) -> KeyRange {
    let next = key + [0]
    return KeyRange(lower: KeyRange.precedes(next, lower) ? lower : next, upper: upper)
  }

  /// True when no key can be in the range.
  public var isEmpty: Bool {
    guard let upper else { return false }
    return !KeyRange.precedes(lower, upper)
  }

  /// True when the key is in the range.
  public func contains(_ key: [UInt8]) -> Bool {
    guard !KeyRange.precedes(key, lower) else { return false }
    guard let upper else { return true }
    return KeyRange.precedes(key, upper)
  }

  /// The first octet string behind every string that starts with `prefix`; nil when there is none.
  public static func successor(ofPrefix prefix: [UInt8]) -> [UInt8]? {
    var end = prefix
    while let last = end.popLast() {
      if last < 0xFF {
        end.append(last + 1)
        return end
      }
    }
    return nil
  }

  /// Order of keys: by octet, a prefix before what continues it.
  @inline(__always)
  public static func precedes(_ left: [UInt8], _ right: [UInt8]) -> Bool {
    left.lexicographicallyPrecedes(right)
  }
}
