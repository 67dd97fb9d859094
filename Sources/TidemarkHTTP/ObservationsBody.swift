import HTTPTypes
import Hummingbird
import NIOCore
import TidemarkCompression
import TidemarkIngest
import TidemarkModel

/// Reads the body of a request into a batch, as it comes: plain, or packed by gzip or zstd.
struct ObservationsBody: Sendable {
  /// A body that ends before what it holds does.
  struct CutOff: Error {}

  private let request: Request
  private let compression: Compression

  /// - Throws: ``Problem`` for an encoding that is not known, and for a body that says itself that
  ///   it is too long.
  init(_ request: Request) throws(Problem) {
    self.request = request
    compression = try ObservationsBody.compression(of: request)
    if let length = request.headers[.contentLength].flatMap({ Int($0) }),
      length > ServerLimits.bodyOctetsMax
    {
      throw ObservationsBody.tooLong
    }
  }

  /// Adds what the body says to a batch.
  ///
  /// - Parameter decoder: new; has its account afterwards.
  /// - Throws: ``Problem`` for a body that is too long or cannot be unpacked, ``CutOff``, and what
  ///   reading the connection throws. The batch is of no use then, but for ``CutOff`` and damage,
  ///   before which everything was added.
  func read(
    with decoder: inout some ItemDecoder & ~Copyable, into batch: RecordBatch
  ) async throws {
    var unpacker = Unpacker(compression, octetsMax: ServerLimits.bodyOctetsMax)
    var received = 0
    var piece: [UInt8] = []
    for try await buffer in request.body {
      received += buffer.readableBytes
      guard received <= ServerLimits.bodyOctetsMax else { throw ObservationsBody.tooLong }
      let octets = buffer.readableBytesUInt8Span
      if unpacker == nil {
        try ObservationsBody.decode(octets, isFinal: false, with: &decoder, into: batch)
        continue
      }
      var at = 0
      while try ObservationsBody.unpack(
        &unpacker, octets, at: &at, isLast: false, into: &piece)
      {
        try ObservationsBody.decode(piece.span, isFinal: false, with: &decoder, into: batch)
      }
    }
    let none: [UInt8] = []
    var at = 0
    while try ObservationsBody.unpack(&unpacker, none.span, at: &at, isLast: true, into: &piece) {
      try ObservationsBody.decode(piece.span, isFinal: false, with: &decoder, into: batch)
    }
    try ObservationsBody.decode(none.span, isFinal: true, with: &decoder, into: batch)
  }

  private static func decode(
    _ octets: Span<UInt8>, isFinal: Bool, with decoder: inout some ItemDecoder & ~Copyable,
    into batch: RecordBatch
  ) throws(CutOff) {
    var at = 0
    do {
      // The body is one batch, however large: that is what makes it all or nothing.
      while try decoder.decode(octets, at: &at, isFinal: isFinal, into: batch) == .batchIsFull {}
    } catch {
      throw CutOff()
    }
  }

  private static func unpack(
    _ unpacker: inout Unpacker?, _ octets: Span<UInt8>, at: inout Int, isLast: Bool,
    into piece: inout [UInt8]
  ) throws(Problem) -> Bool {
    do throws(Unpacker.Fault) {
      return try unpacker?.next(octets, at: &at, isLast: isLast, into: &piece) ?? false
    } catch {
      switch error {
      case .tooLong: throw ObservationsBody.tooLong
      case .damaged(let damage): throw Problem(.badRequest, "the body: \(damage.rawValue)")
      }
    }
  }

  private static func compression(of request: Request) throws(Problem) -> Compression {
    switch request.headers[.contentEncoding]?.lowercased() {
    case nil, "", "identity": return .none
    case "gzip", "x-gzip": return .gzip
    case "zstd": return .zstd
    default:
      throw Problem(
        .unsupportedMediaType, "Content-Encoding: gzip, zstd or none",
        headers: [.acceptEncoding: "gzip, zstd"])
    }
  }

  static let tooLong = Problem(
    .contentTooLarge,
    "a body may have \(ServerLimits.bodyOctetsMax) octets, unpacked; send several batches")
}
