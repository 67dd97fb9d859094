import D4Wire
import Logging
import TidemarkConfiguration
import TidemarkMetrics
import TidemarkModel
import TidemarkSharing
import TidemarkStore

/// The streams of a collector: the mixer, the store that feeds it, and where the streams come from.
struct ShareRun: Sendable {
  let mixer: Mixer
  /// What sources and server write to.
  let store: MixingStore
  let origins: Origins

  /// Opens the streams, and ends those of the store that are not configured any more; nil when
  /// there is none of either.
  ///
  /// - Parameter directory: who the sensors are; nil: the defaults of the streams are for all.
  /// - Throws: ``StoreError``.
  static func open(
    _ streams: [MixSettings], store: any RecordStore, registry: Registry,
    directory: (any SensorDirectory)?
  ) throws -> ShareRun? {
    guard try !streams.isEmpty || Mixer.hasStreams(store) else { return nil }
    let mixer = try Mixer(
      store: store, registry: registry, settings: streams, directory: directory,
      now: StandardStreams.now())
    return ShareRun(
      mixer: mixer,
      store: MixingStore(store, mixer: mixer, clock: { StandardStreams.now() }),
      origins: try Origins(store: store))
  }

  /// False when no stream is configured: what earlier ones let out is kept for its time, and that
  /// is all.
  var mixes: Bool { !mixer.logs.isEmpty }

  /// Whether a stream that comes from these stores may come in. What we share names them from now
  /// on.
  func takes(origins: [SensorUUID], _ log: Logger) -> Bool {
    do {
      guard let refusal = try self.origins.learn(origins) else { return true }
      log.error("\(refusal)")
    } catch {
      log.error("sharing cannot write, a stream is not taken: \(error)")
    }
    return false
  }

  /// Does what is due. Called every second.
  func tick(_ log: Logger) {
    do {
      try mixer.tick(now: StandardStreams.now())
    } catch {
      log.error("sharing cannot write, trying again: \(error)")
    }
  }

  /// True when the account of every stream balances.
  var isBalanced: Bool { mixer.accounts.allSatisfy(\.isBalanced) }

  /// One line a stream.
  func lines() -> [String] {
    mixer.accounts.map { account in
      let totals = account.totals
      var line =
        "stream=\(account.name) pooled=\(totals.pooled) released=\(totals.released)"
        + " pending=\(account.pending) dropped=\(totals.dropped)"
      let reasons = MixTotals.Reason.allCases.filter { totals.sightings(dropped: $0) > 0 }
      if !reasons.isEmpty {
        line += "("
        line += reasons.map { "\($0.name)=\(totals.sightings(dropped: $0))" }
          .joined(separator: ",")
        line += ")"
      }
      return line + " windows=\(totals.windows) position=\(account.last)"
    }
  }

  /// The same, and more, as metrics.
  func families() -> [MetricFamily] {
    let accounts = mixer.accounts
    func family(
      _ name: String, _ kind: MetricFamily.Kind, _ help: String,
      _ samples: (MixAccount) -> [(labels: [(name: String, value: String)], value: UInt64)]
    ) -> MetricFamily {
      MetricFamily(
        "tidemark_share_" + name, kind, help: help,
        samples: accounts.flatMap { account in
          samples(account).map {
            .init(Double($0.value), labels: [("stream", account.name)] + $0.labels)
          }
        })
    }
    return [
      family("sightings_total", .counter, "What became of sightings, since the stream was made.") {
        [
          ([("outcome", "pooled")], $0.totals.pooled),
          ([("outcome", "released")], $0.totals.released),
          ([("outcome", "dropped")], $0.totals.dropped),
        ]
      },
      family("dropped_sightings_total", .counter, "Sightings that were not let out, by reason.") {
        account in
        MixTotals.Reason.allCases.map {
          ([("reason", $0.name)], account.totals.sightings(dropped: $0))
        }
      },
      family("dropped_records_total", .counter, "Records that were not let out, by reason.") {
        account in
        MixTotals.Reason.allCases.map {
          ([("reason", $0.name)], account.totals.records(dropped: $0))
        }
      },
      family("released_records_total", .counter, "Records that were let out, each time anew.") {
        [([], $0.totals.recordsReleased)]
      },
      family("windows_total", .counter, "Windows that ended, or went on for want of sensors.") {
        [
          ([("end", "closed")], $0.totals.windows &- $0.totals.windowsEarly),
          ([("end", "early")], $0.totals.windowsEarly),
          ([("end", "extended")], $0.totals.windowsExtended),
        ]
      },
      family("pending_sightings", .gauge, "Sightings in the pool.") { [([], $0.pending)] },
      family("pending_records", .gauge, "Records in the pool.") { [([], $0.recordsPending)] },
      family("window_sensors", .gauge, "Sensors that contributed to the open window.") {
        [([], UInt64($0.windowSensors))]
      },
      family("window_closes_timestamp_seconds", .gauge, "When the open window ends; 0: none.") {
        [([], $0.windowClosesAt ?? 0)]
      },
      family("log_octets", .gauge, "Octets of chunks that are kept.") { [([], $0.logOctets)] },
      family("log_chunks", .gauge, "Chunks that are kept.") { account in
        [([], account.first.map { account.last + 1 - $0 } ?? 0)]
      },
      family("log_position", .gauge, "The number of the newest chunk.") { [([], $0.last)] },
    ]
  }
}
