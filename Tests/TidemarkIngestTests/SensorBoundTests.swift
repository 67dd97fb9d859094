import Synchronization
import Testing
import TidemarkIngest
import TidemarkModel

/// A feed that names sensors without end takes few numbers of the store.
@Suite struct SensorBoundTests {
  private final class Registry: Sendable {
    private let names = Mutex<[[UInt8]]>([])

    var count: Int { names.withLock { $0.count } }

    func number(_ name: [UInt8]) -> SensorNumber {
      names.withLock { names in
        if let at = names.firstIndex(of: name) { return SensorNumber(at + 10) }
        names.append(name)
        return SensorNumber(names.count + 9)
      }
    }
  }

  @Test func namesBeyondTheBoundBelongToTheStandardSensor() {
    let registry = Registry()
    let lookup = SensorBound.lookup({ registry.number($0) }, standard: 7)
    let numbers = (0..<1_000).map { lookup(Array("sensor \($0)".utf8)) }
    #expect(registry.count == SensorBound.namesMax)
    let first = Array(10..<SensorNumber(10 + SensorBound.namesMax))
    #expect(Array(numbers.prefix(SensorBound.namesMax)) == first)
    #expect(numbers.dropFirst(SensorBound.namesMax).allSatisfy { $0 == 7 })
    #expect(lookup(Array("sensor 3".utf8)) == 13, "the first ones stay")
    #expect(lookup(Array("sensor 999".utf8)) == 7)
  }
}
