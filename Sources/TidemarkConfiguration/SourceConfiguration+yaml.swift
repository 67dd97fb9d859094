import TidemarkCollectors
import TidemarkIngest
import TidemarkModel

extension SourceConfiguration {
  /// Reads one item of `sources`.
  init(_ mapping: ConfigurationMapping) throws(ConfigurationError) {
    var mapping = mapping
    let name = try mapping.required("name")
    guard SourceConfiguration.isName(name) else {
      throw mapping.error(
        "name", "must be 1 to 63 of a-z, 0-9, - and _: it is shown in logs and metrics")
    }
    guard
      let format = try mapping.value(
        "format", SourceFormat.init(rawValue:),
        "must be one of \(SourceFormat.allCases.map(\.rawValue).joined(separator: ", "))")
    else { throw mapping.error("format is missing") }
    let transport = try SourceConfiguration.transport(&mapping, format)
    self.init(name: name, format: format, transport: transport)
    sensor = try mapping.string("sensor") ?? sensor
    dataset = try mapping.string("dataset") ?? dataset
    vantage =
      try mapping.value(
        "vantage", { Vantage(name: $0).flatMap { $0 == .text ? nil : $0 } },
        "must be authority, client, zone or active") ?? vantage
    acceptsUnmatched = try mapping.flag("accept_unmatched") ?? acceptsUnmatched
    connectionsMax = try mapping.number("connections", in: 1...4_096) ?? connectionsMax
    try readSocket(&mapping)
    try readPull(&mapping)
    try readCapture(&mapping)
    try readOptions(&mapping)
    try readD4(&mapping)
    try mapping.finish()
  }

  private static func isName(_ name: String) -> Bool {
    (1...63).contains(name.utf8.count)
      && name.utf8.allSatisfy {
        (0x61...0x7A).contains($0) || (0x30...0x39).contains($0) || $0 == 0x2D || $0 == 0x5F
      }
  }

  private static func transport(
    _ mapping: inout ConfigurationMapping, _ format: SourceFormat
  ) throws(ConfigurationError) -> Transport {
    let endpoint = "must be unix:/path, tcp:host:port or tls:host:port"
    var found: [Transport] = []
    let isRemoteAllowed = try mapping.flag("allow_remote") ?? false
    if let listen = try mapping.value("listen", { SocketEndpoint($0) }, endpoint) {
      guard listen.isLocal || isRemoteAllowed || isVouchedFor(listen, format) else {
        throw mapping.error(
          "listen",
          "anybody who reaches this address could send records; "
            + "say allow_remote: true if that is meant")
      }
      found.append(.listen(listen))
    }
    if let connect = try mapping.value("connect", { SocketEndpoint($0) }, endpoint) {
      found.append(.connect(connect))
    }
    if let paths = try mapping.strings("follow") { found.append(.follow(paths)) }
    if let names = try mapping.strings("interface") { found.append(.interfaces(names)) }
    if let queue = try queue(&mapping) { found.append(queue) }
    if let url = try mapping.string("fetch") { found.append(.pull(url: url)) }
    guard found.count == 1, let transport = found.first else {
      throw mapping.error("say exactly one of listen, connect, follow, interface, queue and fetch")
    }
    return transport
  }

  /// True when what comes is signed and cannot be listened to on its way.
  private static func isVouchedFor(_ endpoint: SocketEndpoint, _ format: SourceFormat) -> Bool {
    guard case .tls = endpoint else { return false }
    return format == .d4
  }

  private static func queue(
    _ mapping: inout ConfigurationMapping
  ) throws(ConfigurationError) -> Transport? {
    let address = try mapping.value(
      "queue", { try? RedisAddress(url: $0) }, "must be redis://host:port/number")
    let list = try mapping.string("list")
    guard let address else {
      if list != nil { throw mapping.error("list", "belongs to queue") }
      return nil
    }
    guard let list, !list.isEmpty else {
      throw mapping.error("queue", "needs list, for example analyzer:8:UUID")
    }
    return .queue(address, list: list)
  }

  private mutating func readSocket(
    _ mapping: inout ConfigurationMapping
  ) throws(ConfigurationError) {
    socketFile.mode = try mapping.mode("mode")
    socketFile.group = try mapping.string("group")
    if var tls = try mapping.mapping("tls") {
      self.tls.certificate = try tls.string("certificate")
      self.tls.key = try tls.string("key")
      self.tls.authority = try tls.string("ca")
      try tls.finish()
    }
    if case .listen(.tls) = transport, tls.certificate == nil || tls.key == nil {
      throw mapping.error("tls", "a TLS listener needs certificate and key")
    }
  }

  private mutating func readPull(
    _ mapping: inout ConfigurationMapping
  ) throws(ConfigurationError) {
    guard case .pull(let url) = transport else {
      for key in ["token_file", "positions", "idle_seconds"] where mapping.has(key) {
        throw mapping.error(key, "belongs to fetch")
      }
      return
    }
    guard format == .cof else { throw mapping.error("format", "what is fetched is cof") }
    pull.tokenFile = try mapping.string("token_file")
    pull.sendsPositions = try mapping.flag("positions")
    pull.idleSeconds = try mapping.number("idle_seconds", in: 4...3_600)
    do throws(PullAddress.Fault) {
      _ = try PullAddress(url: url, hasToken: pull.tokenFile != nil)
    } catch {
      throw mapping.error("fetch", "\(error)")
    }
  }

  private mutating func readCapture(
    _ mapping: inout ConfigurationMapping
  ) throws(ConfigurationError) {
    passwordFile = try mapping.string("password_file")
    if passwordFile != nil {
      guard case .queue = transport else {
        throw mapping.error("password_file", "belongs to queue")
      }
    }
    capture.filter = try mapping.string("bpf")
    capture.bufferOctets =
      try mapping.octets("buffer_octets", atLeast: 1 << 20) ?? capture.bufferOctets
    capture.isPromiscuous = try mapping.flag("promiscuous") ?? capture.isPromiscuous
    switch (transport, format) {
    case (.interfaces, .pcap): return
    case (.interfaces, _): throw mapping.error("format", "an interface gives packets: pcap")
    case (.listen, .pcap), (.connect, .pcap), (.listen, .zone), (.connect, .zone):
      throw mapping.error("format", "\(format.rawValue) comes from files")
    case (.queue, .dnscap):
      // A message whose end is in another batch would be taken from the queue and not stored.
      throw mapping.error("format", "a queue holds single lines; dnscap has messages of several")
    case (.queue, _) where !format.isText:
      throw mapping.error("format", "a queue holds lines; \(format.rawValue) is none")
    default: return
    }
  }
}

extension SourceConfiguration {
  /// Settings that belong to one format each; with another format they are an error.
  private mutating func readOptions(
    _ mapping: inout ConfigurationMapping
  ) throws(ConfigurationError) {
    let owners: [(key: String, formats: [SourceFormat])] = [
      ("messages", [.dnstap, .nmsg, .powerdns]), ("frame4", [.powerdns]), ("layout", [.csv]),
      ("aa_is_authority", [.zeek]), ("query_zone", [.dnstap, .nmsg]),
    ]
    for owner in owners where mapping.has(owner.key) && !owner.formats.contains(format) {
      throw mapping.error(
        owner.key, "is for \(owner.formats.map(\.rawValue).joined(separator: " and "))")
    }
    if let names = try mapping.strings("messages"), !options.take(messages: names, of: format) {
      throw mapping.error(
        "messages",
        "must be some of resolver, authoritative, forwarder, client, stub, tool for"
          + " dnstap, and of authority, client for powerdns")
    }
    if try mapping.flag("query_zone") == false { options.dnstap.remove(.queryZone) }
    options.hasLongPowerDNSFrames = try mapping.flag("frame4") ?? false
    options.takesVantageFromAA = try mapping.flag("aa_is_authority") ?? false
    if let text = try mapping.string("layout") {
      do {
        options.csv = try CSVLayout(text: text)
      } catch {
        throw mapping.error("layout", "\(error)")
      }
    } else if format == .csv {
      throw mapping.error("layout is missing: csv has no standard columns")
    }
  }
}
