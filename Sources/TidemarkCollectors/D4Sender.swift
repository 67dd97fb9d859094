import D4Wire
public import NIOCore
import NIOSSL
import Synchronization

/// Sends what an outbox gives to a D4 server, over one connection at a time, for as long as there
/// is something to send.
///
/// D4 has no acknowledgement. A parcel counts as delivered when the kernel of the other side
/// acknowledged its octets and the connection then lived on for a while, in which a server that is
/// alive reads them. Whatever was not delivered when a connection ended is sent again on the next
/// one: at least once, doubled where a connection broke.
public final class D4Sender: Sendable {
  private struct State {
    var account = D4SendAccount()
    var isStopping = false
    var isAborted = false
    var connection: D4Connection?
  }

  /// Octets of packets that are given to the connection at a time.
  private static let writeOctets = 256 << 10

  private let options: Options
  private let outbox: any D4Outbox
  private let tls: NIOSSLContext?
  private let loop: any EventLoop
  private let report: @Sendable (Event) -> Void
  private let state = Mutex(State())
  private let signals: AsyncStream<Void>
  private let signal: AsyncStream<Void>.Continuation

  /// Makes a sender that does nothing yet.
  ///
  /// - Throws: what is wrong with the file of authorities.
  public init(
    _ options: Options, outbox: any D4Outbox, group: any EventLoopGroup,
    report: @escaping @Sendable (Event) -> Void = { _ in }
  ) throws {
    self.options = options
    tls =
      try options.target.hasTLS
      ? StreamTLS.client(authorities: options.authorities, certificates: nil, key: nil).context()
      : nil
    self.outbox = outbox
    loop = group.next()
    self.report = report
    (signals, signal) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
    outbox.onArrival { [signal] in signal.yield() }
  }

  /// What was sent so far.
  public var account: D4SendAccount { state.withLock { $0.account } }

  /// Ends ``run()``: nothing more is begun, and what is under way may be confirmed for so long.
  public func stop(withinSeconds seconds: Int) {
    state.withLock { $0.isStopping = true }
    signal.yield()
    loop.scheduleTask(in: .seconds(Int64(seconds))) { [self] in
      let connection = state.withLock { state in
        state.isAborted = true
        return state.connection
      }
      signal.yield()
      if let connection { Task { await connection.close() } }
    }
  }

  /// Sends until the outbox is at its end and all is delivered, or until told to stop. To be called
  /// once.
  ///
  /// - Returns: true when all is delivered.
  public func run() async -> Bool {
    var work = D4SendWork(waiter: signals.makeAsyncIterator())
    var wait = options.retrySeconds.lowerBound
    while !isOver(work) {
      let before = work.delivered
      do {
        try await serve(&work)
      } catch {
        let octets = work.rewind()
        if work.delivered > before { wait = options.retrySeconds.lowerBound }
        guard !isOver(work) else { break }
        tell(error, octets, wait)
        await pause(&work, milliseconds: RetryWait.milliseconds(wait), isTillStop: true)
        wait = min(wait * 2, options.retrySeconds.upperBound)
      }
    }
    // What cannot be taken down now is sent again by the next run.
    _ = await remember(&work, .distantFuture)
    return work.isDone
  }

  private func isOver(_ work: borrowing D4SendWork) -> Bool {
    if work.isDone { return true }
    return state.withLock { $0.isAborted } || isStopping && !work.isUnderWay
  }

  private var isStopping: Bool { state.withLock { $0.isStopping } || Task.isCancelled }

  private func tell(_ error: any Error, _ octets: Int, _ wait: Int) {
    state.withLock { $0.account.failures += 1 }
    report(.lost(RelayFailure.line(error), octetsAgain: octets, retrySeconds: wait))
  }

  // MARK: One connection

  private func serve(_ work: inout D4SendWork) async throws {
    let connection = try await D4Connection.open(
      options.target, tls: tls, on: loop, limits: options.limits
    ) { [signal] in signal.yield() }
    state.withLock { state in
      state.connection = connection
      state.account.connections += 1
    }
    report(.connected)
    let result: Result<Void, any Error>
    do {
      // Told to stop while it connected: what would be sent again stays here.
      if !isOver(work) {
        try await greet(connection)
        try await sendAll(&work, connection)
      }
      result = .success(())
    } catch {
      result = .failure(error)
    }
    state.withLock { $0.connection = nil }
    await connection.close()
    try result.get()
  }

  /// Sends the meta header.
  private func greet(_ connection: D4Connection) async throws {
    guard options.type == .extended else { return }
    var packets: [UInt8] = []
    let cutter = D4PayloadCutter(snapOctets: options.snapOctets, isLines: false)
    _ = encode(options.metaHeader, as: .metaHeader, cutter, from: 0, octetsMax: .max, &packets)
    _ = try await connection.send(packets)
  }

  private func sendAll(_ work: inout D4SendWork, _ connection: D4Connection) async throws {
    for index in work.parcels.indices {
      // What was not sent again by then stays in the outbox.
      if isStopping { break }
      state.withLock { $0.account.octetsAgain += UInt64(work.parcels[index].parcel.payload.count) }
      try await send(&work, index, connection)
    }
    var pollMilliseconds = D4SendWork.pollMilliseconds.lowerBound
    while true {
      var quietMilliseconds: Int?
      let now = NIODeadline.now()
      let takesMore = work.takesMore(options, now: now) && !isStopping
      if takesMore {
        switch await next(&work) {
        case .parcel(let parcel):
          work.parcels.append(D4SendWork.Sent(parcel: parcel))
          try await send(&work, work.parcels.count - 1, connection)
          pollMilliseconds = D4SendWork.pollMilliseconds.lowerBound
        case .nothing: quietMilliseconds = .max
        case .later(let milliseconds): quietMilliseconds = milliseconds
        case .end: work.isAtEnd = true
        }
      }
      let isProgress = try await confirm(&work, connection)
      if isOver(work) { return }
      // Some outboxes give more only after something was delivered.
      if isProgress || takesMore && quietMilliseconds == nil && !work.isAtEnd { continue }
      pollMilliseconds = min(pollMilliseconds * 2, D4SendWork.pollMilliseconds.upperBound)
      if work.asksAt > now { quietMilliseconds = D4SendWork.restMilliseconds }
      let isWaiting = !work.parcels.isEmpty || work.unremembered != nil
      let poll = isWaiting ? pollMilliseconds : Int.max
      await pause(
        &work, milliseconds: min(quietMilliseconds ?? .max, poll), isTillStop: false)
    }
  }

  /// Asks the outbox. One that cannot be read is asked again after a while; the connection lives
  /// on.
  private func next(_ work: inout D4SendWork) async -> D4Outgoing {
    do {
      return try await outbox.next()
    } catch {
      let seconds = options.retrySeconds.upperBound
      work.asksAt = NIODeadline.now() + .seconds(Int64(seconds))
      report(.failed(RelayFailure.line(error), retrySeconds: seconds))
      return .later(milliseconds: seconds * 1_000)
    }
  }

  /// Sends a parcel, packet by packet.
  private func send(
    _ work: inout D4SendWork, _ index: Int, _ connection: D4Connection
  ) async throws {
    let parcel = work.parcels[index].parcel
    let cutter = D4PayloadCutter(
      snapOctets: options.snapOctets, isLines: D4PayloadCutter.isLines(options.type))
    var at = 0
    var packets: [UInt8] = []
    while at < parcel.payload.count {
      packets.removeAll(keepingCapacity: true)
      at = encode(
        parcel.payload, as: options.type, cutter, from: at, octetsMax: D4Sender.writeOctets,
        &packets)
      work.parcels[index].end = try await connection.send(packets)
    }
    if parcel.payload.isEmpty { work.parcels[index].end = 0 }
  }

  /// Appends packets.
  ///
  /// - Returns: where the payload goes on.
  private func encode(
    _ payload: [UInt8], as type: D4Type, _ cutter: D4PayloadCutter, from start: Int,
    octetsMax: Int, _ packets: inout [UInt8]
  ) -> Int {
    let writer = D4PacketWriter(
      uuid: options.uuid, type: type, version: options.version, key: options.key)
    let time = options.clock()
    var at = start
    var count: UInt64 = 0
    while at < payload.count, packets.count < octetsMax {
      let end = cutter.end(of: payload.span, from: at)
      writer.append(
        payload: payload.span.extracting(at..<end), timestamp: time, to: &packets)
      at = end
      count += 1
    }
    let sent = UInt64(at - start)
    state.withLock { state in
      state.account.packets += count
      if type == options.type { state.account.octets += sent }
    }
    return at
  }

  /// Tells the outbox what was acknowledged and has rested.
  ///
  /// - Returns: true when something was.
  private func confirm(_ work: inout D4SendWork, _ connection: D4Connection) async throws -> Bool {
    guard let position = await connection.acknowledged() else { throw D4ConnectionError.ended }
    let now = NIODeadline.now()
    work.note(acknowledged: position, at: now)
    let rested = now - .milliseconds(Int64(options.lingerMilliseconds))
    let octets = work.takeDelivered(acknowledgedBefore: rested, now: now)
    if let octets { state.withLock { $0.account.octetsDelivered += UInt64(octets) } }
    let isRemembered = await remember(&work, now)
    return octets != nil || isRemembered
  }

  /// Tells the outbox what was delivered. That it cannot take that down is no reason to send it
  /// again: it is told later.
  ///
  /// - Returns: true when it took something down.
  private func remember(_ work: inout D4SendWork, _ now: NIODeadline) async -> Bool {
    guard let found = work.unremembered, found.retriesAt <= now else { return false }
    do {
      try await outbox.delivered(found.parcel)
      work.unremembered = nil
      return true
    } catch {
      let seconds = options.retrySeconds.upperBound
      work.unremembered?.retriesAt = NIODeadline.now() + .seconds(Int64(seconds))
      report(.failed(RelayFailure.line(error), retrySeconds: seconds))
      return false
    }
  }

  /// Waits for a signal, or for so long.
  private func pause(_ work: inout D4SendWork, milliseconds: Int, isTillStop: Bool) async {
    guard milliseconds < .max else { return await work.wait() }
    let end = NIODeadline.now() + .milliseconds(Int64(milliseconds))
    let timer = loop.scheduleTask(deadline: end) { [signal] in _ = signal.yield() }
    repeat {
      await work.wait()
    } while isTillStop && NIODeadline.now() < end && !isStopping
    timer.cancel()
  }
}
