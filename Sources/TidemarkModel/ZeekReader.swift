import DNSWire

/// Reads Zeek's `dns.log`, as columns and as JSON; an item is a line that is no header.
///
/// The order of the columns is that of the last `#fields` line. Lines of other logs, and
/// transactions without answers, offer nothing. The log's time is that of the question; the time
/// that the answer took is added.
///
/// Taken are answers with the code 0, in the class IN, from port 53 of an address that is no
/// multicast address. The log gives answers without owners and types. For A and AAAA, names are
/// aliases in order and addresses belong to the last of them; any other order, or another family,
/// makes lossy records of the name that was asked for. For types of names, all answers must be
/// names with one lifetime. Whole records are addresses, aliases, NS, PTR, and TXT whose lengths
/// come out right. MX, SRV and SOA hold one name of several fields and are lossy. Of other types
/// there are only summaries, which are counted as `no-rdata`.
///
/// The answer to a question for names (NS, PTR, MX …) may be a lone alias; nothing in the log could
/// tell.
///
/// Client addresses and ports are passed over and go nowhere.
public struct ZeekReader: ObservationReader, Sendable {
  /// The reader's clock.
  public var now: UnixSeconds {
    get { lines.interpreter.now }
    set { lines.interpreter.now = newValue }
  }
  private var lines: LineReader<ZeekInterpreter>

  /// Makes a reader.
  ///
  /// - Parameters:
  ///   - now: the caller's clock, against times in the future.
  ///   - ports: where DNS is served; answers from other ports are left out.
  ///   - takesVantageFromAA: says of answers with AA that they were seen at an authority. Right for
  ///     a sensor between resolvers and the Internet; below a resolver, AA only tells of its own
  ///     zones.
  ///   - lineOctetsMax: longer lines are skipped and counted.
  public init(
    now: UnixSeconds, ports: [UInt16] = [53], takesVantageFromAA: Bool = false,
    lineOctetsMax: Int = 1 << 20
  ) {
    lines = LineReader(
      ZeekInterpreter(now: now, ports: ports, takesVantageFromAA: takesVantageFromAA),
      lineOctetsMax: lineOctetsMax)
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

  /// Takes the header lines with which a log begins; for one that is read from its middle.
  public mutating func prime(_ head: Span<UInt8>) {
    var cutter = LineCutter()
    var at = 0
    while case .inChunk(let line) = cutter.next(head, at: &at),
      head[line.lowerBound] == UInt8(ascii: "#")
    {
      lines.interpreter.readHeader(head.extracting(line))
    }
  }

  /// True for a head that starts with the header of a DNS log, or with such a transaction as JSON.
  ///
  /// - Parameter head: the first octets of a feed, 64 KiB at most.
  public static func recognises(_ head: Span<UInt8>) -> Bool {
    let first = LineCutter.firstLine(of: head)
    guard !first.isEmpty, head[first.lowerBound] == UInt8(ascii: "#") else {
      return isTransaction(head.extracting(first))
    }
    var header = ZeekHeader()
    var cutter = LineCutter()
    var at = first.lowerBound
    while case .inChunk(let line) = cutter.next(head, at: &at),
      head[line.lowerBound] == UInt8(ascii: "#")
    {
      header.read(head.extracting(line))
    }
    return !header.isOfOther && header.isComplete
  }

  private static func isTransaction(_ line: Span<UInt8>) -> Bool {
    var hasTime = false
    var hasResponder = false
    var isDNS = false
    var isOther = false
    JSONText.forEachMember(line) { key, value in
      if key.is("ts") {
        hasTime = true
      } else if key.is("id.resp_p") {
        hasResponder = true
      } else if key.is("qtype") || key.is("query") || key.is("trans_id") {
        isDNS = true
      } else if key.is("_path") {
        isOther = !JSONText.isText(line, value, "dns")
      }
    }
    return hasTime && hasResponder && isDNS && !isOther
  }
}
