import HTTPTypes
import Hummingbird
import TidemarkAccess
import Synchronization
import TidemarkQuery
import TidemarkStore

/// `POST /api/v1/bulk`: many look-ups in one request, answered in the order of the keys.
struct BulkRoute: Route {
  let service: NativeService
  private let places = BulkPlaces()

  init(service: NativeService) {
    self.service = service
  }

  func respond(to exchange: Exchange) async throws -> Response {
    guard exchange.request.method == .post else { throw Problem.method(allowed: "POST") }
    var all = try exchange.target.parameters()
    var parameters = ParameterReader(all)
    let limit =
      try parameters.number("limit", 0...ServerLimits.bulkLimitMax)
      ?? ServerLimits.bulkLimitStandard
    let start = try parameters.number("start", 0...ServerLimits.bulkKeysMax) ?? 0
    let showsActivity = try parameters.flag("activity")
    all.removeAll { ["limit", "start", "activity"].contains($0.name) }
    try check(all, exchange)
    guard let place = BulkPlaces.Place(places) else {
      throw Problem(
        .serviceUnavailable, "too many bulk look-ups are running; try again",
        headers: [.retryAfter: "1"])
    }
    let keys = try BulkKeys(try await BulkRoute.body(of: exchange.request), start: start)
    let source = BulkSource(
      keys, common: all, limit: limit, showsActivity: showsActivity, place: place,
      granted: exchange.datasets(service.registry), caller: exchange.caller, service)
    return try await Answer(source, exchange.admission).response(
      headers: NativeService.ndjson, isHead: false, isQuick: false)
  }

  /// Refuses the request, not each of its keys, for parameters that no key can do with.
  private func check(_ common: [(name: String, value: String)], _ exchange: Exchange) throws {
    if let name = common.lazy.map(\.name).first(where: LookupRequest.subjectNames.contains) {
      throw Problem(.badRequest, "\(name): what is looked up stands in the body")
    }
    var parameters = ParameterReader(common + [("value", "example.com")])
    _ = try LookupRequest(
      &parameters, granted: exchange.datasets(service.registry), now: service.clock(), service)
    try parameters.finish()
  }

  private static func body(of request: Request) async throws -> [UInt8] {
    let tooLong = Problem(
      .contentTooLarge, "a body may have \(ServerLimits.bulkOctetsMax) octets; send several")
    if let encoding = request.headers[.contentEncoding]?.lowercased(), encoding != "identity" {
      throw Problem(.unsupportedMediaType, "keys are taken without Content-Encoding only")
    }
    if let length = request.headers[.contentLength].flatMap({ Int($0) }),
      length > ServerLimits.bulkOctetsMax
    {
      throw tooLong
    }
    var body: [UInt8] = []
    for try await buffer in request.body {
      guard body.count + buffer.readableBytes <= ServerLimits.bulkOctetsMax else { throw tooLong }
      body.append(contentsOf: buffer.readableBytesView)
    }
    return body
  }
}

/// Bounds how many bulk look-ups hold their bodies.
final class BulkPlaces: Sendable {
  private let taken = Mutex(0)

  /// One of the places, until nobody holds it any more.
  final class Place: Sendable {
    private let places: BulkPlaces

    /// Nil when none is free.
    init?(_ places: BulkPlaces) {
      let isFree = places.taken.withLock { taken in
        guard taken < ServerLimits.bulksMax else { return false }
        taken += 1
        return true
      }
      guard isFree else { return nil }
      self.places = places
    }

    deinit { places.taken.withLock { $0 -= 1 } }
  }
}
