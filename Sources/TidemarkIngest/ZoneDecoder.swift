public import DNSWire
public import TidemarkModel

/// How a master file is read.
public struct ZoneFileSettings {
  /// The initial origin, a complete wire name; empty when only the file can tell.
  public var origin: [UInt8] = []
  /// Records that all `$GENERATE` of a file may make together; 0 refuses them.
  public var generatedMax = 0
  /// Opens included files; nil refuses them.
  public var includer: ZoneIncluder?
  /// ``ZoneDecoder/includedDigest`` when `firstItem` was reached by the run that stored the items
  /// before it.
  public var includedDigest: UInt64?

  /// Makes settings that refuse `$INCLUDE` and `$GENERATE`.
  public init() {}
}

/// A decoder of zone data, which has a little more to say than others.
public protocol ZoneItemDecoder: ItemDecoder, ~Copyable {
  /// The first entries that could not be read, with their lines.
  var rejections: [ZoneRejection] { get }
  /// Hash of the octets of included files up to the last item: what the source's position does not
  /// cover.
  var includedDigest: UInt64 { get }
}

/// Reads master files (see ``ZoneScanner``). An item is an entry that gives a record or should.
///
/// An `$INCLUDE` that is refused or fails ends the source there: a snapshot with a hole would look
/// complete. Everything else that cannot be read costs one record.
public struct ZoneDecoder: ~Copyable, ZoneItemDecoder {
  /// Rejections kept for people.
  public static let rejectionsMax = 10

  /// Entries read, those of included files among them.
  public private(set) var items: UInt64 = 0
  /// The collector's clock; a snapshot has a time of its own.
  public var now: UnixSeconds
  /// See ``ZoneItemDecoder``; at most ``rejectionsMax``.
  public private(set) var rejections: [ZoneRejection] = []
  /// See ``ZoneItemDecoder``.
  public var includedDigest: UInt64 { reader.includedDigest }

  private var reader: ZoneReader
  private var ingest: ZoneIngest
  private let skipped: UInt64
  private let expectedDigest: UInt64?
  private var offered: UInt64 = 0
  private var reasons: [(reason: ZoneRejectionReason, count: UInt64)] = []

  /// Makes a decoder.
  public init(snapshot: ZoneSnapshot, file: ZoneFileSettings, settings: SourceSettings) {
    reader = ZoneReader(
      origin: file.origin, generatedMax: file.generatedMax, includer: file.includer)
    ingest = ZoneIngest(snapshot: snapshot, settings: settings)
    ingest.isRecording = settings.firstItem == 0
    skipped = settings.firstItem
    expectedDigest = file.includedDigest
    now = settings.now
  }

  /// Reads entries; see ``ItemDecoder``.
  public mutating func decode(
    _ window: Span<UInt8>, at offset: inout Int, isFinal: Bool, into batch: RecordBatch
  ) throws(ImportError) -> DecodeStep {
    while true {
      switch try reader.next(window, at: &offset, isFinal: isFinal) {
      case .record:
        add(to: batch)
        try endItem()
      case .rejected(let rejection):
        reject(rejection)
        try endItem()
      case .include: continue
      case .needsInput: return .needsInput
      case .end: return .end
      }
      if BatchLimits.isFull(batch) { return .batchIsFull }
    }
  }

  /// Adds what was read; see ``ItemDecoder``.
  public func account(into accounting: inout Accounting) {
    accounting.read = items - min(items, skipped)
    ingest.account(into: &accounting)
    accounting.offered += offered
    for (reason, count) in reasons {
      let named = Accounting.Reason(name: "\(reason.name)", count: count)
      switch reason {
      case .otherClass: accounting.filtered.append(named)
      case .generateRefused, .generateTooLarge: accounting.dropped.append(named)
      default: accounting.malformed.append(named)
      }
    }
  }

  @inline(__always)
  private mutating func add(to batch: RecordBatch) {
    reader.withScanner { scanner in
      ingest.add(
        owner: scanner.owner.span, isSameOwner: scanner.isSameOwner, rrtype: scanner.rrtype,
        rdata: scanner.rdata.span, to: batch)
    }
  }

  private mutating func endItem() throws(ImportError) {
    items += 1
    guard items == skipped else { return }
    ingest.isRecording = true
    guard expectedDigest == nil || expectedDigest == includedDigest else {
      throw .unreadable(
        reason: "an included file is not the one that the interrupted import read", offset: 0)
    }
  }

  /// Counts what gives no record. A file has a handful of reasons.
  private mutating func reject(_ rejection: ZoneRejection) {
    guard items >= skipped else { return }
    offered += 1
    if rejections.count < ZoneDecoder.rejectionsMax, rejection.reason != .otherClass {
      rejections.append(rejection)
    }
    let name = "\(rejection.reason.name)"
    for index in reasons.indices where "\(reasons[index].reason.name)" == name {
      reasons[index].count += 1
      return
    }
    reasons.append((rejection.reason, 1))
  }
}

extension ZoneDecoder {
  /// True when octets begin as master files do: with a directive or an SOA record, after comments.
  ///
  /// - Parameter head: unpacked octets, as many as are at hand.
  public static func recognises(_ head: Span<UInt8>) -> Bool {
    var at = 0
    while at < head.count {
      let start = at
      while at < head.count, head[at] != ASCII.lineFeed { at += 1 }
      let line = head.extracting(start..<at)
      at += 1
      if isBlank(line) { continue }
      if starts(line, with: "$origin") || starts(line, with: "$ttl") {
        var scanner = ZoneScanner()
        var offset = 0
        return scanner.next(line, at: &offset, isFinal: true) == .end
      }
      var scanner = ZoneScanner(origin: DomainName.root.wire)
      var offset = start
      return scanner.next(head, at: &offset, isFinal: true) == .record && scanner.rrtype == .soa
    }
    return false
  }

  /// True for a line of blanks, or of a comment.
  private static func isBlank(_ line: Span<UInt8>) -> Bool {
    for index in line.indices {
      if line[index] == UInt8(ascii: ";") { return true }
      if line[index] != ASCII.space, line[index] != ASCII.tab, line[index] != ASCII.carriageReturn {
        return false
      }
    }
    return true
  }

  private static func starts(_ line: Span<UInt8>, with word: String) -> Bool {
    let octets = Array(word.utf8)
    guard line.count > octets.count,
      line[octets.count] == ASCII.space || line[octets.count] == ASCII.tab
    else { return false }
    for index in octets.indices where ASCII.lowered(line[index]) != octets[index] { return false }
    return true
  }
}

/// Looks for the SOA record of a master file, which says what zone and which state of it the file
/// holds. It is the first record of nearly every file.
public struct ZoneStartFinder: ~Copyable {
  private var reader: ZoneReader

  /// Starts at the beginning of a file.
  public init(file: ZoneFileSettings) {
    reader = ZoneReader(
      origin: file.origin, generatedMax: file.generatedMax, includer: file.includer)
  }

  /// Takes the next octets of the file.
  ///
  /// - Returns: the first SOA record, nil when it is not in the file so far.
  /// - Throws: ``ImportError`` for an include that is refused or fails before it.
  public mutating func take(
    _ chunk: Span<UInt8>, isFinal: Bool
  ) throws(ImportError) -> ZoneStart? {
    var offset = 0
    while true {
      switch try reader.next(chunk, at: &offset, isFinal: isFinal) {
      case .record:
        let start = reader.withScanner { scanner in
          scanner.rrtype == .soa ? ZoneStart(owner: scanner.owner, soa: scanner.rdata) : nil
        }
        if let start { return start }
      case .rejected, .include: continue
      case .needsInput, .end: return nil
      }
    }
  }
}
