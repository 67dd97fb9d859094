public import CaptureFormats
public import DNSWire
public import TidemarkModel

/// Responses in packets: the zone is found out from the server's address.
extension AuthorityExtractor {
  /// How often a held response is judged again. Each time costs what a new response costs;
  /// strangers who make an address known again and again gain no more than this.
  static let triesMax: UInt8 = 16

  /// Adds the observations of a response of a server, or holds it back until the server's zone
  /// becomes known.
  ///
  /// What the response proves about zones and servers is learned, also when nothing is recorded.
  /// Older responses that were held back may be settled by this call, in either way.
  ///
  /// - Parameters:
  ///   - parser: has just parsed the response, which the caller accepted.
  ///   - message: the response's octets.
  ///   - server: who sent it.
  ///   - origin: what all observations of the source have in common.
  ///   - time: of the response.
  ///   - isRecording: false adds and counts nothing, for the part of a source that is stored.
  ///   - tally: says what became of each record of each response that was settled.
  public mutating func extract(
    from parser: inout MessageParser, message: Span<UInt8>, server: FlowAddress,
    origin: ObservationOrigin, time: UnixSeconds, isRecording: Bool = true,
    into batch: RecordBatch, tally: inout RecordTally
  ) {
    settle(before: time, isRecording: isRecording, into: batch, tally: &tally)
    let isKnown = judge.judge(&parser, source: .server(server, time))
    judge.learn(parser, time: time)
    if isKnown {
      guard isRecording else { return retry(isRecording: false, into: batch, tally: &tally) }
      judge.emit(parser, origin: origin, time: time, into: batch, tally: &tally)
    } else {
      hold(message, server: server, origin: origin, time: time)
      while held.isOverfull, let oldest = held.removeOldest(if: { _ in true }) {
        settle(oldest, isRecording: isRecording, into: batch, tally: &tally)
      }
    }
    retry(isRecording: isRecording, into: batch, tally: &tally)
  }

  /// Settles everything that is held back: the source has ended, or must be written down.
  public mutating func finish(
    isRecording: Bool = true, into batch: RecordBatch, tally: inout RecordTally
  ) {
    while let oldest = held.removeOldest(if: { _ in true }) {
      settle(oldest, isRecording: isRecording, into: batch, tally: &tally)
    }
  }

  /// Settles what was held back long enough, by packet time.
  private mutating func settle(
    before time: UnixSeconds, isRecording: Bool, into batch: RecordBatch, tally: inout RecordTally
  ) {
    clock = max(clock, time)
    while let late = held.removeOldest(if: { $0.due < clock }) {
      settle(late, isRecording: isRecording, into: batch, tally: &tally)
    }
  }

  private mutating func hold(
    _ message: Span<UInt8>, server: FlowAddress, origin: ObservationOrigin, time: UnixSeconds
  ) {
    var octets: [UInt8] = []
    octets.reserveCapacity(message.count)
    for index in message.indices { octets.append(message[index]) }
    let (due, overflow) = clock.addingReportingOverflow(settings.holdSeconds)
    held.append(
      HeldResponses.Held(
        message: octets, server: server, origin: origin, time: time, due: overflow ? .max : due))
  }

  /// Gives a response that was held back its final verdict.
  private mutating func settle(
    _ response: HeldResponses.Held, isRecording: Bool, into batch: RecordBatch,
    tally: inout RecordTally
  ) {
    parseHeld(response.message)
    let source = AuthorityJudge.Source.server(response.server, response.time)
    if !judge.judge(&heldParser, source: source) { judge.settleUnverified(heldParser) }
    guard isRecording else { return }
    judge.emit(
      heldParser, origin: response.origin, time: response.time, into: batch, tally: &tally)
  }

  /// Judges held responses of servers that have become known, until no new server comes to light.
  private mutating func retry(
    isRecording: Bool, into batch: RecordBatch, tally: inout RecordTally
  ) {
    while !judge.tracker.fresh.isEmpty {
      let addresses = judge.tracker.takeFresh()
      guard held.count > 0 else { return }
      for address in addresses {
        for number in held.numbers(of: address) {
          guard let response = held[number], response.tries < AuthorityExtractor.triesMax
          else { continue }
          parseHeld(response.message)
          let source = AuthorityJudge.Source.server(response.server, response.time)
          guard judge.judge(&heldParser, source: source) else {
            held.countTry(number)
            continue
          }
          judge.learn(heldParser, time: response.time)
          _ = held.remove(number)
          guard isRecording else { continue }
          judge.emit(
            heldParser, origin: response.origin, time: response.time, into: batch,
            tally: &tally)
        }
      }
    }
  }

  private mutating func parseHeld(_ message: [UInt8]) {
    do {
      try heldParser.parse(message.span)
    } catch {
      preconditionFailure("a held response was parsed before")
    }
  }
}
