import D4Wire
import TidemarkSharing
import Testing

struct SensorActivityTests {
  private let uuid = SensorUUID.random()

  @Test func orderOfActivitiesMakesNoDifference() {
    var first = SensorActivity(
      uuid: uuid, seen: 100, packets: 1, octets: 10, records: 2, clockOffset: -3, lastError: "old")
    var second = SensorActivity(uuid: uuid, seen: 160, packets: 4, octets: 5, losses: 1)
    (first, second) = (adding(second, to: first), adding(first, to: second))
    #expect(first == second)
    #expect(first.packets == 5 && first.octets == 15 && first.records == 2 && first.losses == 1)
    #expect(first.seen == 160 && first.clockOffset == -3 && first.lastError == "old")
  }

  @Test func newerWordsReplaceOlderOnes() {
    let old = SensorActivity(uuid: uuid, seen: 100, clockOffset: 5, lastError: "a")
    let new = SensorActivity(uuid: uuid, seen: 101, clockOffset: -5, lastError: "b")
    for sum in [adding(old, to: new), adding(new, to: old)] {
      #expect(sum.clockOffset == -5 && sum.lastError == "b")
    }
  }

  @Test func numbersStopAtTheirGreatestValue() {
    let much = SensorActivity(uuid: uuid, seen: 1, octets: .max - 1)
    #expect(adding(much, to: much).octets == .max)
    var sum = SensorActivitySum(uuid: uuid, name: "a", state: .approved)
    sum.add(much)
    sum.add(much)
    #expect(sum.octets == .max)
  }

  @Test func sumsKeepTheWidestSpan() {
    var sum = SensorActivitySum(uuid: uuid, name: "a", state: .approved)
    for seen: UInt32 in [50, 20, 90, 70] {
      sum.add(SensorActivity(uuid: uuid, seen: seen, packets: 1))
    }
    #expect(sum.firstSeen == 20 && sum.lastSeen == 90 && sum.packets == 4)
  }

  @Test func whoIsRefusedInItsNameIsNotTheSensor() {
    var sum = SensorActivitySum(uuid: uuid, name: "a", state: .approved)
    sum.add(SensorActivity(uuid: uuid, seen: 50, packets: 1))
    sum.add(SensorActivity(uuid: uuid, seen: 90, lastError: "the HMAC does not match"))
    #expect(sum.lastSeen == 50 && sum.lastErrorSeen == 90)
    #expect(sum.lastError == "the HMAC does not match")
  }

  private func adding(_ other: SensorActivity, to one: SensorActivity) -> SensorActivity {
    var sum = one
    sum.add(other)
    return sum
  }
}
