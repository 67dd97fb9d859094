/// Counts the requests of the last minute, second by second.
///
/// The second that runs and the sixty before it are counted, so that no minute, wherever it begins,
/// has more requests than allowed; a caller that always asks gets the limit every 61 seconds.
struct RequestWindow {
  /// Seconds after which a request is forgotten.
  static let seconds: Int64 = 61

  private var counts = [UInt32](repeating: 0, count: Int(RequestWindow.seconds))
  private var newest: Int64 = 0
  /// Requests counted.
  private(set) var used = 0

  /// Forgets what is over.
  ///
  /// A clock that was set back by less than the window stands still; by more, all is forgotten.
  mutating func advance(to second: Int64) {
    if second > newest - RequestWindow.seconds, second <= newest { return }
    guard second > newest, second - newest < RequestWindow.seconds else {
      self = RequestWindow()
      newest = second
      return
    }
    for passed in (newest + 1)...second {
      used -= Int(counts[slot(passed)])
      counts[slot(passed)] = 0
    }
    newest = second
  }

  /// Counts a request now.
  mutating func count() {
    counts[slot(newest)] += 1
    used += 1
  }

  /// When the first request is forgotten, seconds since 1970; now when there is none.
  var nextFree: Int64 {
    let oldest = (newest - RequestWindow.seconds + 1...newest).first { counts[slot($0)] > 0 }
    return oldest.map { $0 + RequestWindow.seconds } ?? newest
  }

  /// When all are forgotten, if no more come.
  var allFree: Int64 {
    let last = (newest - RequestWindow.seconds + 1...newest).last { counts[slot($0)] > 0 }
    return last.map { $0 + RequestWindow.seconds } ?? newest
  }

  private func slot(_ second: Int64) -> Int {
    let slot = Int(second % RequestWindow.seconds)
    return slot < 0 ? slot + Int(RequestWindow.seconds) : slot
  }
}
