/// Reads what `dnscap -g` prints: messages as text, one over several lines that end in a backslash.
///
///     [77] 2026-11-21 10:00:00.000000 [#0 eth0 4095] \
///     	[192.0.2.53].53 [198.51.100.7].53199  \
///     	dns QUERY,NOERROR,59311,qr|rd|ra \
///     	1 example.com.,IN,A \
///     	1 example.com.,IN,A,300,192.0.2.1 0 0
///
/// An item is a message. Taken is the answer section of complete responses with the codes NOERROR
/// and NXDOMAIN, as far as it is reached from the question. Rdata is printed of A, AAAA, NS, CNAME,
/// PTR, MX and SOA only; of other types there is the length, which is counted as `no-rdata`.
/// Times are UTC. Commas separate the fields and are not escaped in names, so that a record with a
/// comma in a name cannot be told from another one, and is refused. Addresses go nowhere.
public struct DnscapReader: ObservationReader, Sendable {
  /// Longest line, and longest message, octets.
  public static let messageOctetsMax = 1 << 20

  /// The reader's clock.
  public var now: UnixSeconds {
    get { lines.interpreter.now }
    set { lines.interpreter.now = newValue }
  }
  /// See ``ObservationReader``.
  public private(set) var heldOctets = 0

  private var lines: LineReader<DnscapInterpreter>

  /// Makes a reader.
  ///
  /// - Parameter now: the caller's clock, against times in the future.
  public init(now: UnixSeconds) {
    lines = LineReader(DnscapInterpreter(now: now), lineOctetsMax: DnscapReader.messageOctetsMax)
  }

  /// Reads up to the next step; see ``ObservationReader``.
  public mutating func next(
    _ chunk: Span<UInt8>, at: inout Int, into observation: inout TextObservation
  ) -> ReadStep {
    let start = at
    let step = lines.next(chunk, at: &at, into: &observation)
    heldOctets = step.endsItem ? 0 : heldOctets + at - start
    return step
  }

  /// Ends the feed; see ``ObservationReader``.
  public mutating func finish(into observation: inout TextObservation) -> ReadStep {
    let step = lines.finish(into: &observation)
    if step == .needsInput, lines.interpreter.abandon() {
      return .rejected(.truncated, endsItem: true)
    }
    return step
  }

  /// True when the first line is the head of a message.
  ///
  /// - Parameter head: the first octets of a feed, 64 KiB at most.
  public static func recognises(_ head: Span<UInt8>) -> Bool {
    let line = head.extracting(LineCutter.firstLine(of: head))
    return DnscapMessage(head: line)?.time != nil
  }
}
