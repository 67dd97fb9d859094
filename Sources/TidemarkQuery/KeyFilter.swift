import DNSWire
import TidemarkModel

/// What a subject wants of the keys in its ranges, told by the key alone.
enum KeyFilter: Equatable {
  /// Every key.
  case all
  /// Keys whose name has exactly one label from this offset on: the names right below a name.
  case oneLabel(from: Int)
  /// Keys whose name, which starts at the offset, ends with these reversed labels, final 00
  /// included: names that start with some labels.
  case labels([UInt8], from: Int)

  /// True when the key is wanted.
  @inline(__always)
  func admits(_ key: Span<UInt8>) -> Bool {
    switch self {
    case .all: true
    case .oneLabel(let start): KeyFilter.hasOneLabel(key, from: start)
    case .labels(let labels, let start): KeyFilter.ends(key, with: labels, from: start)
    }
  }

  /// True when ``seekTarget(behind:)`` can leave rows out.
  var canJump: Bool {
    if case .oneLabel = self { true } else { false }
  }

  /// The first key behind an unwanted one that may be wanted; nil when it is the very next.
  func seekTarget(behind key: [UInt8]) -> [UInt8]? {
    guard case .oneLabel(let start) = self, start < key.count,
      let end = key[start...].firstIndex(of: 0)
    else { return nil }
    return key[..<end] + [1]
  }

  private static func hasOneLabel(_ key: Span<UInt8>, from start: Int) -> Bool {
    var at = start
    while at < key.count, key[at] != 0 { at += 1 }
    return at > start && at + 1 < key.count && key[at + 1] == 0
  }

  private static func ends(_ key: Span<UInt8>, with labels: [UInt8], from start: Int) -> Bool {
    guard let end = RecordKeyView.reversedNameEnd(key, from: start),
      end - start >= labels.count
    else { return false }
    let first = end - labels.count
    // A label ends right before: 00 occurs nowhere else.
    guard first == start || key[first - 1] == 0 else { return false }
    for index in labels.indices where key[first + index] != labels[index] { return false }
    return true
  }
}
