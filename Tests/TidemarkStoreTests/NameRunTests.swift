import DNSWire
import Testing
import TidemarkModel
import TidemarkStore
import TidemarkTesting

/// Values of runs.
struct NameRunTests {
  private func names(_ value: [UInt8]) throws -> [[UInt8]] {
    var reader = NameRunReader()
    try reader.begin(value.span)
    var names: [[UInt8]] = []
    repeat {
      reader.withName { span in
        var name: [UInt8] = []
        for index in span.indices { name.append(span[index]) }
        names.append(name)
      }
    } while try reader.next()
    return names
  }

  @Test(arguments: UInt64(1)...20)
  func readsBackWhatWasWritten(_ seed: UInt64) throws {
    var generator = SeededGenerator(seed: seed)
    var keys: Set<[UInt8]> = []
    for _ in 0..<Int.random(in: 1...300, using: &generator) {
      // Names of four letters share much, and some are longer than one octet can count.
      let count = Int.random(in: 0...9, using: &generator) == 0 ? 250...515 : 1...20
      keys.insert([0, 1] + generator.octets(count).map { $0 % 4 })
    }
    let sorted = keys.sorted { $0.lexicographicallyPrecedes($1) }
    var strings = OctetStrings()
    for key in sorted { strings.append(key) }
    var value: [UInt8] = []
    NameRun.append(strings, 0..<strings.count, to: &value)
    #expect(try names(value) == sorted)
    var half: [UInt8] = []
    NameRun.append(strings, strings.count / 2..<strings.count, to: &half)
    #expect(try names(half) == Array(sorted[(strings.count / 2)...]))
  }

  @Test(arguments: [
    [], [0], [0, 3, 1, 2], [1, 1, 7], [0, 1, 7, 2, 0], [0, 255], [0, 255, 1], [0, 255, 0, 2, 1],
    [0, 255, 4, 1] + [UInt8](repeating: 7, count: 1_025), [0, 1, 7, 0],
  ])
  func refusesDamage(_ value: [UInt8]) throws {
    #expect(throws: StoreError.self) { try names(value) }
  }
}
