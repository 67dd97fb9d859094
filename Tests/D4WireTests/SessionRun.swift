import D4Wire

/// A sensor of the tests and the packets it makes.
enum Sample {
  static let uuid = uuid("3f0c2f9e-5a1b-4c7d-9e21-7b8a6d5c4e3f")
  static let key = key(D4Key.sample)
  static let line =
    "1322849924.408856||10.1.1.1||8.8.8.8||IN||upload.youtube.com.||A||"
    + "74.125.43.117||46587||5\n"

  static func uuid(_ text: String) -> SensorUUID {
    guard let uuid = SensorUUID(text: text) else { preconditionFailure("\(text) is no UUID") }
    return uuid
  }

  static func key(_ text: String) -> D4Key {
    guard let key = try? D4Key(octets: Array(text.utf8)) else {
      preconditionFailure("\(text) is no key")
    }
    return key
  }

  static func packet(
    _ payload: String = line, type: D4Type = .passivedns, uuid: SensorUUID = uuid,
    version: UInt8 = 1, key: D4Key = key
  ) -> [UInt8] {
    packet(Array(payload.utf8), type: type, uuid: uuid, version: version, key: key)
  }

  static func packet(
    _ payload: [UInt8], type: D4Type = .passivedns, uuid: SensorUUID = uuid, version: UInt8 = 1,
    key: D4Key = key
  ) -> [UInt8] {
    var octets: [UInt8] = []
    D4PacketWriter(uuid: uuid, type: type, version: version, key: key)
      .append(payload: payload.span, timestamp: 1_700_000_000, to: &octets)
    return octets
  }

  /// The header at the start of octets.
  static func header(of octets: [UInt8]) -> D4Header {
    guard let header = D4Header(decoding: octets.span) else {
      preconditionFailure("\(octets.count) octets are no header")
    }
    return header
  }

  /// A header alone.
  static func header(size: UInt32, type: D4Type = .passivedns) -> [UInt8] {
    var octets: [UInt8] = []
    D4Header(type: type, uuid: uuid, timestamp: 1_700_000_000, size: size).encode(into: &octets)
    return octets
  }
}

/// A session fed piece by piece, as a connection feeds it: what was not used comes again.
struct SessionRun {
  enum Found: Equatable {
    case payload(D4Type, [UInt8])
    case meta(String)
    case refused(D4Fault)
  }

  private(set) var found: [Found] = []
  /// Who was asked about, in order.
  private(set) var asked: [SensorUUID] = []
  /// Most octets that had to be kept between two pieces.
  private(set) var keptMax = 0
  var session: D4Session
  var admission: D4Session.Admission

  private var rest: [UInt8] = []

  init(
    types: Set<D4Type> = [.passivedns, .pcap, .metaHeader, .extended],
    metaTypes: Set<String>? = nil, admission: D4Session.Admission = .key(Sample.key),
    payloadOctetsMax: Int = D4Session.payloadOctetsStandard
  ) {
    var rules = D4Session.Rules(types: types, metaTypes: metaTypes)
    rules.payloadOctetsMax = payloadOctetsMax
    session = D4Session(rules: rules)
    self.admission = admission
  }

  mutating func feed(_ octets: [UInt8]) {
    rest += octets
    let window = rest
    let admission = admission
    var at = 0
    steps: while true {
      var first: SensorUUID?
      let step = session.next(window.span, at: &at) { header in
        first = header.uuid
        return admission
      }
      if let first { asked.append(first) }
      switch step {
      case .needsInput: break steps
      case .payload(let header, let range):
        found.append(.payload(header.type, Array(window[range])))
      case .metaHeader(let meta): found.append(.meta(meta.type))
      case .refused(let fault):
        found.append(.refused(fault))
        break steps
      }
    }
    rest.removeSubrange(..<at)
    keptMax = max(keptMax, rest.count)
  }

  /// Feeds octets cut at the given sizes, the last one again and again.
  mutating func feed(_ octets: [UInt8], cut sizes: [Int]) {
    var at = 0
    var piece = 0
    while at < octets.count {
      let end = min(octets.count, at + max(1, sizes[min(piece, sizes.count - 1)]))
      feed(Array(octets[at..<end]))
      at = end
      piece += 1
    }
  }

  /// What a whole stream gives.
  static func read(_ octets: [UInt8], _ run: SessionRun = SessionRun()) -> [Found] {
    var run = run
    run.feed(octets)
    return run.found
  }
}
