import HTTPTypes
import Hummingbird
import NIOCore
import NIOPosix
import TidemarkIngest
import TidemarkModel
import TidemarkStore

/// `POST /api/v1/observations`: rows in the Common Output Format, stored as one batch, once.
struct ObservationsRoute: Sendable {
  let store: any RecordStore
  let registry: Registry
  let writer: BatchWriter
  let clock: @Sendable () -> UnixSeconds

  static let batchIDField = HTTPField.Name("X-Batch-ID")

  func respond(to request: Request, target: RequestTarget) async throws -> Response {
    guard request.method == .post else { throw Problem.method(allowed: "POST") }
    let origin = try origin(target.parameters())
    let id = try batchID(request)
    try check(request)
    if let known = try writer.observations(of: id) {
      return answer(Accounting(), repeated: known)
    }
    guard writer.enter() else {
      throw Problem(
        .serviceUnavailable, "too many bodies are being read; try again",
        headers: [.retryAfter: "1"])
    }
    defer { writer.leave() }
    let now = clock()
    let batch = RecordBatch()
    var accounting = try await read(request, origin: origin, now: now, into: batch)
    let outcome = try await NIOThreadPool.singleton.runIfActive { [writer] in
      try writer.write(batch, id: id, now: now)
    }
    switch outcome {
    case .known(let observations): return answer(Accounting(), repeated: observations)
    case .stored(let summary):
      accounting.stored = UInt64(clamping: summary.created)
      accounting.merged = batch.observations - accounting.stored
      return answer(accounting, repeated: nil)
    }
  }

  /// Adds the rows of a body to a batch, as they come.
  ///
  /// - Throws: ``Problem`` for a body that is too long or ends inside an object.
  private func read(
    _ request: Request, origin: ObservationOrigin, now: UnixSeconds, into batch: RecordBatch
  ) async throws -> Accounting {
    var decoder = COFDecoder(
      origin: origin, now: now, firstItem: 0,
      // Names beyond what a store can number keep their rows under the standard sensor.
      sensorOf: { [registry] name in
        (try? registry.addSensor(String(decoding: name, as: UTF8.self))) ?? origin.sensor
      })
    var received = 0
    for try await buffer in request.body {
      received += buffer.readableBytes
      guard received <= ServerLimits.bodyOctetsMax else { throw ObservationsRoute.tooLong }
      try ObservationsRoute.decode(buffer, isFinal: false, with: &decoder, into: batch)
    }
    try ObservationsRoute.decode(ByteBuffer(), isFinal: true, with: &decoder, into: batch)
    var accounting = Accounting()
    decoder.account(into: &accounting)
    return accounting
  }

  private static func decode(
    _ buffer: ByteBuffer, isFinal: Bool, with decoder: inout COFDecoder, into batch: RecordBatch
  ) throws(Problem) {
    let octets = buffer.readableBytesUInt8Span
    var at = 0
    do {
      while true {
        let step = try decoder.decode(octets, at: &at, isFinal: isFinal, into: batch)
        // The body is one batch, however large: that is what makes it all or nothing.
        if step != .batchIsFull { return }
      }
    } catch {
      throw Problem(.badRequest, "the body ends inside an object; nothing was stored")
    }
  }

  private func origin(
    _ parameters: [(name: String, value: String)]
  ) throws -> ObservationOrigin {
    var (dataset, sensor, vantage) = (DatasetNumber.main, SensorNumber(0), Vantage.client)
    for parameter in parameters {
      switch parameter.name {
      case "dataset": dataset = try registry.addDataset(parameter.value)
      case "sensor": sensor = try registry.addSensor(parameter.value)
      case "vantage":
        guard let named = Vantage(name: parameter.value) else {
          throw Problem(.badRequest, "vantage: \(parameter.value) is not one")
        }
        vantage = named
      default: throw Problem(.badRequest, "there is no parameter \(parameter.name)")
      }
    }
    return ObservationOrigin(dataset: dataset, sensor: sensor, vantage: vantage)
  }

  private func batchID(_ request: Request) throws(Problem) -> BatchID {
    guard let name = ObservationsRoute.batchIDField, let text = request.headers[name],
      let id = BatchID(text)
    else {
      throw Problem(
        .badRequest, "X-Batch-ID must be 1 to \(BatchID.octetsMax) visible ASCII characters")
    }
    return id
  }

  private func check(_ request: Request) throws(Problem) {
    if let encoding = request.headers[.contentEncoding], encoding.lowercased() != "identity" {
      throw Problem(.unsupportedMediaType, "Content-Encoding is not supported; send plain text")
    }
    if let length = request.headers[.contentLength].flatMap({ Int($0) }),
      length > ServerLimits.bodyOctetsMax
    {
      throw ObservationsRoute.tooLong
    }
  }

  private static let tooLong = Problem(
    .contentTooLarge,
    "a body may have \(ServerLimits.bodyOctetsMax) octets; send several batches")

  /// - Parameter repeated: observations stored when the batch came first; nil when it is new.
  private func answer(_ accounting: Accounting, repeated: UInt64?) -> Response {
    var json = JSONLine()
    json.add("duplicate", repeated != nil)
    json.add("read", accounting.read)
    json.add("offered", accounting.offered)
    json.add("observations", repeated ?? accounting.observations)
    json.add("stored", accounting.stored)
    json.add("merged", accounting.merged)
    json.add("filtered", accounting.filtered.map { ($0.name, $0.count) })
    json.add("malformed", accounting.malformed.map { ($0.name, $0.count) })
    json.add("dropped", accounting.dropped.map { ($0.name, $0.count) })
    return Response(
      status: .ok, headers: [.contentType: "application/json"], octets: json.finished(),
      isHead: false)
  }
}
