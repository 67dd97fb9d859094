public import DNSWire
import Glibc
public import TidemarkIngest

/// Fetches a zone from a server (RFC 5936), verified as far as there is a key.
///
/// All records are first written to a file without a name. They can be read only after the last
/// message was there and every signature was right, so that a transfer that fails leaves nothing.
public struct ZoneTransfer: Sendable {
  /// What to fetch from whom: `axfr://server[:port]/zone`.
  public struct Request: Sendable, Equatable {
    /// Name or address of the server.
    public var host: String
    /// TCP port.
    public var port: UInt16
    /// Name of the zone.
    public var zone: DomainName

    /// Makes a request.
    public init(host: String, port: UInt16 = 53, zone: DomainName) {
      self.host = host
      self.port = port
      self.zone = zone
    }

    /// Reads `axfr://server[:port]/zone`; an IPv6 address stands in brackets, the root zone is `.`.
    ///
    /// - Returns: nil for anything else.
    public init?(url: String) {
      let scheme = "axfr://"
      guard url.lowercased().hasPrefix(scheme) else { return nil }
      let rest = url.dropFirst(scheme.count)
      guard let slash = rest.firstIndex(of: "/") else { return nil }
      guard let zone = try? DomainName(text: String(rest[rest.index(after: slash)...])) else {
        return nil
      }
      var server = rest[..<slash]
      var port: UInt16 = 53
      let bracket = server.lastIndex(of: "]") ?? server.startIndex
      if let colon = server[bracket...].lastIndex(of: ":") {
        guard let number = UInt16(server[server.index(after: colon)...]), number > 0 else {
          return nil
        }
        port = number
        server = server[..<colon]
      }
      if server.hasPrefix("["), server.hasSuffix("]") { server = server.dropFirst().dropLast() }
      guard !server.isEmpty else { return nil }
      self.init(host: String(server), port: port, zone: zone)
    }

    /// Server and zone, for messages.
    public var text: String {
      let server = host.contains(":") ? "[\(host)]" : host
      return "axfr://\(server)\(port == 53 ? "" : ":\(port)")/\(zone.text(finalDot: true))"
    }
  }

  /// What was fetched.
  public struct Result {
    /// Zone and serial.
    public let start: ZoneStart
    /// The records, for ``ZoneImportRun/importTransfer(_:start:)``; nil when they were not wanted.
    public let source: ByteSource?
    /// Records, both SOA records among them.
    public let records: UInt64
    /// Octets received.
    public let octets: UInt64
  }

  private let request: Request
  private let key: TSIGKey?
  private let limits: TransferLimits

  /// Makes a transfer.
  ///
  /// - Parameter key: signs the query; the answer is refused unless it is signed, too.
  public init(_ request: Request, key: TSIGKey?, limits: TransferLimits = TransferLimits()) {
    self.request = request
    self.key = key
    self.limits = limits
  }

  /// Runs the transfer to its end.
  ///
  /// - Parameters:
  ///   - spoolFolder: a folder with room for the zone.
  ///   - isWanted: asked once, as soon as the serial is known; false ends the transfer early.
  /// - Throws: ``TransferError``, and what `isWanted` throws.
  public func run(spoolFolder: String, isWanted: (ZoneStart) throws -> Bool) throws -> Result {
    let began = ZoneTransfer.monotonicSeconds()
    let socket = try StreamSocket.connect(
      host: request.host, port: request.port, seconds: limits.connectSeconds)
    var session = TransferSession(
      zone: request.zone, id: UInt16.random(in: .min ... .max), key: key,
      time: ZoneTransfer.wallSeconds())
    let length = session.query.count
    try socket.send(
      [UInt8(length >> 8), UInt8(truncatingIfNeeded: length)] + session.query,
      seconds: limits.idleSeconds)
    let spool = try TransferSpool(folder: spoolFolder)
    var records = ZoneTransferDecoder.marker
    var stream = MessageStream(socket: socket, limits: limits)
    var isAsked = false
    while true {
      guard ZoneTransfer.monotonicSeconds() - began < UInt64(limits.totalSeconds) else {
        throw TransferError.timeout("end the transfer")
      }
      let message = try stream.next()
      let isComplete = try session.take(
        message, time: ZoneTransfer.wallSeconds(), into: &records)
      try spool.append(&records)
      if !isAsked, let start = session.start {
        isAsked = true
        guard try isWanted(start) else {
          return Result(
            start: start, source: nil, records: session.records, octets: stream.octets)
        }
      }
      guard isComplete, let start = session.start else { continue }
      return Result(
        start: start, source: try spool.source(path: request.text), records: session.records,
        octets: stream.octets)
    }
  }

  private static func wallSeconds() -> UInt64 { UInt64(max(0, time(nil))) }

  private static func monotonicSeconds() -> UInt64 {
    var now = timespec()
    unsafe clock_gettime(CLOCK_MONOTONIC, &now)
    return UInt64(now.tv_sec)
  }
}

/// Messages out of a stream, each behind its length (RFC 1035 section 4.2.2).
private struct MessageStream {
  private let socket: StreamSocket
  private let limits: TransferLimits
  private var buffer: [UInt8] = []
  private var chunk: [UInt8] = []
  private var at = 0
  private var messages: UInt64 = 0
  /// Octets received.
  private(set) var octets: UInt64 = 0

  init(socket: StreamSocket, limits: TransferLimits) {
    self.socket = socket
    self.limits = limits
  }

  mutating func next() throws(TransferError) -> [UInt8] {
    while true {
      if buffer.count - at >= 2 {
        let length = Int(buffer[at]) << 8 | Int(buffer[at + 1])
        if buffer.count - at >= 2 + length {
          messages += 1
          guard messages <= limits.messagesMax else {
            throw .tooLarge("\(limits.messagesMax) messages")
          }
          let message = Array(buffer[(at + 2)..<(at + 2 + length)])
          at += 2 + length
          return message
        }
      }
      try fill()
    }
  }

  private mutating func fill() throws(TransferError) {
    buffer.removeSubrange(..<at)
    at = 0
    guard try socket.receive(into: &chunk, count: 1 << 16, seconds: limits.idleSeconds) else {
      throw .closedEarly
    }
    octets += UInt64(chunk.count)
    guard octets <= limits.octetsMax else { throw .tooLarge("\(limits.octetsMax) octets") }
    buffer.append(contentsOf: chunk)
  }
}
