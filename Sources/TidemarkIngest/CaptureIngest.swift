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

  /// What all observations have in common; a feed of several sensors sets it between payloads.
  var origin: ObservationOrigin
  private let unmatched: Unmatched
  private var rules: ResponseRules
  private var parser = MessageParser()
  private var answers: AnswerExtractor
  private var authority: AuthorityExtractor
  private var matcher = QueryMatcher()

  /// The collector's clock; responses later than a day from it have a broken clock.
  public var now: UnixSeconds {
    get { rules.now }
    set { rules.now = newValue }
  }

  /// Makes the front end of one capture.
  public init(settings: SourceSettings, batch: RecordBatch) {
    origin = settings.origin
    unmatched = settings.unmatched
    answers = AnswerExtractor(filter: settings.filter)
    authority = AuthorityExtractor(settings: settings.authority, filter: settings.filter)
    self.batch = batch
    rules = ResponseRules(now: settings.now)
  }

  /// Takes one message of a conversation.
  public mutating func dnsPayload(_ bytes: RawSpan, flow: Flow, time: Int64) {
    let message = Span<UInt8>(_bytes: bytes)
    guard let header = MessageHeader(message) else {
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
    // Who asks for recursion is a client, or a resolver that forwards.
    if origin.vantage == .authority && parser.header.recursionDesired { return .query }
    matcher.query(flow, id: parser.header.id, question: question(), time: time)
    return .query
  }

  private mutating func response(
    _ message: Span<UInt8>, flow: Flow, time: Int64
  ) -> ResponseOutcome {
    do {
      try parser.parse(message)
    } catch {
      return .malformed(error)
    }
    let records = UInt64(origin.vantage == .authority ? parser.recordCount : parser.answers)
    if let reason = refusal() { return .filtered(reason, records: records) }
    switch matcher.response(flow, id: parser.header.id, question: question(), time: time) {
    case .matched: break
    case .matchedOtherCase: counters.otherCase += isRecording ? 1 : 0
    case .wrongCase: return .dropped(.wrongCase, records: records)
    case .unsolicited where unmatched == .accept: break
    case .unsolicited: return .dropped(.unmatched, records: records)
    }
    guard ResponseRules.isSuccess(rcode: parser.rcode) else {
      return .filtered(.rcode, records: records)
    }
    guard let seconds = rules.time(seconds: UInt64(max(time, 0)) / 1_000_000_000) else {
      return .dropped(.time, records: records)
    }
    let hasTrailing = parser.trailingOctets > 0
    extract(message, from: flow.source, time: seconds)
    return .accepted(trailing: hasTrailing)
  }

  /// Adds the observations of an accepted response. Above a resolver its server may not be known
  /// yet; then they are added later.
  private mutating func extract(
    _ message: Span<UInt8>, from server: FlowAddress, time: UnixSeconds
  ) {
    if origin.vantage == .authority {
      authority.extract(
        from: &parser, message: message, server: server, origin: origin, time: time,
        isRecording: isRecording, into: batch, tally: &counters.tally)
    } else if isRecording {
      answers.extract(
        from: &parser, origin: origin, time: time, into: batch, tally: &counters.tally)
    }
  }

  /// Settles what waits for its zone to become known. Call it after the last packet.
  public mutating func finish() {
    authority.finish(isRecording: isRecording, into: batch, tally: &counters.tally)
  }

  /// Why a well-formed response gives no records, before its query is looked for.
  private func refusal() -> ResponseFilter? {
    if let reason = ResponseRules.refusal(parser) { return reason }
    let isForwarded = origin.vantage == .authority && parser.header.recursionDesired
    return isForwarded ? .recursionDesired : nil
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

  private mutating func count(_ outcome: ResponseOutcome) {
    if isRecording { counters.add(outcome) }
  }
}
