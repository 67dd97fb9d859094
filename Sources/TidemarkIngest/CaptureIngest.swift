public import CaptureFormats
import DNSWire
public import TidemarkModel

/// Turns DNS payloads of a capture into observations: matches responses to queries, applies the
/// acceptance rules, and adds what may be kept to a batch.
///
/// Every payload ends in exactly one counter of ``ResponseCounters``; nothing is logged.
public struct CaptureIngest: ~Copyable, DNSPayloadHandler {
  /// What to do with responses whose query was not seen.
  public enum Unmatched: String, Sendable, CaseIterable {
    /// Drop them: anybody can send an answer that nobody asked for.
    case refuse
    /// Keep them, for captures of one direction.
    case accept
  }

  /// Observations go here; the owner of this value swaps it between payloads.
  public var batch: RecordBatch
  /// Sums since the start.
  public private(set) var counters = ResponseCounters()
  /// False during a replay: everything is decoded and matched, nothing is counted or kept.
  public var isRecording = true

  private let origin: ObservationOrigin
  private let unmatched: Unmatched
  private let timeMax: UnixSeconds
  private var parser = MessageParser()
  private var extractor = AnswerExtractor()
  private var matcher = QueryMatcher()

  /// Makes the front end of one capture.
  ///
  /// - Parameters:
  ///   - now: the collector's clock; responses later than a day from it have a broken clock.
  public init(
    origin: ObservationOrigin, unmatched: Unmatched, now: UnixSeconds, batch: RecordBatch
  ) {
    self.origin = origin
    self.unmatched = unmatched
    self.batch = batch
    timeMax = now.addingReportingOverflow(TimeLimits.futureMax).partialValue
  }

  /// Takes one message of a conversation.
  public mutating func dnsPayload(_ bytes: RawSpan, flow: Flow, time: Int64) {
    let message = Span<UInt8>(_bytes: bytes)
    guard let header = MessageHeader(message) else {
      offer(1)
      count(.malformed(.shortHeader))
      return
    }
    if header.isResponse {
      count(response(message, flow: flow, time: time))
    } else {
      count(query(message, flow: flow, time: time))
    }
  }

  private mutating func query(
    _ message: Span<UInt8>, flow: Flow, time: Int64
  ) -> ResponseOutcome {
    do {
      try parser.parseQuestion(message)
    } catch {
      return .badQuery
    }
    guard parser.header.opcode == 0, parser.hasQuestion else { return .query }
    matcher.query(flow, id: parser.header.id, question: question(), time: time)
    return .query
  }

  private mutating func response(
    _ message: Span<UInt8>, flow: Flow, time: Int64
  ) -> ResponseOutcome {
    do {
      try parser.parse(message)
    } catch {
      offer(1)
      return .malformed(error)
    }
    let answers = UInt64(parser.answers)
    offer(answers)
    if let reason = refusal(flow) { return .filtered(reason, records: answers) }
    switch matcher.response(flow, id: parser.header.id, question: question(), time: time) {
    case .matched: break
    case .matchedOtherCase: counters.otherCase += isRecording ? 1 : 0
    case .wrongCase: return .dropped(.wrongCase, records: answers)
    case .unsolicited where unmatched == .accept: break
    case .unsolicited: return .dropped(.unmatched, records: answers)
    }
    let (rcode, seconds) = (parser.rcode, time / 1_000_000_000)
    guard rcode == 0 || rcode == 3 else { return .filtered(.rcode, records: answers) }
    guard seconds >= Int64(TimeLimits.timeMin), seconds <= Int64(timeMax) else {
      return .dropped(.time, records: answers)
    }
    guard isRecording else { return .query }
    return .accepted(
      extractor.extract(
        from: &parser, origin: origin, time: UnixSeconds(seconds), into: batch),
      trailing: parser.trailingOctets > 0)
  }

  /// Why a well-formed response gives no records, before its query is looked for.
  private func refusal(_ flow: Flow) -> ResponseFilter? {
    if parser.header.opcode != 0 { return .opcode }
    if !parser.hasQuestion { return .noQuestion }
    if parser.questionClass != 1 { return .questionClass }
    if parser.header.isTruncated { return .truncated }
    switch parser.questionType.rawValue {
    case 251, 252: return .zoneTransfer
    default: return nil
    }
  }

  private func question() -> QueryMatcher.Question {
    let (type, questionClass, seed) = (
      parser.questionType, parser.questionClass, matcher.seed
    )
    return parser.withOctets(parser.rawQuestionName) { name in
      parser.withOctets(parser.questionName) { folded in
        QueryMatcher.Question(
          name: name, folded: folded, type: type, questionClass: questionClass, seed: seed)
      }
    }
  }

  private mutating func offer(_ records: UInt64) {
    if isRecording { counters.offered += records }
  }

  private mutating func count(_ outcome: ResponseOutcome) {
    if isRecording { counters.add(outcome) }
  }
}
