import D4Wire
import TidemarkIngest
import TidemarkModel

/// Reads the payloads of one session: the stream that the packets cut in pieces.
///
/// Payloads are read where they lie in the connection's window. Only what a format wants to see in
/// one piece, a record of a capture that goes on in the next packet, is carried over.
final class D4Feed: AnyDecoder, @unchecked Sendable {
  /// Places of payloads in the window of the next ``decode(_:at:isFinal:into:)``, not yet read.
  var ranges: [Range<Int>] = []
  /// Octets of ``ranges`` that were read before.
  private var nextRange = 0
  private let inner: AnyDecoder
  private var carried: [UInt8] = []
  private var carriedAt = 0
  /// The stream cannot be read any further.
  private var isBroken = false

  init(_ inner: AnyDecoder) { self.inner = inner }

  /// True when everything of ``ranges`` was read.
  var isDone: Bool { nextRange == ranges.count }

  /// The first octet of the window that was not read; nil when all was.
  var firstUnread: Int? { isDone ? nil : ranges[nextRange].lowerBound }

  override var items: UInt64 { inner.items }

  override var now: UnixSeconds {
    get { inner.now }
    set { inner.now = newValue }
  }

  override var heldOctets: Int { inner.heldOctets }

  override func account(into accounting: inout Accounting) { inner.account(into: &accounting) }

  /// Forgets what was read and makes places count from a later octet of the window.
  func advance(by octets: Int) {
    ranges.removeSubrange(..<nextRange)
    nextRange = 0
    for index in ranges.indices {
      ranges[index] = (ranges[index].lowerBound - octets)..<(ranges[index].upperBound - octets)
    }
  }

  /// Reads what ``ranges`` name; with `isFinal`, also what needs no more octets to be complete.
  override func decode(
    _ window: Span<UInt8>, at offset: inout Int, isFinal: Bool, into batch: RecordBatch
  ) throws(ImportError) -> DecodeStep {
    guard !isBroken else { return .needsInput }
    do throws(ImportError) {
      return try decodeAll(window, at: &offset, isFinal: isFinal, into: batch)
    } catch {
      // What was noted belongs to this window: another one may be shorter.
      isBroken = true
      ranges.removeAll()
      nextRange = 0
      carried.removeAll()
      carriedAt = 0
      throw error
    }
  }

  private func decodeAll(
    _ window: Span<UInt8>, at offset: inout Int, isFinal: Bool, into batch: RecordBatch
  ) throws(ImportError) -> DecodeStep {
    if try decodeCarried(isFinal: false, batch) == .batchIsFull { return .batchIsFull }
    while nextRange < ranges.count {
      let range = ranges[nextRange]
      let step =
        carried.isEmpty
        ? try decode(window, range, &offset, batch) : try carry(window, range, &offset, batch)
      if step == .batchIsFull { return step }
    }
    guard isFinal else { return .needsInput }
    return try decodeCarried(isFinal: true, batch)
  }

  /// Reads a payload where it lies.
  private func decode(
    _ window: Span<UInt8>, _ range: Range<Int>, _ offset: inout Int, _ batch: RecordBatch
  ) throws(ImportError) -> DecodeStep {
    var used = 0
    let step = try inner.decode(
      window.extracting(range), at: &used, isFinal: false, into: batch)
    if step == .batchIsFull {
      ranges[nextRange] = (range.lowerBound + used)..<range.upperBound
      offset = range.lowerBound + used
      return step
    }
    append(window.extracting((range.lowerBound + used)..<range.upperBound))
    offset = range.upperBound
    nextRange += 1
    return step
  }

  /// Puts a payload behind what waits for it, and reads both.
  private func carry(
    _ window: Span<UInt8>, _ range: Range<Int>, _ offset: inout Int, _ batch: RecordBatch
  ) throws(ImportError) -> DecodeStep {
    append(window.extracting(range))
    offset = range.upperBound
    nextRange += 1
    return try decodeCarried(isFinal: false, batch)
  }

  private func append(_ octets: Span<UInt8>) {
    guard !octets.isEmpty else { return }
    unsafe octets.withUnsafeBufferPointer { unsafe carried.append(contentsOf: $0) }
  }

  private func decodeCarried(
    isFinal: Bool, _ batch: RecordBatch
  ) throws(ImportError) -> DecodeStep {
    guard isFinal || carriedAt < carried.count else { return .needsInput }
    // The octets leave the object meanwhile: nothing can be borrowed from inside of it.
    var octets: [UInt8] = []
    swap(&octets, &carried)
    defer { swap(&octets, &carried) }
    let step = try inner.decode(octets.span, at: &carriedAt, isFinal: isFinal, into: batch)
    guard step != .batchIsFull else { return step }
    if carriedAt > 0 { octets.removeSubrange(..<carriedAt) }
    carriedAt = 0
    guard octets.count <= D4Limits.carriedOctetsMax + D4Session.payloadOctetsStandard else {
      throw .unreadable(reason: "a record without end", offset: 0)
    }
    return step
  }
}
