public import DNSWire

/// Builds record keys on the packet path: one buffer, no allocation per record, and the name part
/// is written once for all records of an owner.
@safe public struct RecordKeyWriter: ~Copyable {
  private let buffer: UnsafeMutablePointer<UInt8>
  /// Where the labels of the owner start.
  private let starts: UnsafeMutablePointer<UInt8>
  private var nameEnd = 0
  private var count = 0

  /// Makes a writer with room for the longest key.
  public init() {
    unsafe buffer = .allocate(capacity: RecordKey.octetsMax)
    unsafe starts = .allocate(capacity: DNSLimits.labelsMax)
  }

  deinit {
    unsafe buffer.deallocate()
    unsafe starts.deallocate()
  }

  /// Sets dataset and owner of the keys that follow.
  ///
  /// - Parameter rrname: one complete canonical wire name.
  public mutating func setOwner(dataset: DatasetNumber, rrname: Span<UInt8>) {
    precondition(rrname.count <= DNSLimits.nameOctetsMax, "not a valid name")
    var label = 0
    var end = 0
    while end < rrname.count, rrname[end] != 0 {
      precondition(label < DNSLimits.labelsMax, "not a valid name")
      unsafe starts[label] = UInt8(truncatingIfNeeded: end)
      label += 1
      end += 1 + Int(rrname[end])
    }
    unsafe buffer[0] = UInt8(truncatingIfNeeded: dataset >> 8)
    unsafe buffer[1] = UInt8(truncatingIfNeeded: dataset)
    var at = RecordKey.datasetOctets
    while label > 0 {
      label -= 1
      let start = Int(unsafe starts[label])
      at = unsafe RecordKeyWriter.copyLabel(
        rrname.bytes, from: start + 1, count: Int(rrname[start]), to: buffer, at: at)
      unsafe buffer[at] = RecordKey.labelEnd
      at += 1
    }
    unsafe buffer[at] = RecordKey.labelEnd
    nameEnd = at + 1
  }

  /// Writes the octets of a label, escaped where they must be, and returns the offset behind them.
  ///
  /// Whole words are read and written, also beyond the label: the buffer has room, and what is too
  /// much is overwritten by what follows.
  @inline(__always)
  private static func copyLabel(
    _ name: RawSpan, from start: Int, count: Int, to buffer: UnsafeMutablePointer<UInt8>,
    at offset: Int
  ) -> Int {
    let ones: UInt64 = 0x0101_0101_0101_0101
    var at = offset
    var index = 0
    while index < count, start + index + 8 <= name.byteCount {
      let word = unsafe name.unsafeLoadUnaligned(fromByteOffset: start + index, as: UInt64.self)
      let octets = min(count - index, 8)
      let mask = UInt64.max >> UInt64(64 - octets * 8)
      // An octet below 2 borrows from the next and sets its own top bit, unless it was set anyway.
      guard (word &- 2 &* ones) & ~word & (0x80 &* ones) & mask == 0 else { break }
      unsafe UnsafeMutableRawPointer(buffer + at).storeBytes(of: word, as: UInt64.self)
      at += octets
      index += octets
    }
    while index < count {
      let octet = unsafe name.unsafeLoad(fromByteOffset: start + index, as: UInt8.self)
      if octet <= RecordKey.escape {
        unsafe buffer[at] = RecordKey.escape
        at += 1
      }
      unsafe buffer[at] = octet <= RecordKey.escape ? octet + 1 : octet
      at += 1
      index += 1
    }
    return at
  }

  /// Completes the key of one record of the owner.
  ///
  /// - Parameter rdata: at most 65,535 octets.
  public mutating func finish(
    rrtype: RRType, rdata: Span<UInt8>, vantage: Vantage, bailiwick: Bailiwick
  ) {
    precondition(nameEnd > 0, "no owner yet")
    precondition(rdata.count <= DNSLimits.rdataOctetsMax, "rdata too long")
    unsafe buffer[nameEnd] = UInt8(truncatingIfNeeded: rrtype.rawValue >> 8)
    unsafe buffer[nameEnd + 1] = UInt8(truncatingIfNeeded: rrtype.rawValue)
    unsafe buffer[nameEnd + 2] = UInt8(truncatingIfNeeded: rdata.count >> 8)
    unsafe buffer[nameEnd + 3] = UInt8(truncatingIfNeeded: rdata.count)
    let start = nameEnd + 4
    if rdata.count == 4 {
      let octets = unsafe rdata.bytes.unsafeLoadUnaligned(as: UInt32.self)
      unsafe UnsafeMutableRawPointer(buffer + start).storeBytes(of: octets, as: UInt32.self)
    } else {
      unsafe rdata.withUnsafeBufferPointer {
        if let octets = $0.baseAddress {
          unsafe (buffer + start).update(from: octets, count: rdata.count)
        }
      }
    }
    unsafe buffer[start + rdata.count] = vantage.rawValue
    unsafe buffer[start + rdata.count + 1] = bailiwick.rawValue
    count = start + rdata.count + RecordKey.trailerOctets
  }

  /// Calls `body` with the key that ``finish(rrtype:rdata:vantage:bailiwick:)`` completed.
  @inline(__always)
  public func withKey<R>(_ body: (Span<UInt8>) -> R) -> R {
    let octets = unsafe UnsafeBufferPointer(start: buffer, count: count)
    return unsafe body(octets.span)
  }
}
