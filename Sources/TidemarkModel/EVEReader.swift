import DNSWire

/// Reads the DNS events of Suricata's EVE log, versions 1 to 3 of their layout; an item is a line.
///
/// Events of other kinds are passed without being read, queries and answers without records too.
/// Taken is the answer section of responses with the codes NOERROR and NXDOMAIN: `answers`, or
/// `grouped` when there are none, or the one record of version 1. Authorities and additionals stay
/// out: at a client nothing vouches for them, and version 1 cannot tell them from answers.
///
/// Whole records are addresses, types that are one name, and `soa`, `srv` and `sshfp` objects. Of
/// MX Suricata logs the exchange only, of TXT every string as if it were a record: these are lossy.
/// Other types come without data and are counted as `no-rdata`. Answers grouped by type have no
/// owners: without a CNAME they belong to the question, with one to its target, and with several
/// all but the first CNAME become lossy records of the question. Names are not escaped: a dot
/// inside a label becomes one between two.
///
/// Ports and addresses go nowhere. The ports are only looked at to leave multicast DNS, LLMNR and
/// NetBIOS out.
public struct EVEReader: ObservationReader, Sendable {
  /// The reader's clock.
  public var now: UnixSeconds {
    get { lines.interpreter.now }
    set { lines.interpreter.now = newValue }
  }
  private var lines: LineReader<EVEInterpreter>

  /// Makes a reader.
  ///
  /// - Parameters:
  ///   - now: the caller's clock, against times in the future.
  ///   - ports: where DNS is served; events with another port on both sides are left out, unless
  ///     they have no ports at all.
  ///   - lineOctetsMax: longer lines are skipped and counted.
  public init(now: UnixSeconds, ports: [UInt16] = [53], lineOctetsMax: Int = 1 << 20) {
    lines = LineReader(EVEInterpreter(now: now, ports: ports), lineOctetsMax: lineOctetsMax)
  }

  /// Reads up to the next step; see ``ObservationReader``.
  public mutating func next(
    _ chunk: Span<UInt8>, at: inout Int, into observation: inout TextObservation
  ) -> ReadStep {
    lines.next(chunk, at: &at, into: &observation)
  }

  /// Ends the feed; see ``ObservationReader``.
  public mutating func finish(into observation: inout TextObservation) -> ReadStep {
    lines.finish(into: &observation)
  }

  /// True when the first line is an object with an `event_type`.
  ///
  /// - Parameter head: the first octets of a feed, 64 KiB at most.
  public static func recognises(_ head: Span<UInt8>) -> Bool {
    var isEvent = false
    JSONText.forEachMember(head.extracting(LineCutter.firstLine(of: head))) { key, value in
      if key.is("event_type"), value.isString { isEvent = true }
    }
    return isEvent
  }
}
