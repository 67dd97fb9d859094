import Testing
import TidemarkModel

struct RecordValueTests {
  private static let start: UnixSeconds = 1_750_000_000

  @Test func mergingIsCommutativeAndAssociative() {
    var generator = Octets(seed: 21)
    for round in 0..<2_000 {
      let (a, b, c) = (value(&generator), value(&generator), value(&generator))
      #expect(merged(a, b) == merged(b, a), "seed 21, round \(round)")
      #expect(merged(merged(a, b), c) == merged(a, merged(b, c)), "seed 21, round \(round)")
    }
  }

  @Test func keepsExactlyTheDaysSeen() {
    var generator = Octets(seed: 22)
    for round in 0..<500 {
      var days = Set<UnixDay>()
      var total: RecordValue?
      for _ in 0..<Int.random(in: 1...12, using: &generator) {
        let time = Self.start + 86_400 * UInt32.random(in: 0...800, using: &generator)
        days.insert(time / 86_400)
        let one = RecordValue(timeFirst: time, timeLast: time, count: 1)
        total = total.map { merged($0, one) } ?? one
      }
      #expect(total?.daysSeen == days.sorted(), "seed 22, round \(round)")
    }
  }

  @Test func aRecordOfTwoDaysStoresNoDays() {
    let value = merged(at(0), at(5 * 86_400))
    #expect(value.activity.isEmpty && value.daysSeen.count == 2)
  }

  @Test func countSaturates() {
    let most = RecordValue(timeFirst: Self.start, timeLast: Self.start, count: .max)
    #expect(merged(most, at(0)).count == .max)
  }

  @Test func storedFormReadsBack() throws {
    var generator = Octets(seed: 23)
    for round in 0..<2_000 {
      var value = value(&generator)
      for _ in 0..<Int.random(in: 0...5, using: &generator) {
        value.merge(self.value(&generator))
      }
      var octets: [UInt8] = []
      value.encode(into: &octets)
      let read = try RecordValue(decoding: octets.span)
      #expect(read == value, "seed 23, round \(round)")
    }
  }

  @Test func refusesDamagedForms() {
    let overlong = [UInt8](repeating: 0x80, count: 10) + [1]
    let bad: [[UInt8]] = [
      [], [1], [1, 1], [1, 1, 1], [1, 1, 1, 2, 1], [1, 1, 1, 0, 5], [1, 1, 1, 0, 5, 0],
      [1, 1, 1, 0, 5, 0x80, 0x80, 0x80, 0x80, 0x08], [1, 1, 1, 0, 0x9B, 0x0D, 1],
      [0xFF, 0xFF, 0xFF, 0xFF, 0x0F, 1, 1, 0], overlong + [0, 1, 0],
      [1, 1, 1, 0, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x01, 1],
    ]
    for octets in bad { #expect(!isValue(octets), "\(octets)") }
    #expect(isValue([1, 1, 1, 0]) && isValue([1, 1, 1, 0, 5, 1]))
  }

  @Test func anyOctetsAreReadOrRefused() {
    var generator = Octets(seed: 24)
    var read = 0
    for _ in 0..<50_000 where isValue(generator.octets(upTo: 16)) { read += 1 }
    #expect(read > 100, "the generator must reach good values too")
  }

  private func isValue(_ octets: [UInt8]) -> Bool {
    (try? RecordValue(decoding: octets.span)) != nil
  }

  private func at(_ seconds: UInt32) -> RecordValue {
    RecordValue(timeFirst: Self.start + seconds, timeLast: Self.start + seconds, count: 1)
  }

  private func merged(_ a: RecordValue, _ b: RecordValue) -> RecordValue {
    var result = a
    result.merge(b)
    return result
  }

  private func value(_ generator: inout Octets) -> RecordValue {
    let first = Self.start + UInt32.random(in: 0...20_000_000, using: &generator)
    let span =
      Bool.random(using: &generator) ? 0 : UInt32.random(in: 0...999_999, using: &generator)
    return RecordValue(
      timeFirst: first, timeLast: first + span,
      count: UInt64.random(in: 1...1_000, using: &generator),
      sensors: SensorSet(UInt32.random(in: 0...200, using: &generator)))
  }
}
