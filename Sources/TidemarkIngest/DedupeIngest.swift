import CaptureFormats
import DNSWire
import TidemarkModel

/// Turns `dnsdedupe` payloads into observations, one to one: they are records already, made and
/// verified by a passive DNS collector above resolvers.
///
/// An insertion is left out, because the expiration of the same sightings gives the same times and
/// the whole count. Counting both would make one sighting too many.
struct DedupeIngest: ~Copyable {
  private var payload = DNSDedupePayload()
  private var rrname: [UInt8] = []
  private var scratch: [UInt8] = []

  init() {}

  /// Takes one payload.
  ///
  /// - Parameters:
  ///   - range: the payload in `bytes`.
  ///   - sensor: who saw its records.
  mutating func add(
    _ range: Range<Int>, in bytes: RawSpan, sensor: SensorNumber, rules: ResponseRules,
    records: inout FeedRecords, to batch: RecordBatch
  ) {
    do throws(ProtobufError) {
      try payload.read(range, in: bytes)
    } catch {
      records.refuse(.badPayload, UInt64(max(1, payload.rdata.count)))
      return
    }
    let offered = UInt64(max(1, payload.rdata.count))
    do throws(FeedRefusal) {
      let vantage = try vantage()
      let sighting = try sighting(vantage, sensor: sensor, rules: rules)
      let type = try type()
      try readOwner(bytes, type: type)
      let bailiwick = try bailiwick(bytes)
      addRecords(
        type: type, vantage: vantage, bailiwick: bailiwick, sighting, bytes, &records, batch)
    } catch {
      records.refuse(error.reason, offered)
    }
  }

  private func vantage() throws(FeedRefusal) -> Vantage {
    switch DNSDedupePayload.Kind(rawValue: payload.kind) {
    case .insertion: throw FeedRefusal(.insertionAnnounced)
    case .chaff: throw FeedRefusal(.chaff)
    case nil: throw FeedRefusal(.otherKind)
    case .authoritative, .mergedAuthoritative: return .zone
    case .expiration, .merged, .mergedInsertion:
      let hasTimes = payload.times.first != nil || payload.times.last != nil
      return hasTimes || payload.zoneTimes.first == nil ? .authority : .zone
    }
  }

  private func sighting(
    _ vantage: Vantage, sensor: SensorNumber, rules: ResponseRules
  ) throws(FeedRefusal) -> FeedRecords.Sighting {
    let times = vantage == .zone ? payload.zoneTimes : payload.times
    guard let first = times.first, let last = times.last, !payload.rdata.isEmpty else {
      throw FeedRefusal(.missingField)
    }
    guard let timeFirst = rules.time(seconds: first), let timeLast = rules.time(seconds: last)
    else {
      throw FeedRefusal(.timeOutOfRange)
    }
    guard timeFirst <= timeLast else { throw FeedRefusal(.timesReversed) }
    let count = payload.count ?? 1
    guard count > 0 else { throw FeedRefusal(.badCount) }
    return FeedRecords.Sighting(
      timeFirst: timeFirst, timeLast: timeLast, count: count, sensor: sensor)
  }

  private func type() throws(FeedRefusal) -> RRType {
    guard payload.rrclass == 1 else { throw FeedRefusal(.classNotIN) }
    guard let number = payload.rrtype else { throw FeedRefusal(.missingField) }
    guard let number = UInt16(exactly: number) else { throw FeedRefusal(.badType) }
    return RRType(rawValue: number)
  }

  private mutating func readOwner(_ bytes: RawSpan, type: RRType) throws(FeedRefusal) {
    guard let range = payload.rrname else { throw FeedRefusal(.missingField) }
    rrname.removeAll(keepingCapacity: true)
    guard RDataCanonicalizer.appendName(Span<UInt8>(_bytes: bytes.extracting(range)), to: &rrname)
    else {
      throw FeedRefusal(.badName)
    }
    guard FeedRecords.isStorable(type, rrname: rrname.span) else { throw FeedRefusal(.metaType) }
  }

  /// The zone as a part of the owner. One that the owner does not lie in is a contradiction.
  private mutating func bailiwick(_ bytes: RawSpan) throws(FeedRefusal) -> Bailiwick {
    guard let range = payload.bailiwick else { return .unknown }
    scratch.removeAll(keepingCapacity: true)
    guard RDataCanonicalizer.appendName(Span<UInt8>(_bytes: bytes.extracting(range)), to: &scratch)
    else {
      throw FeedRefusal(.badName)
    }
    var at = 0
    while rrname.count - at > scratch.count, rrname[at] != 0 { at += 1 + Int(rrname[at]) }
    guard rrname[at...] == scratch[...] else { throw FeedRefusal(.outOfBailiwick) }
    return Bailiwick(labels: DomainName.labelCount(ofWire: scratch.span))
  }

  private mutating func addRecords(
    type: RRType, vantage: Vantage, bailiwick: Bailiwick, _ sighting: FeedRecords.Sighting,
    _ bytes: RawSpan, _ records: inout FeedRecords, _ batch: RecordBatch
  ) {
    records.begin(records: payload.rdata.count)
    records.setOwner(rrname.span)
    for range in payload.rdata {
      scratch.removeAll(keepingCapacity: true)
      guard
        RDataCanonicalizer.append(
          Span<UInt8>(_bytes: bytes.extracting(range)), type: type, to: &scratch)
      else {
        records.refuse(.badRData)
        continue
      }
      records.add(
        rrname: rrname.span, rrtype: type, rdata: scratch.span, vantage: vantage,
        bailiwick: bailiwick, sighting, to: batch)
    }
  }
}

/// Ends the reading of a payload early.
struct FeedRefusal: Error {
  let reason: FeedReason

  init(_ reason: FeedReason) { self.reason = reason }
}
