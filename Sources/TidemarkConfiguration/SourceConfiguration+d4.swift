import D4Wire
import TidemarkCollectors

extension SourceConfiguration {
  /// Reads the mapping `d4` of a source of that format.
  mutating func readD4(_ mapping: inout ConfigurationMapping) throws(ConfigurationError) {
    let settings = try mapping.mapping("d4")
    guard format == .d4 else {
      if settings != nil { throw mapping.error("d4", "is for the format d4") }
      return
    }
    guard case .listen = transport else {
      throw mapping.error("format", "D4 sensors connect to us: say listen")
    }
    for key in ["sensor", "dataset"] where mapping.has(key) {
      throw mapping.error(key, "belongs to each sensor: tidemark sensor set")
    }
    if !mapping.has("connections") { connectionsMax = D4Limits.connectionsMax }
    guard var settings else { return }
    try d4.read(&settings)
    try settings.finish()
    if d4.options.mode == .sharedSecret, d4.keyFile == nil {
      throw settings.error("mode shared-secret needs key_file")
    }
  }
}

extension SourceConfiguration.D4 {
  fileprivate mutating func read(
    _ mapping: inout ConfigurationMapping
  ) throws(ConfigurationError) {
    let modes = D4Options.Mode.allCases.map(\.rawValue).joined(separator: " or ")
    options.mode =
      try mapping.value("mode", D4Options.Mode.init(rawValue:), "must be \(modes)")
      ?? options.mode
    keyFile = try mapping.string("key_file")
    if let names = try mapping.strings("types") {
      options.types = try SourceConfiguration.D4.types(names, mapping)
    }
    options.payloadOctetsMax =
      try mapping.number("max_packet_octets", in: 62...16_777_216) ?? options.payloadOctetsMax
    options.idleSeconds = try mapping.number("idle_seconds", in: 1...604_800)
    options.deadPeerSeconds =
      try mapping.number("dead_peer_seconds", in: 2...86_400) ?? options.deadPeerSeconds
    let rates = 4_096...10_000_000_000
    options.connectionOctetsPerSecond = try mapping.number(
      "connection_octets_per_second", in: rates)
    options.sensorOctetsPerSecond = try mapping.number("sensor_octets_per_second", in: rates)
    options.replaySeconds = try mapping.number("replay_seconds", in: 1...604_800)
    options.acceptsSampleKey = try mapping.flag("accepts_sample_key") ?? false
  }

  /// Extended types come behind a meta header, and a meta header comes before nothing else.
  private static func types(
    _ names: [String], _ mapping: ConfigurationMapping
  ) throws(ConfigurationError) -> Set<D4Type> {
    var types: Set<D4Type> = []
    for name in names {
      guard let type = D4Type(name: name), D4Options.typesKnown.contains(type),
        type != .metaHeader
      else {
        let known = D4Options.typesKnown.subtracting([.metaHeader]).map(\.description).sorted()
        throw mapping.error("types", "must be some of \(known.joined(separator: ", "))")
      }
      types.insert(type)
    }
    guard !types.isEmpty else { throw mapping.error("types", "must name at least one") }
    if types.contains(.extended) { types.insert(.metaHeader) }
    return types
  }
}
