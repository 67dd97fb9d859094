public import TidemarkStore

/// What the server is and holds.
public struct ServiceOverview: Sendable {
  /// What only those see who may see the state of the service.
  public struct Details: Sendable {
    /// Sizes of the store; nil when they cannot be read.
    public var statistics: StoreStatistics?
    /// Sensors that records name.
    public var sensors = 0
    /// Connections that are open; nil when nobody counts them.
    public var connections: UInt64?
    /// Requests answered since the process started, by API family.
    public var requests: [(family: String, count: UInt64)] = []

    /// Makes empty details.
    public init() {}
  }

  /// Version of the program.
  public var version: String
  /// Seconds since the server was made.
  public var uptimeSeconds: UInt64
  /// About how many records there are; nil when the store cannot be read.
  public var records: UInt64?
  /// Why the store cannot be read; nil when it can.
  public var failure: String?
  /// Datasets that the caller may read.
  public var datasets: [String] = []
  /// Nil for callers who may not see more.
  public var details: Details?

  /// Makes an overview.
  public init(version: String, uptimeSeconds: UInt64) {
    self.version = version
    self.uptimeSeconds = uptimeSeconds
  }

  var values: PageValues {
    var values: PageValues = [
      "version": version, "uptime": ServicePage.duration(uptimeSeconds),
      "records": records.map(WebFigures.grouped) ?? "", "has_records": records != nil,
      "failed": failure != nil, "failure": failure ?? "",
      "datasets": datasets.map { ["name": $0] as PageValues }, "is_partial": details == nil,
    ]
    if let details { values["details"] = ServiceOverview.values(details) }
    return values
  }

  private static func values(_ details: Details) -> PageValues {
    var values: PageValues = [
      "sensors": WebFigures.grouped(UInt64(clamping: details.sensors)),
      "has_connections": details.connections != nil,
      "connections": WebFigures.grouped(details.connections ?? 0),
      "has_requests": !details.requests.isEmpty,
      "requests": details.requests.map { family, count in
        ["family": family, "count": WebFigures.grouped(count)] as PageValues
      },
    ]
    guard let statistics = details.statistics else { return values }
    let families = statistics.families
    let octets = statistics.octetsOnDisk
    values["store"] =
      [
        "format": Int(statistics.format), "octets": WebFigures.octets(octets),
        "waiting": WebFigures.octets(families.reduce(UInt64(0)) { $0 &+ $1.octetsInMemory }),
        "has_free": statistics.octetsFree != nil,
        "free": WebFigures.octets(statistics.octetsFree ?? 0),
        // Rewriting a level needs as much room again.
        "is_scarce": statistics.octetsFree.map { $0 < octets / 4 } ?? false,
        "families": families.map { ServiceOverview.values($0) },
      ] as PageValues
    return values
  }

  private static func values(_ family: StoreStatistics.Family) -> PageValues {
    let levels = family.levels.map { level in
      "L\(level.level): \(level.files) files, \(WebFigures.octets(level.octets))"
    }
    return [
      "name": family.family.description, "keys": WebFigures.grouped(family.keys),
      "octets": WebFigures.octets(family.octetsOnDisk),
      "waiting": WebFigures.octets(family.octetsInMemory),
      "levels": levels.joined(separator: " · "),
    ]
  }
}
