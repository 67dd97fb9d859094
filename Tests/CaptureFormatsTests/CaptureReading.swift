import CaptureFormats

/// Everything a parser says about a file.
struct CaptureReading: Equatable {
  struct Record: Equatable {
    var packet: CapturedPacket
    var octets: [UInt8]
  }

  var records: [Record] = []
  var truncatedAt: UInt64?
  var error: CaptureFileError?
  /// The longest window that the parser asked for.
  var largestNeed = 0

  /// Reads `file` through windows that grow by what `piece` says each time.
  init(_ file: [UInt8], piece: () -> Int) {
    var parser = CaptureFileParser()
    var window: [UInt8] = []
    var at = 0
    var read = 0
    while true {
      let need = take(from: &parser, window, at: &at, isFinal: read == file.count)
      guard let need else { return }
      guard need > 0 else { continue }
      largestNeed = max(largestNeed, need)
      window.removeFirst(at)
      at = 0
      let end = min(file.count, read + max(1, piece()))
      window += file[read..<end]
      read = end
    }
  }

  /// Takes one step; returns the octets that the next one needs, nil after the last.
  private mutating func take(
    from parser: inout CaptureFileParser, _ window: [UInt8], at: inout Int, isFinal: Bool
  ) -> Int? {
    let bytes = unsafe window.span.bytes
    do throws(CaptureFileError) {
      switch try parser.next(bytes, at: &at, isFinal: isFinal) {
      case .packet(var packet):
        let octets = copy(bytes.extracting(packet.bytes))
        // Where a packet lies in the window depends on the windows.
        packet.bytes = 0..<octets.count
        records.append(Record(packet: packet, octets: octets))
        return 0
      case .needMoreBytes(let least): return least
      case .truncated(let offset):
        truncatedAt = offset
        return 0
      case .end: return nil
      }
    } catch {
      self.error = error
      return nil
    }
  }

  /// Reads `file` as one window.
  init(whole file: [UInt8]) {
    self.init(file) { file.count }
  }

  static func == (left: CaptureReading, right: CaptureReading) -> Bool {
    left.records == right.records && left.truncatedAt == right.truncatedAt
      && left.error == right.error
  }
}

extension DissectorBench {
  /// Dissects all packets of a reading, then finishes.
  mutating func feed(_ reading: CaptureReading) {
    for record in reading.records {
      let bytes = unsafe record.octets.span.bytes
      dissector.dissect(bytes, of: record.packet, handler: &collector)
    }
    finish()
  }
}
