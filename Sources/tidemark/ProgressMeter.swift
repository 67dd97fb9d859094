import TidemarkCollectors

/// Shows how far an import is: a line that is rewritten on a terminal, a line every ten seconds
/// elsewhere.
final class ProgressMeter {
  private let name: String
  private let start = ContinuousClock.now
  private var last = ContinuousClock.now
  private var hasShown = false

  init(name: String) {
    self.name = name == "-" ? "standard input" : name
  }

  func show(_ progress: ImportRun.Progress) {
    let interval = StandardStreams.isErrorTerminal ? Duration.milliseconds(200) : .seconds(10)
    guard ContinuousClock.now - last >= interval else { return }
    last = ContinuousClock.now
    let seconds = (last - start).seconds
    let share = progress.size > 0 ? Double(progress.position) / Double(progress.size) : 0
    let left = share > 0 ? seconds * (1 - share) / share : 0
    let rate = Int(Double(progress.items) / max(seconds, 0.001))
    let line = "\(name): \(Int(share * 100)) %, \(rate) items/s, \(Int(left.rounded(.up))) s left"
    if StandardStreams.isErrorTerminal {
      _ = StandardStreams.write(Array("\r\u{1B}[K\(line)".utf8), to: 2)
    } else {
      StandardStreams.complain(line)
    }
    hasShown = true
  }

  /// Clears the line.
  func end() {
    if hasShown, StandardStreams.isErrorTerminal {
      _ = StandardStreams.write(Array("\r\u{1B}[K".utf8), to: 2)
    }
  }
}

extension Duration {
  /// Seconds with their fraction.
  var seconds: Double {
    Double(components.seconds) + Double(components.attoseconds) * 1e-18
  }
}
