import HTTPTypes
import Hummingbird
import NIOPosix
import TidemarkIngest
import TidemarkModel
import TidemarkStore

/// `POST /api/v1/observations`: rows in the Common Output Format, stored as one batch, once.
struct ObservationsRoute: Route {
  let registry: Registry
  let writer: BatchWriter
  let clock: @Sendable () -> UnixSeconds

  static let batchIDField = HTTPField.Name("X-Batch-ID")

  func respond(to exchange: Exchange) async throws -> Response {
    let request = exchange.request
    guard request.method == .post else { throw Problem.method(allowed: "POST") }
    let origin = try origin(exchange)
    let id = try batchID(request)
    let body = try ObservationsBody(request)
    if let known = try writer.observations(of: id) {
      return Accounting().response(duplicate: true, observations: known)
    }
    try writer.enterOrRefuse()
    defer { writer.leave() }
    let now = clock()
    let batch = RecordBatch(keepsSensorsApart: true)
    var accounting = try await read(body, origin: origin, now: now, into: batch)
    let outcome = try await NIOThreadPool.singleton.runIfActive { [writer] in
      try writer.write(batch, id: id, now: now)
    }
    switch outcome {
    case .known(let observations):
      return Accounting().response(duplicate: true, observations: observations)
    case .stored(let summary):
      accounting.stored = UInt64(clamping: summary.created)
      accounting.merged = batch.observations - accounting.stored
      writer.count(accounting)
      return accounting.response(duplicate: false)
    }
  }

  /// Adds the rows of a body to a batch. Datasets that rows name make no difference: the request
  /// says where they go.
  private func read(
    _ body: ObservationsBody, origin: ObservationOrigin, now: UnixSeconds, into batch: RecordBatch
  ) async throws -> Accounting {
    var settings = SourceSettings(origin: origin, now: now)
    settings.sensorOf = ObservationsRoute.sensorLookup(registry, origin)
    var decoder = TextDecoder(COFFeed(now: now), settings: settings)
    do {
      try await body.read(with: &decoder, into: batch)
    } catch is ObservationsBody.CutOff {
      throw Problem(.badRequest, "the body ends inside an object; nothing was stored")
    }
    var accounting = Accounting()
    decoder.account(into: &accounting)
    return accounting
  }

  /// Numbers of the sensors that rows name. Names beyond what a store can number keep their rows
  /// under the standard sensor.
  static func sensorLookup(_ registry: Registry, _ origin: ObservationOrigin) -> SensorLookup {
    { name in (try? registry.addSensor(String(decoding: name, as: UTF8.self))) ?? origin.sensor }
  }

  static func vantage(_ name: String) throws(Problem) -> Vantage {
    guard let vantage = Vantage(name: name) else {
      throw Problem(.badRequest, "vantage: \(name) is not one")
    }
    return vantage
  }

  private func origin(_ exchange: Exchange) throws -> ObservationOrigin {
    var origin = ObservationOrigin(dataset: .main, sensor: 0, vantage: .client)
    var dataset = Registry.mainDataset
    for parameter in try exchange.target.parameters() {
      switch parameter.name {
      case "dataset": dataset = parameter.value
      case "sensor": origin.sensor = try registry.addSensor(parameter.value)
      case "vantage": origin.vantage = try ObservationsRoute.vantage(parameter.value)
      default: throw Problem(.badRequest, "there is no parameter \(parameter.name)")
      }
    }
    origin.dataset = try exchange.datasetToWrite(dataset, registry)
    return origin
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
}
