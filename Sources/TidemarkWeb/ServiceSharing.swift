import DNSWire
import TidemarkModel
public import TidemarkSharing

/// What leaves the house: streams, and the partners that receive them.
public struct ServiceSharing: Sendable {
  /// A stream: what waits in its pool, and what it let out.
  public struct Stream: Sendable {
    /// Its name.
    public var name: String
    /// Numbers of it, by the name of their metric without `tidemark_share_`.
    public var numbers: [String: UInt64] = [:]
    /// Sightings by what became of them: `pooled`, `released`, `dropped`.
    public var sightings: [String: UInt64] = [:]
    /// Records that were not let out, by reason.
    public var dropped: [(reason: String, count: UInt64)] = []

    /// Makes a stream of which nothing is known.
    public init(name: String) { self.name = name }
  }

  /// A partner, what it may have and what it got. Its token is not in here.
  public struct Receiver: Sendable {
    /// Its number, name, policy and outlets.
    public var partner: Partner
    /// Rows by what became of them, since the process started.
    public var releases: [Release] = []
    /// Streams that it has open.
    public var streams: [PartnerHub.OpenStreams] = []

    /// Makes a partner that got nothing yet.
    public init(_ partner: Partner) { self.partner = partner }
  }

  /// Streams of this process.
  public var streams: [Stream]
  /// Partners, revoked ones too.
  public var receivers: [Receiver]
  /// False when nothing is shared by this process.
  public var isOn: Bool

  /// Makes what a process shares.
  public init(streams: [Stream], receivers: [Receiver], isOn: Bool) {
    self.streams = streams
    self.receivers = receivers
    self.isOn = isOn
  }

  func values(now: UnixSeconds) -> PageValues {
    [
      "is_on": isOn, "has_streams": !streams.isEmpty, "no_partners": receivers.isEmpty,
      "streams": streams.map { $0.values(now: now) },
      "partners": receivers.map { $0.values(now: now) },
    ]
  }
}

extension ServiceSharing.Stream {
  fileprivate func values(now: UnixSeconds) -> PageValues {
    func text(_ name: String) -> String { WebFigures.grouped(numbers[name] ?? 0) }
    let closes = numbers["window_closes_timestamp_seconds"] ?? 0
    let shown = dropped.filter { $0.count > 0 }
    return [
      "name": name, "pending_sightings": text("pending_sightings"),
      "pending_records": text("pending_records"), "window_sensors": text("window_sensors"),
      "closes": ServicePage.values(closes > 0 ? UnixSeconds(clamping: closes) : nil, now: now),
      "released_records": text("released_records_total"),
      "released_sightings": WebFigures.grouped(sightings["released"] ?? 0),
      "dropped_sightings": WebFigures.grouped(sightings["dropped"] ?? 0),
      "log_octets": WebFigures.octets(numbers["log_octets"] ?? 0), "log_chunks": text("log_chunks"),
      "log_position": text("log_position"), "has_dropped": !shown.isEmpty,
      "dropped": shown.map { reason, count in
        ["reason": reason, "count": WebFigures.grouped(count)] as PageValues
      },
    ]
  }
}

extension ServiceSharing.Receiver {
  fileprivate func values(now: UnixSeconds) -> PageValues {
    let state = state(now: now)
    let released = releases.first { $0.rule == .released }?.rows ?? 0
    let kept = releases.filter { $0.rule != .released && $0.rows > 0 }
    let ways = ["asks over HTTP or WebSocket"] + outlets
    return [
      "name": partner.name, "id": Int(clamping: partner.id), "state": state.words,
      "badge": state.badge, "stream": partner.policy.stream,
      "tlp": "TLP:\(partner.policy.tlpMax.description.uppercased())",
      "released": WebFigures.grouped(released),
      "kept": WebFigures.grouped(kept.reduce(UInt64(0)) { $0 &+ $1.rows }),
      "open": WebFigures.grouped(UInt64(clamping: streams.reduce(0) { $0 + $1.open })),
      "created": ServicePage.values(clamping: partner.created, now: now),
      "expires": ServicePage.values(clamping: partner.expires, now: now),
      "rules": rules.map { name, text in ["name": name, "text": text] as PageValues },
      "ways": ways.joined(separator: "; "), "has_kept": !kept.isEmpty,
      "kept_rows": kept.map { release in
        [
          "rule": release.rule.rawValue, "count": WebFigures.grouped(release.rows),
        ] as PageValues
      },
      "has_opened": !streams.isEmpty,
      "opened": streams.map { stream in
        [
          "outlet": stream.outlet.rawValue,
          "open": WebFigures.grouped(UInt64(clamping: stream.open)),
          "opened": WebFigures.grouped(stream.opened),
        ] as PageValues
      },
    ]
  }

  private func state(now: UnixSeconds) -> (words: String, badge: String) {
    if partner.revoked != nil { return ("revoked", "bad") }
    return partner.isGood(at: Int64(now)) ? ("valid", "good") : ("expired", "warn")
  }

  /// What is done without being asked for. Where keys lie is not said.
  private var outlets: [String] {
    var ways: [String] = []
    if let files = partner.outlets.files {
      ways.append("files in \(files.folder), one each \(files.period.rawValue)")
    }
    if let push = partner.outlets.push {
      ways.append("sent to \(ServiceSharing.Receiver.withoutUser(push.url)), type \(push.type)")
    }
    return ways
  }

  /// A URL without what may stand before its host, which may be a secret.
  private static func withoutUser(_ url: String) -> String {
    guard let mark = url.firstRange(of: "://"),
      let at = url[mark.upperBound...].lastIndex(of: "@")
    else { return url }
    return String(url[..<mark.upperBound] + url[url.index(after: at)...])
  }

  private var rules: [(name: String, text: String)] {
    let policy = partner.policy
    func words(_ list: [String], none: String) -> String {
      list.isEmpty ? none : list.joined(separator: ", ")
    }
    return [
      ("Zones", words(policy.include, none: "all")),
      ("Kept out", words(policy.exclude, none: "none")),
      ("Types", words(policy.rrtypes.map(\.mnemonic), none: "all")),
      ("Vantages", words(policy.vantages.map(\.description), none: "all")),
      ("Datasets", words(policy.datasets, none: "all")),
      (
        "Age at release",
        policy.maxAgeSeconds.map { "up to \(ServicePage.duration(UInt64($0)))" } ?? "any"
      ),
      ("Private names and addresses", policy.keepsPrivate ? "released too" : "kept back"),
      (
        "Rate",
        policy.rowsPerSecondMax.map { "\(WebFigures.grouped(UInt64(clamping: $0))) rows/s" }
          ?? "any"
      ),
      ("Streams at once", "up to \(policy.streamsMax)"),
    ]
  }
}
