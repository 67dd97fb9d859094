public import CaptureFormats
public import TidemarkModel

/// Turns packets of a running capture into observations, packet by packet.
///
/// It is to packets what ``CaptureDecoder`` is to capture files, with the same account. An item is
/// a packet. What the kernel dropped is part of the account, so that
/// `offered = stored + merged + filtered + malformed + dropped` includes what never arrived.
public struct LiveDecoder: ~Copyable {
  /// Packets decoded.
  public private(set) var items: UInt64 = 0
  /// Packets that the kernel dropped because nobody fetched them in time; each counts as one record
  /// offered and dropped. Told by the owner, as a sum since the start.
  public var kernelDrops: UInt64 = 0

  private var dissector: FrameDissector
  private var ingest: CaptureIngest

  /// Makes a decoder.
  ///
  /// - Parameters:
  ///   - ports: where DNS is looked for; the capture's filter should let the same pass.
  ///   - tunnels: packets inside packets that are looked at.
  ///   - batch: see ``batch``.
  public init(
    settings: SourceSettings, ports: DNSPorts = .standard,
    tunnels: FrameDissector.Tunnels = .ip, batch: RecordBatch
  ) {
    dissector = FrameDissector(ports: ports, tunnels: tunnels)
    ingest = CaptureIngest(settings: settings, batch: batch)
  }

  /// Observations go here; the owner swaps it between packets.
  public var batch: RecordBatch {
    get { ingest.batch }
    set { ingest.batch = newValue }
  }

  /// The collector's clock.
  public var now: UnixSeconds {
    get { ingest.now }
    set { ingest.now = newValue }
  }

  /// Frames and reassembly, as counted so far.
  public var frames: CaptureCounters { dissector.counters }

  /// Takes a packet.
  ///
  /// - Parameters:
  ///   - octets: the frame as captured.
  ///   - time: nanoseconds since the epoch.
  ///   - originalLength: octets on the wire.
  public mutating func packet(
    _ octets: RawSpan, linkType: LinkType, time: Int64, originalLength: Int
  ) {
    dissector.dissect(
      octets, linkType: linkType, time: time, originalLength: originalLength, handler: &ingest)
    items += 1
  }

  /// Gives what can be made out behind holes of TCP streams, and what waits for its zone to become
  /// known. Call it after the last packet.
  public mutating func finish() {
    dissector.finish(handler: &ingest)
    ingest.finish()
  }

  /// Adds what was read; stored and merged records are left out.
  public func account(into accounting: inout Accounting) {
    let counters = ingest.counters
    accounting.read = items
    accounting.responses = counters.responses
    accounting.offered = counters.offered + kernelDrops
    if kernelDrops > 0 {
      accounting.dropped.append(Accounting.Reason(name: "kernel", count: kernelDrops))
    }
    dissector.counters.account(since: CaptureCounters(), into: &accounting)
    counters.account(into: &accounting)
  }
}

extension CaptureCounters {
  /// Adds the frames that could have been DNS and were of no use.
  func account(since start: CaptureCounters, into accounting: inout Accounting) {
    for outcome in FrameOutcome.allCases {
      let count = self[outcome] - start[outcome]
      guard count > 0 else { continue }
      let reason = Accounting.Reason(name: FrameReason.name(outcome), count: count)
      switch outcome.kind {
      case .dropped: accounting.dropped.append(reason)
      case .malformed: accounting.malformed.append(reason)
      case .delivered, .held, .notDNS: continue
      }
      accounting.offered += count
    }
  }
}
