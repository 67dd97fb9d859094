import HTTPTypes
import Hummingbird
import NIOCore
import TidemarkStore

extension Answer {
  /// Sends the answer in one piece when it is small, otherwise as a stream: each piece is made on a
  /// scanning thread, while the connection sends the one before. No more than these two are held,
  /// and a client that leaves ends the scan.
  ///
  /// Nothing is sent before the first octet of the body is known, or that there will be none: a
  /// failure still gets its status.
  ///
  /// - Parameter isQuick: the first rows come without a long search: no thread is changed for them.
  /// - Throws: ``StoreError`` when not even the first piece can be made.
  func response(headers: HTTPFields, isHead: Bool, isQuick: Bool) async throws -> Response {
    var first = isQuick ? try firstPiece() : []
    while first.isEmpty, !isDone {
      first = try await ScanPool.shared.run { try self.firstPiece() }
    }
    let piece = first
    if isDone { return Response(status: .ok, headers: headers, octets: piece, isHead: isHead) }
    if isHead {
      count(.limited)
      return Answer.headOfStream(headers)
    }
    return Response(
      status: .ok, headers: headers,
      body: ResponseBody { writer in
        // The connection takes a piece over at once, unless it has too much unsent.
        try await writer.write(ByteBuffer(bytes: piece))
        while !self.isDone {
          let next = try await ScanPool.shared.run { try self.nextPiece() }
          if !next.isEmpty { try await writer.write(ByteBuffer(bytes: next)) }
        }
        try await writer.finish(nil)
      })
  }

  /// A piece with the first rows: few when they are slow to find, so that somebody sees them soon.
  /// Every step is four times the one before, and none follows once the time is up.
  private func firstPiece() throws -> [UInt8] {
    let start = ContinuousClock.now
    var step = ServerLimits.firstRows
    var left = ServerLimits.pageRows - step
    var piece = try nextPiece(rowsMax: step)
    while !isDone, !piece.isEmpty, left > 0, piece.count < ServerLimits.pageOctets,
      ContinuousClock.now - start < ServerLimits.firstRowsTime
    {
      step = min(4 * step, left)
      left -= step
      piece += try nextPiece(rowsMax: step)
    }
    return piece
  }

  /// The size of a stream is not known. The encoder ends a body without a size by a last chunk,
  /// which HEAD must not have: nothing else may follow on this connection.
  private static func headOfStream(_ headers: HTTPFields) -> Response {
    var response = Response(status: .ok, headers: headers)
    response.headers[.contentLength] = nil
    response.headers[.connection] = "close"
    return response
  }
}
