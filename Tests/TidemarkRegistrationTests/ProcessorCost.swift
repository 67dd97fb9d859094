import Glibc

/// What work takes of this thread's processor time: other tests run beside it. The better of two.
func processorCost(_ work: () -> Void) -> Duration {
  (0..<2).map { _ in
    let start = processorTime
    work()
    return processorTime - start
  }.min() ?? .zero
}

private var processorTime: Duration {
  var time = timespec()
  unsafe clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
  return .seconds(time.tv_sec) + .nanoseconds(time.tv_nsec)
}
