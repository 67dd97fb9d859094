import CaptureFormats

/// Builds Frame Streams and dnstap payloads octet by octet.
struct FrameStreamBuilder {
  static let dnstap = Array("protobuf:dnstap.Dnstap".utf8)
  private(set) var octets: [UInt8] = []

  static func word(_ value: UInt32) -> [UInt8] {
    [UInt8(value >> 24), UInt8(value >> 16 & 0xFF), UInt8(value >> 8 & 0xFF), UInt8(value & 0xFF)]
  }

  /// A control frame with fields of type 1.
  static func control(_ type: UInt32, _ contentTypes: [[UInt8]] = []) -> [UInt8] {
    var body = word(type)
    for name in contentTypes { body += word(1) + word(UInt32(name.count)) + name }
    return word(0) + word(UInt32(body.count)) + body
  }

  static let accept = control(1, [dnstap])
  static let start = control(2, [dnstap])
  static let stop = control(3)
  static let ready = control(4, [dnstap])
  static let finish = control(5)

  static func frame(_ octets: [UInt8]) -> [UInt8] { word(UInt32(octets.count)) + octets }
}

/// Writes protocol buffers fields.
enum Proto {
  static func varint(_ value: UInt64) -> [UInt8] {
    var (rest, out) = (value, [UInt8]())
    while rest >= 0x80 {
      out.append(UInt8(rest & 0x7F) | 0x80)
      rest >>= 7
    }
    return out + [UInt8(rest)]
  }

  static func number(_ field: UInt64, _ value: UInt64) -> [UInt8] {
    varint(field << 3) + varint(value)
  }

  static func octets(_ field: UInt64, _ octets: [UInt8]) -> [UInt8] {
    varint(field << 3 | 2) + varint(UInt64(octets.count)) + octets
  }

  static func fixed32(_ field: UInt64, _ value: UInt32) -> [UInt8] {
    varint(field << 3 | 5) + (0..<4).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
  }
}

/// Everything a reader said about a stream.
struct FrameStreamReading: Equatable {
  var frames: [[UInt8]] = []
  var oversized: [UInt32] = []
  var replies: [UInt8] = []
  var truncatedAt: UInt64?
  var error: FrameStreamError?
  var isBidirectional = false
  /// Octets used when the reader was done.
  var used = 0

  /// Reads a stream whose windows end at `cuts` and at its end.
  init(_ stream: [UInt8], cuts: [Int] = []) {
    var reader = FrameStreamReader()
    var offset = 0
    var ends = (cuts + [stream.count])[...]
    var end = ends.removeFirst()
    do throws(FrameStreamError) {
      reading: while true {
        let window = unsafe stream.span.bytes.extracting(0..<end)
        let step = try reader.next(window, at: &offset, isFinal: ends.isEmpty)
        replies += reader.takeReplies()
        switch step {
        case .frame(let range): frames.append(Array(stream[range]))
        case .oversized(let octets): oversized.append(octets)
        case .needMoreBytes: end = ends.removeFirst()
        case .truncated(let place): truncatedAt = place
        case .end: break reading
        }
      }
    } catch {
      self.error = error
      replies += reader.takeReplies()
    }
    isBidirectional = reader.isBidirectional
    used = offset
  }

  /// The same octets, one more at every step.
  init(octetByOctet stream: [UInt8]) {
    self.init(stream, cuts: Array(0..<stream.count))
  }
}
