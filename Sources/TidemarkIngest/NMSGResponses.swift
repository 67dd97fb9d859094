import CaptureFormats
import DNSWire
import TidemarkModel

/// Turns the payloads of NMSG that hold DNS responses into observations: `dnsqr` through the path
/// of packets, `dnstap` and `dnsobs` through that of dnstap.
struct NMSGResponses: ~Copyable {
  var now: UnixSeconds {
    didSet {
      packets.now = now
      dnstap.now = now
    }
  }

  private var payload = DNSQueryResponsePayload()
  private var dissector = FrameDissector()
  /// For packets in which the sensor has zeroed an address, and so spoilt the checksum.
  private var lenientDissector = FrameDissector(verifiesChecksums: false)
  private var packets: CaptureIngest
  private var dnstap: DnstapIngest
  private let acceptsUnmatched: Bool
  private var countersAtStart = (CaptureCounters(), CaptureCounters())

  init(settings: SourceSettings, dnstap options: DnstapOptions, batch: RecordBatch) {
    var matched = settings
    matched.unmatched = .accept
    packets = CaptureIngest(settings: matched, batch: batch)
    dnstap = DnstapIngest(settings: settings, options: options)
    acceptsUnmatched = settings.unmatched == .accept
    now = settings.now
  }

  /// Takes a `dnstap` payload.
  ///
  /// - Parameter sensor: when the payload names none itself.
  mutating func addDnstap(_ bytes: RawSpan, sensor: SensorNumber, to batch: RecordBatch) {
    dnstap.origin.sensor = sensor
    dnstap.add(bytes, to: batch)
  }

  /// Takes a `dnsobs` payload: what a resolver received, without the address of who asked.
  mutating func addObservation(
    _ range: Range<Int>, in bytes: RawSpan, sensor: SensorNumber, to batch: RecordBatch
  ) throws(ProtobufError) {
    let observation = try DNSObservationPayload(range, in: bytes)
    // Without a message the server did not answer.
    guard observation.response != nil else { return }
    dnstap.origin.sensor = sensor
    dnstap.add(DnstapMessage(observation), in: bytes, to: batch)
  }

  /// Takes a `dnsqr` payload.
  ///
  /// - Parameter isRecording: false for payloads that an earlier run has stored. They are read all
  ///   the same: what they prove about zones decides over later ones.
  mutating func addQueryResponse(
    _ range: Range<Int>, in bytes: RawSpan, sensor: SensorNumber, isRecording: Bool,
    records: inout FeedRecords, to batch: RecordBatch
  ) throws(ProtobufError) {
    try payload.read(range, in: bytes)
    packets.isRecording = isRecording
    packets.batch = batch
    packets.origin.sensor = sensor
    if let reason = refusal() {
      if isRecording { records.refuse(reason) }
      return
    }
    var isWaiting = false
    for packet in payload.response {
      switch dissect(packet, in: bytes) {
      case .held: isWaiting = true
      case .delivered: isWaiting = false
      default: continue
      }
    }
    // Other payloads do not hold what is missing of this one's datagram.
    if isWaiting { forgetFragments() }
  }

  /// Starts to count after a replay.
  mutating func startRecording() {
    countersAtStart = (dissector.counters, lenientDissector.counters)
  }

  /// Settles what waits for its zone to become known.
  mutating func finish(isRecording: Bool, into batch: RecordBatch) {
    packets.isRecording = isRecording
    packets.batch = batch
    packets.finish()
  }

  func account(into accounting: inout Accounting) {
    accounting.responses += packets.counters.responses
    accounting.offered += packets.counters.offered
    for outcome in FrameOutcome.allCases {
      let count =
        dissector.counters[outcome] - countersAtStart.0[outcome]
        + lenientDissector.counters[outcome] - countersAtStart.1[outcome]
      guard count > 0 else { continue }
      let reason = Accounting.Reason(name: FrameReason.name(outcome), count: count)
      switch outcome.kind {
      case .dropped: accounting.dropped.append(reason)
      case .malformed: accounting.malformed.append(reason)
      case .delivered, .held, .notDNS: continue
      }
      accounting.offered += count
    }
    packets.counters.account(into: &accounting)
    dnstap.account(into: &accounting)
  }

  /// Why the packets of the payload are not looked at; nil too when there is none to look at.
  private func refusal() -> FeedReason? {
    if payload.hasBadChecksum { return .sensorChecksum }
    switch DNSQueryResponsePayload.Kind(rawValue: payload.kind) {
    case .queryResponse: return nil
    case .unsolicitedResponse, .responseOnly: return acceptsUnmatched ? nil : .unmatched
    // A sensor does not follow TCP, so nothing was matched.
    case .tcp: return .tcpPackets
    case .unansweredQuery, .queryOnly, .icmp: return payload.response.isEmpty ? nil : .otherKind
    case nil: return .otherKind
    }
  }

  private mutating func dissect(
    _ packet: DNSQueryResponsePayload.Packet, in bytes: RawSpan
  ) -> FrameOutcome {
    let frame = bytes.extracting(packet.octets)
    if payload.isAddressZeroed {
      return lenientDissector.dissect(
        frame, linkType: .raw, time: packet.time, originalLength: frame.byteCount,
        handler: &packets)
    }
    return dissector.dissect(
      frame, linkType: .raw, time: packet.time, originalLength: frame.byteCount,
      handler: &packets)
  }

  private mutating func forgetFragments() {
    if payload.isAddressZeroed {
      lenientDissector.finish(handler: &packets)
    } else {
      dissector.finish(handler: &packets)
    }
  }
}
