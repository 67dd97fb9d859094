import Testing
import TidemarkModel

struct KeySorterTests {
  @Test(arguments: [0, 1, 2, 15, 16, 17, 100, 5_000])
  func sortsLikeTheStandardLibrary(_ count: Int) {
    var generator = Octets(seed: UInt64(count) + 41)
    let prefix = [UInt8](repeating: 0, count: 9)
    for shape in 0..<4 {
      let strings = (0..<count).map { _ in
        switch shape {
        case 0: generator.octets(upTo: 30)
        case 1: prefix + generator.octets(upTo: 3)
        case 2: [UInt8](repeating: 0, count: Int.random(in: 0...40, using: &generator))
        default: [7] + generator.octets(upTo: 1)
        }
      }
      let expected = strings.sorted { $0.lexicographicallyPrecedes($1) }
      #expect(sort(strings) == expected, "seed \(count + 41), shape \(shape)")
      #expect(sort(expected) == expected, "ascending, seed \(count + 41), shape \(shape)")
      #expect(sort(expected.reversed()) == expected, "descending, seed \(count + 41)")
    }
  }

  /// Longer than the stack could take one frame per octet.
  @Test func sortsLongStringsThatDifferAtTheEnd() {
    let common = [UInt8](repeating: 5, count: 60_000)
    let strings = (0..<40).map { common + [UInt8(39 - $0)] }
    #expect(sort(strings) == strings.reversed())
  }

  private func sort(_ strings: [[UInt8]]) -> [[UInt8]] {
    let octets = strings.flatMap(\.self) + [0]
    return unsafe octets.withUnsafeBufferPointer { buffer in
      var sorter = KeySorter(capacity: strings.count)
      var start = 0
      for (index, string) in strings.enumerated() {
        if let base = buffer.baseAddress {
          unsafe sorter.append(start: base + start, count: string.count, payload: index)
        }
        start += string.count
      }
      return sorter.sorted().map { strings[$0] }
    }
  }
}
