import TidemarkSharing

extension MixSettings {
  /// Reads the streams of the `share` section.
  static func streams(
    _ share: inout ConfigurationMapping
  ) throws(ConfigurationError) -> [MixSettings] {
    var streams: [MixSettings] = []
    for mapping in try share.mappings("streams") {
      let stream = try MixSettings(mapping)
      guard !streams.contains(where: { $0.name == stream.name }) else {
        throw share.error("streams", "two streams are named \(stream.name)")
      }
      streams.append(stream)
    }
    guard streams.count <= Mixer.streamsMax else {
      throw share.error("streams", "there are more than \(Mixer.streamsMax)")
    }
    return streams
  }

  init(_ mapping: ConfigurationMapping) throws(ConfigurationError) {
    var mapping = mapping
    self.init(name: try mapping.required("name"))
    guard MixSettings.isName(name) else {
      throw mapping.error(
        "name",
        "must be 1 to \(MixSettings.nameOctetsMax) lower-case letters, digits, - and _")
    }
    datasets = try mapping.strings("datasets") ?? datasets
    tlpMax = try mapping.marking("tlp_max") ?? tlpMax
    tlpDefault = try mapping.marking("default_tlp") ?? tlpDefault
    classes = try mapping.strings("classes") ?? classes
    excludedSensors = try mapping.strings("exclude_sensors") ?? excludedSensors
    voice =
      try mapping.value("distinct", { Voice(rawValue: $0) }, "must be sensors or owners") ?? voice
    sensorsMin = try mapping.number("sensors_min", in: 1...65_535) ?? sensorsMin
    sensorsPerRecordMin = try mapping.number("k", in: 1...65_535) ?? sensorsPerRecordMin
    let sightings = try mapping.number("n", in: 0...Int.max)
    sightingsMin = UInt64(sightings ?? 0)
    windowSeconds = try mapping.seconds("window", in: 1...604_800) ?? windowSeconds
    coarsenSeconds = try mapping.seconds("coarsen", in: 1...31_536_000) ?? coarsenSeconds
    pendingSecondsMax =
      try mapping.seconds("pending_max", in: 0...31_536_000) ?? pendingSecondsMax
    poolRecordsMax =
      try mapping.number("pool_max_records", in: 1_000...20_000_000) ?? poolRecordsMax
    retentionSeconds = try mapping.seconds("retention", in: 60...315_360_000) ?? retentionSeconds
    if let octets = try mapping.octets("retention_octets", atLeast: 1 << 20) {
      retentionOctets = UInt64(octets)
    }
    try mapping.finish()
    try checkNumbers(mapping)
  }

  private func checkNumbers(_ mapping: ConfigurationMapping) throws(ConfigurationError) {
    guard !datasets.isEmpty else { throw mapping.error("datasets", "name at least one") }
    guard !classes.isEmpty else { throw mapping.error("classes", "name at least one") }
  }
}

extension ConfigurationMapping {
  fileprivate mutating func marking(_ key: String) throws(ConfigurationError) -> TLP? {
    let labels = TLP.allCases.map(\.description).joined(separator: ", ")
    return try value(key, { TLP(text: $0) }, "must be one of \(labels)")
  }
}
