public import DNSWire
public import TidemarkModel

/// Records of a zone transfer one after another, as a transfer is kept until it is verified: after
/// ``marker``, each as in a message without compression (RFC 1035 section 3.2.1), names and rdata
/// canonical. An item is a record.
public struct ZoneTransferDecoder: ~Copyable, ZoneItemDecoder {
  /// What the octets begin with, so that nobody takes them for something else.
  public static let marker = Array("tidemark-transfer-1\n".utf8)

  /// Records read.
  public private(set) var items: UInt64 = 0
  /// The collector's clock; a snapshot has a time of its own.
  public var now: UnixSeconds

  private var ingest: ZoneIngest
  private let skipped: UInt64
  private var foreignClass: UInt64 = 0
  private var hasMarker = false
  /// See ``ZoneItemDecoder``: messages that cannot be read end a transfer.
  public var rejections: [ZoneRejection] { [] }
  /// See ``ZoneItemDecoder``: nothing is included.
  public var includedDigest: UInt64 { 0 }

  /// Makes a decoder.
  public init(snapshot: ZoneSnapshot, settings: SourceSettings) {
    ingest = ZoneIngest(snapshot: snapshot, settings: settings)
    ingest.isRecording = settings.firstItem == 0
    skipped = settings.firstItem
    now = settings.now
  }

  /// Appends a record in the form that is read here.
  public static func append(
    owner: Span<UInt8>, record: MessageRecord, rdata: Span<UInt8>, to out: inout [UInt8]
  ) {
    for index in owner.indices { out.append(owner[index]) }
    func append16(_ value: UInt16) {
      out.append(UInt8(value >> 8))
      out.append(UInt8(truncatingIfNeeded: value))
    }
    append16(record.type.rawValue)
    append16(record.recordClass)
    append16(UInt16(record.ttl >> 16))
    append16(UInt16(truncatingIfNeeded: record.ttl))
    append16(UInt16(truncatingIfNeeded: rdata.count))
    for index in rdata.indices { out.append(rdata[index]) }
  }

  /// Reads records; see ``ItemDecoder``.
  public mutating func decode(
    _ window: Span<UInt8>, at offset: inout Int, isFinal: Bool, into batch: RecordBatch
  ) throws(ImportError) -> DecodeStep {
    if !hasMarker {
      guard window.count - offset >= Self.marker.count else {
        guard isFinal else { return .needsInput }
        throw .truncated(offset: 0)
      }
      for octet in Self.marker {
        guard window[offset] == octet else {
          throw .unreadable(reason: "no zone transfer", offset: 0)
        }
        offset += 1
      }
      hasMarker = true
    }
    while let end = ZoneTransferDecoder.recordEnd(window, from: offset) {
      add(window, offset..<end, to: batch)
      offset = end
      items += 1
      if items == skipped { ingest.isRecording = true }
      if BatchLimits.isFull(batch) { return .batchIsFull }
    }
    guard isFinal else { return .needsInput }
    guard offset == window.count else { throw .truncated(offset: 0) }
    return .end
  }

  /// Adds what was read; see ``ItemDecoder``.
  public func account(into accounting: inout Accounting) {
    accounting.read = items - min(items, skipped)
    ingest.account(into: &accounting)
    accounting.offered += foreignClass
    if foreignClass > 0 {
      accounting.filtered.append(Accounting.Reason(name: "class-not-in", count: foreignClass))
    }
  }

  private mutating func add(
    _ window: Span<UInt8>, _ range: Range<Int>, to batch: RecordBatch
  ) {
    let record = window.extracting(range)
    let nameEnd = ZoneTransferDecoder.nameEnd(record, from: 0) ?? 0
    func word(_ at: Int) -> UInt16 { UInt16(record[at]) << 8 | UInt16(record[at + 1]) }
    guard word(nameEnd + 2) == 1 else {
      if items >= skipped { foreignClass += 1 }
      return
    }
    ingest.add(
      owner: record.extracting(0..<nameEnd), isSameOwner: false,
      rrtype: RRType(rawValue: word(nameEnd)),
      rdata: record.extracting((nameEnd + 10)..<record.count), to: batch)
  }

  /// The end of the record at `start`; nil when it is not there completely.
  private static func recordEnd(_ octets: Span<UInt8>, from start: Int) -> Int? {
    guard let nameEnd = nameEnd(octets, from: start), octets.count - nameEnd >= 10 else {
      return nil
    }
    let length = Int(octets[nameEnd + 8]) << 8 | Int(octets[nameEnd + 9])
    return octets.count - nameEnd - 10 >= length ? nameEnd + 10 + length : nil
  }

  private static func nameEnd(_ octets: Span<UInt8>, from start: Int) -> Int? {
    var at = start
    while at < octets.count {
      if octets[at] == 0 { return at + 1 }
      at += 1 + Int(octets[at])
    }
    return nil
  }
}
