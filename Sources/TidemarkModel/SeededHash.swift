/// Hash of octets for tables inside one process: a multiplication of 64 × 64 bits for 16 octets.
///
/// A random seed keeps strangers from choosing octets that collide. Never stored, never compared
/// between processes.
public enum SeededHash {
  /// The seed of this process for record keys.
  static let processSeed = UInt64.random(in: 0 ... .max)
  private static let first: UInt64 = 0xA076_1D64_78BD_642F
  private static let second: UInt64 = 0xE703_7ED1_A0B4_28DB

  /// Hashes octets.
  @inline(__always)
  public static func hash(_ octets: Span<UInt8>, seed: UInt64) -> UInt64 {
    unsafe octets.withUnsafeBytes { unsafe hash($0, seed: seed) }
  }

  private static func hash(_ key: UnsafeRawBufferPointer, seed: UInt64) -> UInt64 {
    // Both factors hold the secret: whoever could make one of them zero could erase the other.
    let secret = seed ^ first
    var state = seed
    var at = 0
    let count = key.count
    while count - at >= 16 {
      state = unsafe mix(
        key.loadUnaligned(fromByteOffset: at, as: UInt64.self) ^ secret,
        key.loadUnaligned(fromByteOffset: at + 8, as: UInt64.self) ^ state)
      at += 16
    }
    var low: UInt64 = 0
    var high: UInt64 = 0
    if count >= 16 {
      // The last 16 octets overlap those already mixed, which costs less than a loop.
      unsafe low = key.loadUnaligned(fromByteOffset: count - 16, as: UInt64.self)
      unsafe high = key.loadUnaligned(fromByteOffset: count - 8, as: UInt64.self)
    } else if count >= 8 {
      unsafe low = key.loadUnaligned(fromByteOffset: 0, as: UInt64.self)
      unsafe high = key.loadUnaligned(fromByteOffset: count - 8, as: UInt64.self)
    } else {
      for index in 0..<count { unsafe low = low << 8 | UInt64(key[index]) }
    }
    return mix(mix(low ^ secret, high ^ state), UInt64(count) ^ second)
  }

  /// Folds the 128-bit product of two words.
  @inline(__always)
  public static func mix(_ a: UInt64, _ b: UInt64) -> UInt64 {
    let product = a.multipliedFullWidth(by: b)
    return product.high ^ product.low
  }
}

/// True when two regions of `count` octets hold the same.
@inline(__always)
func memoryEqual(
  _ left: UnsafePointer<UInt8>?, _ right: UnsafePointer<UInt8>, count: Int
) -> Bool {
  guard let left = unsafe left else { return count == 0 }
  let a = unsafe UnsafeRawPointer(left)
  let b = unsafe UnsafeRawPointer(right)
  var at = 0
  while count - at >= 8 {
    if unsafe a.loadUnaligned(fromByteOffset: at, as: UInt64.self)
      != b.loadUnaligned(fromByteOffset: at, as: UInt64.self)
    {
      return false
    }
    at += 8
  }
  while at < count {
    if unsafe left[at] != right[at] { return false }
    at += 1
  }
  return true
}
