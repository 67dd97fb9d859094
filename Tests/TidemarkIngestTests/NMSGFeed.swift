import CaptureFormats
import Foundation
import TidemarkIngest
import TidemarkModel

/// Builds NMSG streams, and reads them.
enum NMSGFeed {
  static func container(_ data: [UInt8], flags: UInt8 = 0) -> [UInt8] {
    Array("NMSG".utf8) + [flags, 2] + Wire.big(UInt32(data.count)) + data
  }

  /// A container of payloads of one type.
  static func container(
    vendor: UInt64 = 2, type: UInt64 = 1, source: UInt64 = 0xA1BA_02CF, _ messages: [[UInt8]]
  ) -> [UInt8] {
    container(contents(vendor: vendor, type: type, source: source, messages))
  }

  static func contents(
    vendor: UInt64 = 2, type: UInt64 = 1, source: UInt64 = 0xA1BA_02CF, _ messages: [[UInt8]]
  ) -> [UInt8] {
    messages.flatMap { message in
      let head = Wire.number(1, vendor) + Wire.number(2, type) + Wire.number(3, 1_600_000_000)
      let tail = Wire.fixed32(4, 0) + Wire.octets(5, message) + Wire.number(7, source)
      return Wire.octets(1, head + tail)
    }
  }

  /// A `dnsdedupe` message: an expiration of one A record unless told otherwise.
  static func dedupe(
    name: [UInt8]? = MessageBuilder.name("www.example.com"), type: UInt64? = 1,
    class rrclass: UInt64? = 1, rdata: [[UInt8]] = [[192, 0, 2, 1]], count: UInt64? = 5,
    times: (UInt64?, UInt64?) = (1_600_000_000, 1_600_000_100),
    zoneTimes: (UInt64?, UInt64?) = (nil, nil), kind: UInt64 = 1,
    zone: [UInt8]? = MessageBuilder.name("example.com")
  ) -> [UInt8] {
    func number(_ field: UInt64, _ value: UInt64?) -> [UInt8] {
      value.map { Wire.number(field, $0) } ?? []
    }
    var octets = name.map { Wire.octets(1, $0) } ?? []
    octets += number(2, type) + number(3, rrclass) + Wire.number(4, 300)
    octets += rdata.flatMap { Wire.octets(5, $0) } + number(10, count)
    octets += number(11, times.0) + number(12, times.1) + Wire.number(13, kind)
    octets += Wire.octets(14, [203, 0, 113, 53]) + (zone.map { Wire.octets(16, $0) } ?? [])
    return octets + number(17, zoneTimes.0) + number(18, zoneTimes.1)
  }

  /// A `dnsqr` message with the packets of a response.
  static func queryResponse(
    kind: UInt64 = 1, packets: [[UInt8]], checksum: UInt64 = 3, isZeroed: Bool = false
  ) -> [UInt8] {
    var octets = Wire.number(1, kind) + Wire.octets(2, [198, 51, 100, 7])
    octets += Wire.octets(3, [203, 0, 113, 53]) + Wire.number(4, 17) + Wire.number(5, 40_000)
    octets += Wire.number(6, 53) + Wire.number(7, 1)
    for packet in packets { octets += Wire.octets(15, packet) }
    for _ in packets { octets += Wire.number(16, 1_600_000_000) + Wire.fixed32(17, 999_999_999) }
    return octets + Wire.number(21, checksum) + (isZeroed ? Wire.number(22, 1) : [])
  }

  /// IPv4 packets from 203.0.113.53 port 53, without UDP checksum unless one is given.
  static func packets(
    _ message: [UInt8], size: Int = .max, checksum: UInt16 = 0, from port: UInt16 = 53
  ) -> [[UInt8]] {
    let datagram =
      Wire.big(port) + Wire.big(40_000 as UInt16) + Wire.big(UInt16(8 + message.count))
      + Wire.big(checksum) + message
    let size = min(size, datagram.count)
    return stride(from: 0, to: datagram.count, by: size).map { start in
      let piece = datagram[start..<min(start + size, datagram.count)]
      let isLast = piece.endIndex == datagram.count
      let offset = UInt16(start / 8) | (isLast ? 0 : 0x2000)
      let header: [UInt8] = [0x45, 0] + Wire.big(UInt16(20 + piece.count)) + [0, 9]
      return header + Wire.big(offset) + [64, 17, 0, 0, 203, 0, 113, 53, 198, 51, 100, 7] + piece
    }
  }

  /// Unpacks zlib data that consists of one stored block, which needs no inflater.
  static let unpack: ZlibUnpack = { packed, octetsMax in
    let octets = Span<UInt8>(_bytes: packed)
    guard octets.count >= 11, octets[0] == 0x78, octets[2] == 1 else { return nil }
    let count = Int(octets[3]) | Int(octets[4]) << 8
    guard octets.count == count + 11, count <= octetsMax else { return nil }
    return (7..<7 + count).map { octets[$0] }
  }

  /// zlib data of one stored block, its length in front as libnmsg writes it.
  static func packed(_ octets: [UInt8], announcing count: Int? = nil) -> [UInt8] {
    let length = UInt16(octets.count)
    let block: [UInt8] = [
      0x78, 1, 1, UInt8(length & 0xFF), UInt8(length >> 8), UInt8(~length & 0xFF),
      UInt8(~length >> 8),
    ]
    return Wire.big(UInt32(count ?? octets.count)) + block + octets + [0, 0, 0, 0]
  }

  static func run(
    _ stream: [UInt8], settings: SourceSettings = FeedRun.settings(), piece: Int = .max
  ) -> FeedRun {
    FeedRun.run(
      NMSGDecoder(settings: settings, unpack: unpack, batch: RecordBatch()), stream, piece: piece)
  }

  /// The samples of libnmsg's own tests: the folder `shared` beside the checkout, or where the
  /// environment variable `TIDEMARK_SHARED` says.
  static let samples: URL? = {
    let package = URL(fileURLWithPath: #filePath)
      .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    let beside = package.deletingLastPathComponent().appendingPathComponent("shared")
    let named = ProcessInfo.processInfo.environment["TIDEMARK_SHARED"]
    let root = named.map { URL(fileURLWithPath: $0) } ?? beside
    let folder = root.appendingPathComponent("data/open/nmsg")
    if FileManager.default.fileExists(atPath: folder.path) { return folder }
    print("SKIPPED: no NMSG samples in \(folder.path)")
    return nil
  }()

  static func sample(_ name: String) throws -> [UInt8] {
    guard let samples else { return [] }
    return [UInt8](try Data(contentsOf: samples.appendingPathComponent("nmsg__\(name).nmsg")))
  }
}
