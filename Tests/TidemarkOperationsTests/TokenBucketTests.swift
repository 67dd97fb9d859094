import TidemarkOperations
import TidemarkTesting
import Testing

struct TokenBucketTests {
  /// In no span of time more requests start than the burst and what the rate gives.
  @Test func keepsTheRateInEverySpan() {
    let seed = UInt64.random(in: 0 ... .max)
    print("seed of token buckets: \(seed)")
    var generator = SeededGenerator(seed: seed)
    for _ in 0..<300 {
      let rate = RequestRate(
        perSecond: Double.random(in: 0.1...200, using: &generator),
        burst: Int.random(in: 1...20, using: &generator))
      var bucket = TokenBucket(rate)
      var now: Int64 = 0
      var starts: [Int64] = []
      for _ in 0..<60 {
        now += Int64.random(in: 0...Int64(2_000 / rate.perSecond), using: &generator)
        starts.append(now + bucket.take(at: now))
      }
      #expect(starts == starts.sorted(), "seed \(seed)")
      for first in starts.indices {
        for last in first..<starts.count {
          let seconds = Double(starts[last] - starts[first] + 1) / 1_000
          let allowed = Double(rate.burst) + seconds * rate.perSecond + 1e-6
          #expect(Double(last - first + 1) <= allowed + 1, "seed \(seed)")
        }
      }
    }
  }

  @Test func nothingIsLostByWaiting() {
    var bucket = TokenBucket(RequestRate(perSecond: 10))
    #expect(bucket.take(at: 0) == 0)
    #expect(bucket.take(at: 0) == 100)
    #expect(bucket.take(at: 100) == 100)
    #expect(bucket.take(at: 10_000) == 0)
    #expect(bucket.take(at: 10_000) == 100)
  }

  @Test func survivesClocksThatGoBackAndRatesThatCannotBe() {
    for rate in [RequestRate(perSecond: .nan), RequestRate(perSecond: -1, burst: -1)] {
      var bucket = TokenBucket(rate)
      for now in [Int64.max, 0, .min, 5] { #expect(bucket.take(at: now) >= 0) }
    }
  }
}
