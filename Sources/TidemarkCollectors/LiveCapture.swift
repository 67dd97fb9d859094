import CPcap
import Glibc
import Synchronization
public import TidemarkIngest

/// Captures interfaces until it is stopped.
///
///     let capture = try LiveCapture(options)       // needs CAP_NET_RAW
///     try Privileges.drop(toUser: "tidemark", group: nil)
///     try capture.run { packets in lock.withLock { _ in packets.decode(with: &decoder) } }
///
/// What the kernel cannot keep until it is fetched is lost and counted, see
/// ``LiveCaptureStatistics``. Stopping loses nothing: the rings are closed for new packets and read
/// to their end.
///
/// - Concurrency: one thread calls ``run(onPackets:)``, once; any thread may call ``stop()`` and
///   ``statistics``.
public final class LiveCapture: @unchecked Sendable {
  /// How long packets of one interface wait for earlier ones of another, nanoseconds: as long as
  /// the kernel may hold these back, and some scheduling.
  private static let holdNanoseconds =
    (Int64(LiveCaptureOptions.deliveryMilliseconds) + 30) * 1_000_000
  /// Time between two looks at the kernel's counters, nanoseconds.
  private static let statisticsNanoseconds: Int64 = 1_000_000_000
  /// Longest time that reading the rings to their end takes, nanoseconds.
  private static let drainNanoseconds: Int64 = 150_000_000

  private let interfaces: [LiveInterface]
  private let wake: Int32
  private let published: Mutex<[LiveCaptureStatistics]>
  private var isDraining = false
  private var isStopped = false
  private var failure: LiveCaptureError?
  private var statisticsTime: Int64 = 0

  /// Opens all interfaces; afterwards the process needs no privilege.
  public init(_ options: LiveCaptureOptions) throws(LiveCaptureError) {
    precondition(!options.interfaces.isEmpty, "a capture needs an interface")
    var opened: [LiveInterface] = []
    for name in options.interfaces { opened.append(try LiveInterface(name, options: options)) }
    interfaces = opened
    wake = tidemark_event()
    published = Mutex(opened.map(\.statistics))
    guard wake >= 0 else {
      throw .failed(interface: opened[0].name, detail: "no event descriptor: error \(errno)")
    }
  }

  deinit { close(wake) }

  /// The counters of every interface, as of the last second or of the end.
  public var statistics: [LiveCaptureStatistics] { published.withLock { $0 } }

  /// Ends ``run(onPackets:)`` within 200 milliseconds.
  public func stop() { _ = eventfd_write(wake, 1) }

  /// Captures until ``stop()``.
  ///
  /// - Parameter onPackets: called on this thread whenever there are packets; must decode them.
  /// - Throws: ``LiveCaptureError/failed(interface:detail:)`` when an interface vanishes, and what
  ///   `onPackets` throws. An interface that only goes down is captured again when it comes up.
  public func run(onPackets: (LivePackets) throws -> Void) throws {
    defer { publish() }
    let packets = LivePackets(self)
    do {
      while !isStopped {
        try step(packets, onPackets)
        let now = LiveCapture.time(CLOCK_MONOTONIC)
        if now - statisticsTime >= LiveCapture.statisticsNanoseconds { publish(at: now) }
      }
    } catch let lost as LiveCaptureError {
      // The other interfaces have packets still.
      try drain(packets, onPackets)
      throw lost
    }
    try drain(packets, onPackets)
  }

  /// Closes the rings for new packets and reads them to their end.
  private func drain(
    _ packets: LivePackets, _ onPackets: (LivePackets) throws -> Void
  ) throws {
    for interface in interfaces { interface.refuseMore() }
    isDraining = true
    failure = nil
    let end = LiveCapture.time(CLOCK_MONOTONIC) + LiveCapture.drainNanoseconds
    repeat {
      try step(packets, onPackets)
      for interface in interfaces { interface.readStatistics() }
    } while LiveCapture.time(CLOCK_MONOTONIC) < end && !interfaces.allSatisfy(\.isDrained)
    while try look() { try onPackets(packets) }
  }

  /// Decodes a chunk, or waits for one.
  private func step(
    _ packets: LivePackets, _ onPackets: (LivePackets) throws -> Void
  ) throws {
    if try look() {
      try onPackets(packets)
      if let failure { throw failure }
      // A capture that is never idle has to notice the end too.
      wait(milliseconds: 0)
    } else {
      let isHolding = interfaces.contains { $0.headTime != nil }
      wait(milliseconds: isDraining || isHolding ? 10 : LiveCaptureOptions.deliveryMilliseconds)
    }
  }

  /// Fetches packets; true when one may be decoded.
  private func look() throws(LiveCaptureError) -> Bool {
    let now = LiveCapture.time(CLOCK_REALTIME)
    for interface in interfaces { try interface.advance(now: now) }
    return first(now) != nil
  }

  /// The interface whose packet is the next in time. With several interfaces, only when no other
  /// can still come up with an earlier one.
  private func first(_ now: Int64) -> LiveInterface? {
    var first: LiveInterface?
    var firstTime = Int64.max
    for interface in interfaces {
      guard let time = interface.headTime, time < firstTime else { continue }
      (first, firstTime) = (interface, time)
    }
    guard let first else { return nil }
    if interfaces.count == 1 || isDraining || firstTime > now { return first }
    let isSafe = interfaces.allSatisfy {
      $0.headTime != nil || $0.emptySince - LiveCapture.holdNanoseconds >= firstTime
    }
    return isSafe ? first : nil
  }

  /// See ``LivePackets/decode(with:)``.
  fileprivate func decode(with decoder: inout LiveDecoder) -> Int {
    let now = LiveCapture.time(CLOCK_REALTIME)
    var count = 0
    do throws(LiveCaptureError) {
      while count < LiveCaptureOptions.chunkPacketsMax, let interface = first(now) {
        let linkType = interface.linkType
        interface.takeHead { octets, time, originalLength in
          decoder.packet(
            octets, linkType: linkType, time: time, originalLength: originalLength)
        }
        count += 1
        try interface.advance(now: now)
      }
    } catch {
      failure = error
    }
    return count
  }

  private func wait(milliseconds: Int32) {
    var polled = interfaces.map { pollfd(fd: $0.descriptor, events: Int16(POLLIN), revents: 0) }
    // Packets of others have waited long enough to be sorted; more of theirs need not wake us.
    for index in interfaces.indices where interfaces[index].headTime != nil {
      polled[index].fd = -1
    }
    polled.append(pollfd(fd: wake, events: Int16(POLLIN), revents: 0))
    guard unsafe poll(&polled, nfds_t(polled.count), milliseconds) > 0 else { return }
    if polled[interfaces.count].revents != 0 { isStopped = true }
    let isOdd = polled.dropLast().contains { $0.revents & ~Int16(POLLIN) != 0 }
    // An interface that is down reports that without end; only the end of the capture counts then.
    if isOdd, milliseconds > 0, !isStopped {
      var only = polled[interfaces.count]
      if unsafe poll(&only, 1, milliseconds) > 0 { isStopped = true }
    }
  }

  private func publish(at now: Int64 = LiveCapture.time(CLOCK_MONOTONIC)) {
    statisticsTime = now
    for interface in interfaces { interface.readStatistics() }
    let statistics = interfaces.map(\.statistics)
    published.withLock { $0 = statistics }
  }

  private static func time(_ clock: clockid_t) -> Int64 {
    var time = timespec()
    unsafe clock_gettime(clock, &time)
    return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
  }
}

/// Packets that are at hand, for the time of one callback of ``LiveCapture/run(onPackets:)``.
public final class LivePackets {
  private let capture: LiveCapture

  fileprivate init(_ capture: LiveCapture) { self.capture = capture }

  /// Decodes what is at hand, at most ``LiveCaptureOptions/chunkPacketsMax`` packets.
  ///
  /// - Returns: how many.
  @discardableResult
  public func decode(with decoder: inout LiveDecoder) -> Int { capture.decode(with: &decoder) }
}
