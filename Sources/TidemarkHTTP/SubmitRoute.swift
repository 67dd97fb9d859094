import HTTPTypes
import Hummingbird
import NIOPosix
import TidemarkIngest
import TidemarkModel
import TidemarkStore

/// `POST /submit`: aggregates of FEVER, as balboa's HTTP feeder takes them.
///
/// Feeders of balboa look at no answer and send nothing twice, so what can be read is stored and
/// what cannot is counted; a body that comes twice is counted twice.
struct SubmitRoute: Route {
  let store: any RecordStore
  let registry: Registry
  let writer: BatchWriter
  let filter: RecordFilter?
  let clock: @Sendable () -> UnixSeconds

  static let sensorField = HTTPField.Name("X-Sensor-ID")

  func respond(to exchange: Exchange) async throws -> Response {
    let request = exchange.request
    guard request.method == .post else { throw Problem.method(allowed: "POST") }
    let settings = try settings(exchange)
    let body = try ObservationsBody(request)
    try writer.enterOrRefuse()
    defer { writer.leave() }
    let batch = RecordBatch(keepsSensorsApart: true)
    var accounting = try await read(body, settings: settings, into: batch)
    if !batch.isEmpty {
      let summary = try await NIOThreadPool.singleton.runIfActive { [store] in
        try store.apply(batch)
      }
      accounting.stored = UInt64(clamping: summary.created)
      accounting.merged = batch.observations - accounting.stored
    }
    writer.count(accounting)
    return accounting.response(duplicate: nil)
  }

  private func read(
    _ body: ObservationsBody, settings: SourceSettings, into batch: RecordBatch
  ) async throws -> Accounting {
    var decoder = TextDecoder(FEVERReader(now: settings.now), settings: settings)
    var damage: String?
    do {
      try await body.read(with: &decoder, into: batch)
    } catch is ObservationsBody.CutOff {
      damage = "truncated"
    } catch let problem as Problem where problem.status == .badRequest {
      damage = "damaged-encoding"
    }
    var accounting = Accounting()
    decoder.account(into: &accounting)
    if let damage {
      accounting.offered += 1
      accounting.malformed.append(Accounting.Reason(name: damage, count: 1))
    }
    return accounting
  }

  /// The header's sensor stands above the one that an aggregate names.
  private func settings(_ exchange: Exchange) throws -> SourceSettings {
    var origin = ObservationOrigin(dataset: .main, sensor: 0, vantage: .client)
    var dataset = Registry.mainDataset
    for parameter in try exchange.target.parameters() {
      switch parameter.name {
      case "dataset": dataset = parameter.value
      case "vantage": origin.vantage = try ObservationsRoute.vantage(parameter.value)
      default: throw Problem(.badRequest, "there is no parameter \(parameter.name)")
      }
    }
    origin.dataset = try exchange.datasetToWrite(dataset, registry)
    let named = SubmitRoute.sensorField.flatMap { exchange.request.headers[$0] } ?? ""
    origin.sensor = try registry.addSensor(named)
    var settings = SourceSettings(origin: origin, now: clock())
    settings.filter = filter
    if named.isEmpty { settings.sensorOf = ObservationsRoute.sensorLookup(registry, origin) }
    return settings
  }
}
