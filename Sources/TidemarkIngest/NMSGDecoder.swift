import CaptureFormats
import DNSWire
public import TidemarkModel

/// Reads NMSG, the format of the Security Information Exchange and of libnmsg. An item is a
/// container.
///
/// | payload | taken as |
/// | --- | --- |
/// | SIE `dnsdedupe` (2/1) | records, one to one; those of zone files are ``Vantage/zone`` |
/// | base `dnsqr` (1/9) | packets of a response, already matched: the source's vantage |
/// | base `dnstap` (1/13) | as in a dnstap stream |
/// | base `dnsobs` (1/14) | a response received by a resolver |
///
/// Other payloads are counted and left out. Addresses and ports of askers are not read.
public struct NMSGDecoder: ~Copyable, ItemDecoder {
  /// Containers read.
  public private(set) var items: UInt64 = 0
  /// The collector's clock.
  public var now: UnixSeconds {
    get { rules.now }
    set {
      rules.now = newValue
      responses.now = newValue
    }
  }

  private var parser = NMSGStreamParser()
  private var containers: NMSGContainers
  private var dedupe = DedupeIngest()
  private var responses: NMSGResponses
  private var records: FeedRecords
  private var sensors: FeedSensors
  private var rules: ResponseRules
  private let standardSensor: SensorNumber
  private var lastSource: (source: UInt32, sensor: SensorNumber) = (0, 0)
  private let skipped: UInt64
  private var abandonedCounted: UInt64 = 0
  private var hasEnded = false

  /// Makes a decoder.
  ///
  /// - Parameters:
  ///   - unpack: how compressed containers are unpacked.
  ///   - dnstap: which responses of `dnstap` payloads are taken.
  ///   - batch: any; each call of ``decode(_:at:isFinal:into:)`` brings its own.
  public init(
    settings: SourceSettings, unpack: @escaping ZlibUnpack,
    dnstap options: DnstapOptions = .standard, batch: RecordBatch
  ) {
    containers = NMSGContainers(unpack: unpack)
    responses = NMSGResponses(settings: settings, dnstap: options, batch: batch)
    records = FeedRecords(settings: settings)
    sensors = FeedSensors(settings: settings)
    rules = ResponseRules(now: settings.now)
    standardSensor = settings.origin.sensor
    skipped = settings.firstItem
  }

  /// True when a source that starts with these octets is NMSG; see ``NMSGStreamParser``.
  public static func recognises(_ head: Span<UInt8>) -> Bool { NMSGStreamParser.recognises(head) }

  /// Reads containers; see ``ItemDecoder``.
  public mutating func decode(
    _ window: Span<UInt8>, at offset: inout Int, isFinal: Bool, into batch: RecordBatch
  ) throws(ImportError) -> DecodeStep {
    let bytes = unsafe window.bytes
    while true {
      let step: NMSGStep
      do throws(NMSGStreamError) {
        step = try parser.next(bytes, at: &offset, isFinal: isFinal)
      } catch {
        finish(into: batch)
        throw .unreadable(reason: "\(error.reason)", offset: error.offset)
      }
      switch step {
      case .container(let container):
        open(bytes.extracting(container.octets), flags: container.flags, into: batch)
        items += 1
        if items == skipped { responses.startRecording() }
        if BatchLimits.isFull(batch) { return .batchIsFull }
      case .needMoreBytes: return .needsInput
      case .truncated(let place):
        finish(into: batch)
        throw .truncated(offset: place)
      case .end:
        finish(into: batch)
        return .end
      }
    }
  }

  /// Adds what was read; see ``ItemDecoder``.
  public func account(into accounting: inout Accounting) {
    accounting.read = items - min(items, skipped)
    records.account(into: &accounting)
    responses.account(into: &accounting)
  }

  private var isRecording: Bool { items >= skipped }

  private mutating func open(
    _ bytes: RawSpan, flags: NMSGContainer.Flags, into batch: RecordBatch
  ) {
    switch containers.open(bytes, flags: flags) {
    case .inPlace: addPayloads(of: bytes, to: batch)
    case .unpacked(let octets): unsafe addPayloads(of: octets.span.bytes, to: batch)
    case .incomplete: break
    case .refused(let reason): refuse(reason)
    }
    countAbandoned(isRecording: isRecording)
  }

  /// Counts containers that were given up since the last time.
  private mutating func countAbandoned(isRecording: Bool) {
    let new = containers.abandoned - abandonedCounted
    guard new > 0 else { return }
    abandonedCounted += new
    if isRecording { records.refuse(.missingFragments, new) }
  }

  private mutating func addPayloads(of bytes: RawSpan, to batch: RecordBatch) {
    for index in 0..<containers.payloads.count {
      do throws(ProtobufError) {
        let payload = try containers.payloads.payload(index, in: bytes)
        guard containers.payloads.isIntact(payload, at: index, in: bytes) else {
          refuse(.badChecksum)
          continue
        }
        try add(payload, in: bytes, to: batch)
      } catch {
        refuse(.badPayload)
      }
    }
  }

  private mutating func add(
    _ payload: NMSGPayload, in bytes: RawSpan, to batch: RecordBatch
  ) throws(ProtobufError) {
    switch (payload.vendor, payload.type) {
    case (1, 9):
      try responses.addQueryResponse(
        payload.octets, in: bytes, sensor: sensor(of: payload), isRecording: isRecording,
        records: &records, to: batch)
    // Payloads of the other types have nothing to do with one another.
    case _ where !isRecording: return
    case (2, 1):
      dedupe.add(
        payload.octets, in: bytes, sensor: sensor(of: payload), rules: rules, records: &records,
        to: batch)
    case (1, 13):
      responses.addDnstap(
        bytes.extracting(payload.octets), sensor: sensor(of: payload), to: batch)
    case (1, 14):
      try responses.addObservation(
        payload.octets, in: bytes, sensor: sensor(of: payload), to: batch)
    default: records.refuse(.otherPayload)
    }
  }

  private mutating func refuse(_ reason: FeedReason) {
    if isRecording { records.refuse(reason) }
  }

  /// The number of the sensor, whose name in the store is that of libnmsg: eight hexadecimal
  /// digits.
  private mutating func sensor(of payload: NMSGPayload) -> SensorNumber {
    guard sensors.takesNames, payload.source != 0 else { return standardSensor }
    guard payload.source != lastSource.source else { return lastSource.sensor }
    let sensor = sensors.number(NMSGDecoder.digits(payload.source).span)
    lastSource = (payload.source, sensor)
    return sensor
  }

  private static func digits(_ number: UInt32) -> [UInt8] {
    (0..<8).map { position in
      let digit = UInt8(truncatingIfNeeded: number >> UInt32(28 - 4 * position)) & 0xF
      return digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "a") + digit - 10
    }
  }

  /// Settles what waits for more. When this run had nothing new to read, the run that read the
  /// source has done that.
  private mutating func finish(into batch: RecordBatch) {
    guard !hasEnded else { return }
    hasEnded = true
    let isRecording = items > skipped || skipped == 0
    containers.finish()
    countAbandoned(isRecording: isRecording)
    responses.finish(isRecording: isRecording, into: batch)
  }
}
