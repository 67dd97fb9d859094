import DNSWire
import HTTPTypes
import Hummingbird
import HummingbirdCore
import NIOCore
import TidemarkCompression

extension Response {
  /// The answer packed by gzip, if the client asks for that and there is enough to pack.
  ///
  /// A HEAD request gets the headers of the answer that is not packed.
  func packed(for request: Request) -> Response {
    guard request.method != .head, status == .ok, headers[.contentEncoding] == nil,
      headers[.cacheControl]?.contains("no-transform") != true,
      body.contentLength ?? .max >= ServerLimits.packedOctetsMin,
      Response.acceptsGzip(request.headers[.acceptEncoding] ?? ""),
      let compressor = try? GzipCompressor()
    else { return self }
    var response = self
    response.headers[.contentLength] = nil
    response.headers[.contentEncoding] = "gzip"
    let vary = headers[.vary] ?? ""
    if !vary.lowercased().contains("accept-encoding") {
      response.headers[.vary] = vary.isEmpty ? "Accept-Encoding" : vary + ", Accept-Encoding"
    }
    let plain = body
    response.body = ResponseBody { writer in
      try await plain.write(PackingWriter(base: writer, compressor: compressor))
    }
    return response
  }

  /// Reads `Accept-Encoding` (RFC 9110 section 12.5.3): gzip is named, or stands behind `*`, and
  /// its weight is not 0.
  static func acceptsGzip(_ field: String) -> Bool {
    var star = false
    for part in field.lowercased().split(separator: ",") {
      let pieces = part.split(separator: ";").map { $0.filter { $0 != " " && $0 != "\t" } }
      guard let coding = pieces.first else { continue }
      let weight = pieces.dropFirst().first { $0.hasPrefix("q=") }?.dropFirst(2) ?? "1"
      let isWanted = weight.contains { ("1"..."9").contains($0) }
      if coding == "gzip" || coding == "x-gzip" { return isWanted }
      if coding == "*" { star = isWanted }
    }
    return star
  }
}

/// Packs what is written.
private struct PackingWriter: ResponseBodyWriter {
  var base: any ResponseBodyWriter
  let compressor: GzipCompressor

  mutating func write(_ buffer: ByteBuffer) async throws {
    guard buffer.readableBytes > 0 else { return }
    try await base.write(packed(buffer.readableBytesUInt8Span, isLast: false))
  }

  consuming func finish(_ trailingHeaders: HTTPFields?) async throws {
    let none: [UInt8] = []
    let end = packed(none.span, isLast: true)
    try await base.write(end)
    try await base.finish(trailingHeaders)
  }

  private func packed(_ octets: Span<UInt8>, isLast: Bool) -> ByteBuffer {
    var out: [UInt8] = []
    compressor.append(octets, isLast: isLast, to: &out)
    return ByteBuffer(bytes: out)
  }
}
