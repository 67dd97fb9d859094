import Dispatch
import Glibc

/// Signals of the process as a sequence, in place of what they do by themselves.
struct ProcessSignals {
  /// What somebody wants.
  enum Wish: Sendable {
    /// SIGTERM or SIGINT.
    case end
    /// SIGHUP.
    case reload
  }

  /// What is wanted, in order.
  let wishes: AsyncStream<Wish>
  private let sources: [any DispatchSourceSignal]

  /// Takes the signals over for the rest of the process's life.
  init() {
    let (wishes, continuation) = AsyncStream.makeStream(of: Wish.self)
    self.wishes = wishes
    let wanted: [(Int32, Wish)] = [(SIGTERM, .end), (SIGINT, .end), (SIGHUP, .reload)]
    sources = wanted.map { number, wish in
      signal(number, SIG_IGN)
      let source = DispatchSource.makeSignalSource(signal: number)
      source.setEventHandler { continuation.yield(wish) }
      source.resume()
      return source
    }
    // Peers that go away are ordinary: the write says so.
    signal(SIGPIPE, SIG_IGN)
  }
}
