import D4Wire
import Synchronization
import TidemarkIngest
import TidemarkModel
import TidemarkSharing

/// One connection of a D4 server.
///
/// Packets are checked as they become complete, their payloads are read where they lie, and the
/// window moves on behind what was read.
final class D4Stream: StreamIntake {
  private struct State {
    var session: D4Session
    var feed: D4Feed?
    /// Octets of the window whose packets were checked.
    var checked = 0
    /// Ends the session as soon as what was checked before it is read.
    var fault: D4Fault?
    var damage: String?
    var sender: D4Hub.Sender?
    var hasEnded = false
    var isFinished = false
    var bucket: OctetBucket?
    /// Nothing is taken before, nanoseconds.
    var resumesAt: UInt64 = 0
    var notes = D4Notes()
    /// Time of the newest packet.
    var newest: UInt64 = 0
  }

  private let hub: D4Hub
  private let state: Mutex<State>
  private let isLeavingFlag = Atomic(false)
  private let isWaitingFlag = Atomic(false)
  private let lastOctetsAt: Atomic<UInt64>

  init(hub: D4Hub) {
    self.hub = hub
    let now = hub.surroundings.uptime()
    var state = State(session: D4Session(rules: hub.options.rules))
    state.bucket = hub.options.connectionOctetsPerSecond.map {
      OctetBucket(octetsPerSecond: $0, now: now)
    }
    self.state = Mutex(state)
    lastOctetsAt = Atomic(now)
  }

  /// True when the connection is being ended from this side.
  var isLeaving: Bool { isLeavingFlag.load(ordering: .relaxed) }

  /// True while what came has to wait for us: nothing more is read then.
  var isWaiting: Bool { isWaitingFlag.load(ordering: .relaxed) }

  /// When octets came last, nanoseconds.
  var lastOctets: UInt64 { lastOctetsAt.load(ordering: .relaxed) }

  /// From now on nothing is taken.
  func leave() { isLeavingFlag.store(true, ordering: .relaxed) }

  func opened(end: @escaping @Sendable () -> Void) { hub.opened(self, end: end) }

  func take(_ window: Span<UInt8>, isFinal: Bool) -> StreamTaken {
    let now = hub.surroundings.uptime()
    lastOctetsAt.store(now, ordering: .relaxed)
    let taken = state.withLock { take(window, isFinal: isFinal, now, &$0) }
    isWaitingFlag.store(taken.isBusy, ordering: .relaxed)
    return taken
  }

  func whenReady(_ callback: @escaping @Sendable () -> Void) {
    let now = hub.surroundings.uptime()
    let resumesAt = state.withLock { $0.resumesAt }
    if resumesAt > now {
      hub.surroundings.later(resumesAt - now, callback)
    } else {
      hub.intake.whenReady(callback)
    }
  }

  func close() {
    state.withLock { state in
      note(&state)
      if let feed = state.feed { hub.intake.close(feed) }
    }
    hub.closed(self)
  }

  // MARK: Octets

  private func take(
    _ window: Span<UInt8>, isFinal: Bool, _ now: UInt64, _ state: inout State
  ) -> StreamTaken {
    var taken = StreamTaken()
    if isFinal, !state.hasEnded {
      state.hasEnded = true
      hub.inputEnded(self)
    }
    guard !isLeaving else { return end(window, &taken) }
    guard now >= state.resumesAt else {
      taken.isBusy = true
      return taken
    }
    let octetsBefore = state.notes.octets
    repeat {
      taken.isBusy = !read(window, &state)
    } while !taken.isBusy && state.damage == nil && state.fault == nil && check(window, &state)
    if !taken.isBusy, state.damage != nil || state.fault != nil {
      taken.damage = state.damage ?? state.fault?.rawValue
      return end(window, &taken)
    }
    if isFinal, !taken.isBusy {
      taken.isBusy = !finish(window, &state)
      guard taken.isBusy else { return end(window, &taken) }
    }
    moveOn(&state, &taken)
    holdBack(octets: Int(clamping: state.notes.octets - octetsBefore), now, &state, &taken)
    if state.notes.isDue(hub.surroundings.clock()) { note(&state) }
    return taken
  }

  private func end(_ window: Span<UInt8>, _ taken: inout StreamTaken) -> StreamTaken {
    taken.consumed = window.count
    taken.isAtEnd = true
    return taken
  }

  /// Makes what was read no part of the next window.
  private func moveOn(_ state: inout State, _ taken: inout StreamTaken) {
    let unread = state.feed.flatMap { $0.firstUnread }
    taken.consumed = unread ?? state.checked
    state.checked -= taken.consumed
    state.feed?.advance(by: taken.consumed)
  }

  /// Checks packets up to the end of the window or the first fault.
  ///
  /// - Returns: true when something was found that has to be looked at.
  private func check(_ window: Span<UInt8>, _ state: inout State) -> Bool {
    var hasFound = false
    while true {
      var first: D4Header?
      let step = state.session.next(window, at: &state.checked) { header in
        first = header
        return hub.admit(header, self)
      }
      if let first { state.sender = D4Hub.Sender(uuid: first.uuid, type: first.type) }
      do throws(D4Fault) {
        try welcome(&state)
        state.notes.addMeta(
          packets: state.session.metaPackets, octets: state.session.metaOctets)
        switch step {
        case .needsInput: return hasFound
        case .payload(let header, let range): try add(header, range, &state)
        case .metaHeader(let meta):
          guard hub.surroundings.takesOrigins(meta.origins) else { throw .ownOrigin }
        case .refused(let fault): throw fault
        }
      } catch {
        state.session.refuse(error)
        state.fault = error
        hub.refused(error, state.sender?.uuid)
        return true
      }
      hasFound = true
    }
  }

  /// Takes down who it is after the first packet.
  private func welcome(_ state: inout State) throws(D4Fault) {
    guard state.session.packets > 0, !state.notes.isKnown, let sender = state.sender else {
      return
    }
    state.newest = try hub.authenticated(sender, self)
    state.notes.isKnown = true
  }

  /// Puts a payload into the line of those to be read.
  private func add(
    _ header: D4Header, _ range: Range<Int>, _ state: inout State
  ) throws(D4Fault) {
    let now = hub.surroundings.clock()
    if let window = hub.options.replaySeconds {
      guard header.timestamp >= state.newest || state.newest - header.timestamp <= UInt64(window)
      else { throw .replayed }
      // A clock that once was ahead would lock its sensor out for as long as it was.
      state.newest = max(state.newest, min(header.timestamp, UInt64(now) + UInt64(window)))
    }
    state.notes.add(header, now: now)
    if state.feed == nil { state.feed = try hub.makeFeed(header) }
    if !range.isEmpty { state.feed?.ranges.append(range) }
  }

  /// Reads what was checked.
  ///
  /// - Returns: false when that has to wait.
  private func read(_ window: Span<UInt8>, _ state: inout State) -> Bool {
    guard let feed = state.feed, !feed.isDone else { return true }
    do throws(ImportError) {
      return
        !(try hub.intake.take(
          window, with: feed, now: hub.surroundings.clock(), waits: false
        ).isBusy)
    } catch {
      fail(error, &state)
      return true
    }
  }

  /// Takes what is complete without another octet: the last line may lack its end. After half a
  /// packet it does not: the line is in the half that is missing.
  ///
  /// - Returns: false when that has to wait.
  private func finish(_ window: Span<UInt8>, _ state: inout State) -> Bool {
    guard let feed = state.feed, !state.isFinished else { return true }
    guard state.checked == window.count, state.session.openHeader == nil else {
      state.isFinished = true
      hub.counts.add(.cut)
      return true
    }
    do throws(ImportError) {
      let taken = try hub.intake.take(
        window.extracting(0..<0), with: feed, now: hub.surroundings.clock(), isFinal: true,
        waits: false)
      state.isFinished = !taken.isBusy
      return !taken.isBusy
    } catch {
      state.isFinished = true
      hub.counts.add(.cut)
      return true
    }
  }

  private func fail(_ error: ImportError, _ state: inout State) {
    guard state.damage == nil else { return }
    state.damage = error.streamText
    if let uuid = state.sender?.uuid {
      state.notes.lastError = "sent what cannot be read: \(error.streamText)"
      hub.surroundings.report(.type, uuid)
    }
  }

  // MARK: Rates and notes

  private func holdBack(
    octets: Int, _ now: UInt64, _ state: inout State, _ taken: inout StreamTaken
  ) {
    guard octets > 0, let uuid = state.sender?.uuid else { return }
    let wait = max(
      state.bucket?.take(octets, now: now) ?? 0, hub.wait(of: uuid, octets: octets))
    guard wait > 0 else { return }
    state.resumesAt = now + wait
    taken.isBusy = true
    hub.counts.add(.heldBack)
  }

  /// Tells the directory what the sensor did since the last time.
  /// Tells the directory what it was not told yet: the next packet may be long in coming.
  func noteWhatIsDue() {
    let now = hub.surroundings.clock()
    state.withLock { if $0.notes.isDue(now) { note(&$0) } }
  }

  private func note(_ state: inout State) {
    guard state.notes.isKnown, let sender = state.sender else { return }
    var account = Accounting()
    state.feed?.account(into: &account)
    let activity = state.notes.activity(
      of: sender.uuid, account, now: hub.surroundings.clock(), into: hub.counts)
    if let activity { hub.surroundings.directory.note(activity) }
    if hub.options.replaySeconds != nil { hub.remember(state.newest, of: sender) }
  }
}
