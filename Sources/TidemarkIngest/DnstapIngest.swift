import CaptureFormats
import DNSWire
public import TidemarkModel

/// Turns dnstap payloads into observations. Each payload tells by its type where its server stood;
/// queries and updates hold no answers and are passed over.
///
/// | type | vantage | bailiwick |
/// | --- | --- | --- |
/// | RESOLVER_RESPONSE, RD clear | authority | from `query_zone` |
/// | AUTH_RESPONSE, AA set | authority | from `query_zone`, or from the authority section |
/// | RESOLVER_RESPONSE with RD set, FORWARDER_RESPONSE | client | unknown |
/// | CLIENT_, STUB_ and TOOL_RESPONSE | client | unknown |
///
/// RD tells a resolver's question to a server from a question to another resolver: BIND 9.18 logs
/// its forward zones as RESOLVER_RESPONSE, and the PowerDNS recursor so logs "unique domain
/// responses", which are its answers to clients with the queried name as `query_zone`.
public struct DnstapIngest: ~Copyable {
  /// The collector's clock.
  public var now: UnixSeconds {
    get { rules.now }
    set { rules.now = newValue }
  }
  /// Responses without a time, which got the collector's.
  public var untimed: UInt64 { counters.untimed }

  private let options: DnstapOptions
  /// What all observations have in common; a feed of several sensors sets it between payloads.
  var origin: ObservationOrigin
  private var rules: ResponseRules
  private var sensors: FeedSensors
  private var parser = MessageParser()
  private var answers: AnswerExtractor
  private var authority: AuthorityExtractor
  private var counters = DnstapCounters()
  private var zone: [UInt8] = []

  /// Makes the front end of one source.
  ///
  /// - Parameter settings: the vantage of its origin is not used, because each payload tells its
  ///   own; sensors are the identities of the servers, when the settings look them up.
  public init(settings: SourceSettings, options: DnstapOptions = .standard) {
    self.options = options
    origin = settings.origin
    rules = ResponseRules(now: settings.now)
    sensors = FeedSensors(settings: settings)
    answers = AnswerExtractor(filter: settings.filter)
    authority = AuthorityExtractor(settings: settings.authority, filter: settings.filter)
    zone.reserveCapacity(DNSLimits.nameOctetsMax)
  }

  /// Takes one payload: the octets of a data frame.
  public mutating func add(_ payload: RawSpan, to batch: RecordBatch) {
    let dnstap: DnstapMessage
    do throws(ProtobufError) {
      dnstap = try DnstapMessage(payload)
    } catch {
      counters.refuse(.badPayload)
      return
    }
    add(dnstap, in: payload, to: batch)
  }

  /// Takes a payload that has been read, or that another format gives in its own words.
  ///
  /// - Parameter payload: where the ranges of `dnstap` lie.
  mutating func add(
    _ dnstap: DnstapMessage, in payload: RawSpan, to batch: RecordBatch
  ) {
    guard dnstap.isMessage else { return counters.refuse(.otherPayload) }
    guard let type = dnstap.type else { return counters.refuse(.missingType) }
    guard let taking = DnstapOptions(taking: type) else { return }
    counters.addResponse()
    guard let response = dnstap.response, !response.isEmpty else {
      return counters.refuse(.missingMessage)
    }
    do throws(MessageError) {
      try parser.parse(Span<UInt8>(_bytes: payload.extracting(response)))
    } catch {
      counters.refuse(error)
      return
    }
    add(dnstap, taking, payload, to: batch)
  }

  /// Counts a frame that holds no payload that can be read.
  mutating func refuse(_ reason: DnstapReason) { counters.refuse(reason) }

  /// Adds what was read, stored and merged records left out.
  public func account(into accounting: inout Accounting) {
    counters.account(into: &accounting)
  }

  /// Takes the message that was just parsed.
  private mutating func add(
    _ dnstap: DnstapMessage, _ taking: DnstapOptions, _ payload: RawSpan,
    to batch: RecordBatch
  ) {
    let isForwarded = taking == .resolver && isFromResolver(dnstap, payload)
    let isAuthority = taking == .authoritative || taking == .resolver && !isForwarded
    let records = isAuthority ? parser.recordCount : parser.answers
    guard options.contains(isForwarded ? .forwarder : taking) else {
      return counters.refuse(isForwarded ? .forwarded : .typeNotTaken, records: records)
    }
    guard dnstap.policy == .none else {
      return counters.refuse(.policyApplied, records: records)
    }
    if let filter = ResponseRules.refusal(parser) {
      return counters.refuse(filter, records: records)
    }
    guard ResponseRules.isSuccess(rcode: parser.rcode) else {
      return counters.refuse(.rcode, records: records)
    }
    guard let time = rules.time(seconds: seconds(dnstap)) else {
      return counters.refuseTime(records: records)
    }
    var origin = origin
    origin.sensor = sensor(dnstap, payload)
    if isAuthority {
      origin.vantage = .authority
      addAuthoritative(
        dnstap, isServer: taking == .authoritative, payload, origin, time, to: batch)
    } else {
      origin.vantage = .client
      answers.extract(
        from: &parser, origin: origin, time: time, into: batch, tally: &counters.tally)
    }
  }

  /// Takes an authoritative server's response.
  ///
  /// - Parameter isServer: the payload comes from that server itself.
  private mutating func addAuthoritative(
    _ dnstap: DnstapMessage, isServer: Bool, _ payload: RawSpan,
    _ origin: ObservationOrigin, _ time: UnixSeconds, to batch: RecordBatch
  ) {
    let isAuthoritative = parser.header.isAuthoritative
    guard isAuthoritative || !isServer else {
      return counters.refuse(\.notAuthoritative, records: parser.recordCount)
    }
    if setZone(dnstap, payload) || isServer && inferZone() {
      let apex = zone
      authority.extract(
        from: &parser, zone: apex.span, origin: origin, time: time, into: batch,
        tally: &counters.tally)
    } else if isAuthoritative {
      // Nothing says what the other sections are worth.
      counters.refuse(\.unverified, records: parser.recordCount - parser.answers)
      answers.extract(
        from: &parser, origin: origin, time: time, into: batch, tally: &counters.tally)
    } else {
      counters.refuse(\.notAuthoritative, records: parser.recordCount)
    }
  }

  /// True when a RESOLVER_RESPONSE is the answer of a resolver, not of an authoritative server.
  private func isFromResolver(_ dnstap: DnstapMessage, _ payload: RawSpan) -> Bool {
    if parser.header.recursionDesired { return true }
    // A unique domain response to a client that did not ask for recursion: it has the time of its
    // query only, and the queried name for a zone.
    let offersRecursion = parser.header.flags & 0x0080 != 0
    guard offersRecursion, dnstap.responseTime == nil, let range = dnstap.queryZone,
      parser.hasQuestion
    else { return false }
    return parser.withOctets(parser.rawQuestionName) { name in
      guard name.count == range.count else { return false }
      for index in name.indices {
        let octet = unsafe payload.unsafeLoad(
          fromByteOffset: range.lowerBound + index, as: UInt8.self)
        guard ASCII.lowered(octet) == ASCII.lowered(name[index]) else { return false }
      }
      return true
    }
  }

  /// Time of the response, or of its query, or now. Zero is what writers without a clock send.
  private mutating func seconds(_ dnstap: DnstapMessage) -> UInt64 {
    if let time = dnstap.responseTime, time > 0 { return time }
    if let time = dnstap.queryTime, time > 0 { return time }
    counters.untimed += 1
    return UInt64(now)
  }

  private mutating func sensor(
    _ dnstap: DnstapMessage, _ payload: RawSpan
  ) -> SensorNumber {
    guard sensors.takesNames, let identity = dnstap.identity else { return origin.sensor }
    return sensors.number(Span<UInt8>(_bytes: payload.extracting(identity)))
  }

  // MARK: Zones

  /// Takes the zone that the payload names, lowered; false when it names none that is a name.
  private mutating func setZone(
    _ dnstap: DnstapMessage, _ payload: RawSpan
  ) -> Bool {
    guard options.contains(.queryZone), let range = dnstap.queryZone,
      range.count <= DNSLimits.nameOctetsMax
    else { return false }
    let name = Span<UInt8>(_bytes: payload.extracting(range))
    var end = 0
    while end < name.count, name[end] > 0 {
      guard name[end] <= DNSLimits.labelOctetsMax else { return false }
      end += Int(name[end]) + 1
    }
    guard end == name.count - 1 else { return false }
    zone.removeAll(keepingCapacity: true)
    // Label lengths are below the letters.
    for index in name.indices { zone.append(ASCII.lowered(name[index])) }
    return true
  }

  /// Takes the zone that an authoritative server says by the SOA or NS beside its own answer.
  private mutating func inferZone() -> Bool {
    for index in parser.answers..<parser.recordCount {
      let record = parser.record(index)
      guard record.section == .authority, record.type == .soa || record.type == .ns,
        parser.isName(parser.questionName, below: record.owner)
      else { continue }
      zone.removeAll(keepingCapacity: true)
      parser.withOctets(record.owner) { for octet in $0.indices { zone.append($0[octet]) } }
      return true
    }
    return false
  }
}
