import Testing
import TidemarkModel

struct SensorSetTests {
  @Test func isASetOfNumbers() {
    var generator = Octets(seed: 61)
    for limit: UInt32 in [7, 63, 64, 500, SensorSet.numberMax] {
      var sensors = SensorSet()
      var model = Set<SensorNumber>()
      for _ in 0..<50 {
        let number = UInt32.random(in: 0...limit, using: &generator)
        sensors.insert(number)
        model.insert(number)
      }
      #expect(sensors.numbers == model.sorted(), "seed 61, up to \(limit)")
      #expect(sensors.count == model.count && !sensors.isEmpty)
      #expect(model.allSatisfy(sensors.contains))
      let absent = (0...limit).first { !model.contains($0) }
      if let absent { #expect(!sensors.contains(absent)) }
    }
  }

  @Test func unionDoesNotDependOnTheOrder() {
    for (a, b): (UInt32, UInt32) in [(1, 2), (1, 64), (64, 200), (63, 65_535)] {
      var left = SensorSet(a)
      left.formUnion(SensorSet(b))
      var right = SensorSet(b)
      right.formUnion(SensorSet(a))
      #expect(left == right && left.numbers == [a, b])
    }
  }

  @Test func storedFormKeepsEverySet() throws {
    for numbers: [SensorNumber] in [[], [0], [7], [8], [63], [64], [0, 64, 127, 128], [65_535]] {
      var sensors = SensorSet()
      for number in numbers { sensors.insert(number) }
      var octets: [UInt8] = []
      RecordValue(timeFirst: 1, timeLast: 1, count: 1, sensors: sensors).encode(into: &octets)
      let read = try RecordValue(decoding: octets.span)
      #expect(read.sensors == sensors && read.sensors.numbers == numbers)
    }
  }

  @Test func trailingZeroOctetsChangeNothing() throws {
    let octets: [UInt8] = [1, 0, 1, 10, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0]
    let value = try RecordValue(decoding: octets.span)
    #expect(value.sensors == SensorSet(0))
  }
}
