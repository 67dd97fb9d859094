import CaptureFormats
import DNSWire
import TidemarkModel

/// Turns messages of PowerDNS into observations.
struct PowerDNSIngest: ~Copyable {
  var rules: ResponseRules
  /// Responses seen, taken or not.
  private(set) var responses: UInt64 = 0

  private var message = PowerDNSMessage()
  private var sensors: FeedSensors
  private let sides: PowerDNSDecoder.Sides
  private var rrname: [UInt8] = []
  /// The owner of records without a name: the question's name, then the target of the alias before.
  private var chainEnd: [UInt8] = []
  private var rdata: [UInt8] = []

  init(settings: SourceSettings, sides: PowerDNSDecoder.Sides) {
    rules = ResponseRules(now: settings.now)
    sensors = FeedSensors(settings: settings)
    self.sides = sides
  }

  /// Takes one message. Queries offer nothing.
  mutating func add(
    _ range: Range<Int>, in bytes: RawSpan, records: inout FeedRecords, to batch: RecordBatch
  ) {
    do throws(ProtobufError) {
      try message.read(range, in: bytes)
    } catch {
      records.refuse(.badPayload)
      return
    }
    guard message.type != 0 else { return records.refuse(.missingField) }
    let side: PowerDNSDecoder.Sides
    let vantage: Vantage
    switch PowerDNSMessage.Kind(rawValue: UInt32(clamping: message.type)) {
    case .incomingResponse: (side, vantage) = (.authority, .authority)
    case .response: (side, vantage) = (.client, .client)
    case .query, .outgoingQuery, nil: return
    }
    responses += 1
    do throws(FeedRefusal) {
      let sighting = try sighting(side, in: bytes)
      records.begin(records: message.records.count)
      beginChain(bytes)
      for record in message.records {
        add(record, vantage, sighting, bytes, records: &records, to: batch)
      }
    } catch {
      records.refuse(error.reason, UInt64(message.records.count))
    }
  }

  /// What the records of the message share, when the message may give records.
  private mutating func sighting(
    _ side: PowerDNSDecoder.Sides, in bytes: RawSpan
  ) throws(FeedRefusal) -> FeedRecords.Sighting {
    guard sides.contains(side) else { throw FeedRefusal(.sideNotTaken) }
    guard ResponseRules.isSuccess(rcode: UInt16(clamping: message.rcode)) else {
      throw FeedRefusal(.rcode)
    }
    guard !message.hasAppliedPolicy else { throw FeedRefusal(.policyApplied) }
    guard let seconds = message.seconds else { throw FeedRefusal(.missingField) }
    guard let time = rules.time(seconds: seconds) else { throw FeedRefusal(.timeOutOfRange) }
    let identity = message.serverIdentity ?? 0..<0
    let sensor = sensors.number(Span<UInt8>(_bytes: bytes.extracting(identity)))
    return FeedRecords.Sighting(timeFirst: time, timeLast: time, count: 1, sensor: sensor)
  }

  private mutating func add(
    _ record: PowerDNSMessage.Record, _ vantage: Vantage, _ sighting: FeedRecords.Sighting,
    _ bytes: RawSpan, records: inout FeedRecords, to batch: RecordBatch
  ) {
    do throws(FeedRefusal) {
      let type = try readOwner(record, bytes)
      let isLossy = try readRData(record, type, bytes)
      records.setOwner(rrname.span)
      records.add(
        rrname: rrname.span, rrtype: type, rdata: rdata.span, vantage: isLossy ? .text : vantage,
        bailiwick: .unknown, sighting, to: batch)
      if record.name == nil { continueChain(type, isLossy: isLossy) }
    } catch {
      records.refuse(error.reason)
    }
  }

  /// Starts at the name that was asked for; without one, nameless records cannot be used.
  private mutating func beginChain(_ bytes: RawSpan) {
    chainEnd.removeAll(keepingCapacity: true)
    guard let name = message.questionName, hasChainOrder else { return }
    do throws(NameError) {
      try DomainName.parse(Span<UInt8>(_bytes: bytes.extracting(name)), into: &chainEnd)
    } catch {
      chainEnd.removeAll(keepingCapacity: true)
    }
  }

  /// False when an alias without a name stands behind other data: whose it is nobody knows.
  private var hasChainOrder: Bool {
    let types = message.records.filter { $0.name == nil }.map(\.type)
    let alias = UInt64(RRType.cname.rawValue)
    return !types.drop { $0 == alias }.contains(alias)
  }

  /// Goes on to an alias's target.
  private mutating func continueChain(_ type: RRType, isLossy: Bool) {
    guard type == .cname else { return }
    chainEnd = isLossy ? [] : rdata
  }

  /// Reads owner, class and type.
  private mutating func readOwner(
    _ record: PowerDNSMessage.Record, _ bytes: RawSpan
  ) throws(FeedRefusal) -> RRType {
    guard record.type != 0 else { throw FeedRefusal(.missingField) }
    guard record.recordClass == 1 else { throw FeedRefusal(.classNotIN) }
    guard let number = UInt16(exactly: record.type) else { throw FeedRefusal(.badType) }
    rrname.removeAll(keepingCapacity: true)
    if let name = record.name {
      do throws(NameError) {
        try DomainName.parse(Span<UInt8>(_bytes: bytes.extracting(name)), into: &rrname)
      } catch {
        throw FeedRefusal(.badName)
      }
    } else {
      guard !chainEnd.isEmpty else { throw FeedRefusal(.missingField) }
      rrname.append(contentsOf: chainEnd)
    }
    let type = RRType(rawValue: number)
    guard FeedRecords.isStorable(type, rrname: rrname.span) else { throw FeedRefusal(.metaType) }
    return type
  }

  /// Reads the rdata; true when it is lossy.
  private mutating func readRData(
    _ record: PowerDNSMessage.Record, _ type: RRType, _ bytes: RawSpan
  ) throws(FeedRefusal) -> Bool {
    guard let range = record.rdata else { throw FeedRefusal(.missingField) }
    rdata.removeAll(keepingCapacity: true)
    let octets = Span<UInt8>(_bytes: bytes.extracting(range))
    if type == .a || type == .aaaa {
      guard RDataCanonicalizer.append(octets, type: type, to: &rdata) else {
        throw FeedRefusal(.badRData)
      }
      return false
    }
    guard let form = TextRData.append(octets, type: type, to: &rdata) else {
      throw FeedRefusal(.badRData)
    }
    return form == .lossy
  }
}
