import Glibc

/// Clock, memory and percentiles.
enum Measure {
  /// Seconds that `body` takes.
  static func seconds(_ body: () throws -> Void) rethrows -> Double {
    let clock = ContinuousClock()
    let start = clock.now
    try body()
    return seconds(clock.now - start)
  }

  static func seconds(_ duration: Duration) -> Double {
    Double(duration.components.seconds) + Double(duration.components.attoseconds) / 1e18
  }

  /// Highest resident memory of the process so far, octets.
  static var peakOctets: Int {
    var usage = rusage()
    unsafe getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
    return usage.ru_maxrss * 1_024
  }

  /// Seconds of processor time of the process so far.
  static var processorSeconds: Double {
    var usage = rusage()
    unsafe getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
    return Double(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec)
      + Double(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6
  }

  /// Calls `body` for 0..<count and prints rate and percentiles of its time.
  static func percentiles(_ what: String, count: Int, _ body: (Int) throws -> Int) rethrows {
    let clock = ContinuousClock()
    var times: [Double] = []
    times.reserveCapacity(count)
    var rows = 0
    let begin = clock.now
    let processor = processorSeconds
    for index in 0..<count {
      let start = clock.now
      rows += try body(index)
      times.append(seconds(clock.now - start) * 1e6)
    }
    let total = seconds(clock.now - begin)
    let each = (processorSeconds - processor) / Double(count)
    times.sort()
    func at(_ share: Double) -> String { decimal(times[Int(Double(count - 1) * share)]) }
    print(
      "\(what): \(Int(Double(count) / total))/s, p50 \(at(0.5)) us, p99 \(at(0.99)) us, "
        + "processor \(decimal(each * 1e6)) us = \(Int(1 / each))/s, "
        + "\(decimal(Double(rows) / Double(count))) rows each")
  }

  /// Two digits behind the point.
  static func decimal(_ value: Double) -> String {
    let hundredths = Int((value * 100).rounded())
    let rest = hundredths % 100
    return "\(hundredths / 100).\(rest < 10 ? "0" : "")\(rest)"
  }
}
