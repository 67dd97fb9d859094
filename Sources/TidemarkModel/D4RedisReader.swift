import DNSWire

/// Reads what the D4 passive DNS analyzer keeps in its database, dumped as lines.
///
/// An item is one record: six columns with a tab between them, `rrname`, type number, `rdata`,
/// first seen, last seen, count; empty where the database has nothing. In a column `\t`, `\n`, `\r`
/// and `\\` stand for tab, line feed, carriage return and backslash. ``D4RedisLine`` writes it.
///
/// The analyzer lower-cases all rdata, loses the first quote of TXT, and files answers without data
/// as address `nxdomain`. Types whose text means the same in lower case are read as they are. Of
/// the others, base64 above all, a text without any capital is taken as one that lost them and kept
/// as lossy text; TXT is whole only with both of its quotes, which it has when it was imported as
/// JSON.
public struct D4RedisReader: ObservationReader, Sendable {
  /// The reader's clock: later times (by more than a day) are refused.
  public var now: UnixSeconds {
    get { lines.interpreter.now }
    set { lines.interpreter.now = newValue }
  }

  private var lines: LineReader<D4RedisInterpreter>

  /// Makes a reader.
  public init(now: UnixSeconds) {
    lines = LineReader(D4RedisInterpreter(now: now))
  }

  /// Reads up to the next step; see ``ObservationReader``. An item is a line.
  public mutating func next(
    _ chunk: Span<UInt8>, at: inout Int, into observation: inout TextObservation
  ) -> ReadStep {
    lines.next(chunk, at: &at, into: &observation)
  }

  /// Ends the feed; see ``ObservationReader``.
  public mutating func finish(into observation: inout TextObservation) -> ReadStep {
    lines.finish(into: &observation)
  }
}

extension TextRejection {
  /// The database has neither a first nor a last time: the record expired.
  public static let expired = TextRejection(.dropped, "expired")
}

/// The line that ``D4RedisReader`` reads.
public enum D4RedisLine {
  /// Columns of a line.
  public static let columns = 6

  /// Appends a line.
  ///
  /// - Parameter columns: as the database has them, in the order of ``D4RedisReader``.
  public static func append(_ columns: [[UInt8]], to out: inout [UInt8]) {
    for (index, column) in columns.enumerated() {
      if index > 0 { out.append(ASCII.tab) }
      for octet in column {
        switch octet {
        case ASCII.tab: out.append(contentsOf: "\\t".utf8)
        case ASCII.lineFeed: out.append(contentsOf: "\\n".utf8)
        case ASCII.carriageReturn: out.append(contentsOf: "\\r".utf8)
        case ASCII.backslash: out.append(contentsOf: "\\\\".utf8)
        default: out.append(octet)
        }
      }
    }
    out.append(ASCII.lineFeed)
  }

  /// Splits a line; columns that are not there are empty.
  static func split(_ line: Span<UInt8>, into columns: inout [[UInt8]]) -> Bool {
    for index in columns.indices { columns[index].removeAll(keepingCapacity: true) }
    var column = 0
    var at = 0
    while at < line.count {
      let octet = line[at]
      at += 1
      if octet == ASCII.tab {
        column += 1
        guard column < columns.count else { return false }
      } else if octet == ASCII.backslash, at < line.count {
        columns[column].append(unescaped(line[at]))
        at += 1
      } else {
        columns[column].append(octet)
      }
    }
    return column == columns.count - 1
  }

  private static func unescaped(_ octet: UInt8) -> UInt8 {
    switch octet {
    case UInt8(ascii: "t"): ASCII.tab
    case UInt8(ascii: "n"): ASCII.lineFeed
    case UInt8(ascii: "r"): ASCII.carriageReturn
    default: octet
    }
  }
}

/// The meaning of the columns.
struct D4RedisInterpreter: LineInterpreter {
  var now: UnixSeconds
  private var columns = [[UInt8]](repeating: [], count: D4RedisLine.columns)

  init(now: UnixSeconds) {
    self.now = now
  }

  mutating func read(_ line: Span<UInt8>, into observation: inout TextObservation) -> ReadStep? {
    observation.reset()
    do throws(TextRejection) {
      guard D4RedisLine.split(line, into: &columns) else { throw .missingField }
      try fill(&observation)
      return .observation(endsItem: true)
    } catch {
      return .rejected(error, endsItem: true)
    }
  }

  /// Never asked: a line is one step.
  mutating func resume(_ line: Span<UInt8>, into observation: inout TextObservation) -> ReadStep {
    .itemEnd
  }

  private func fill(_ observation: inout TextObservation) throws(TextRejection) {
    let type = try rrtype()
    guard !columns[0].isEmpty, !columns[2].isEmpty else { throw .missingField }
    if type == .a, columns[2].elementsEqual("nxdomain".utf8) { throw .negative }
    let name = columns[0]
    do {
      try DomainName.parse(name.span, into: &observation.rrname)
    } catch {
      throw .badName
    }
    observation.rrtype = type
    try fillTimes(&observation)
    observation.count = 1
    if !columns[5].isEmpty {
      guard let count = D4RedisInterpreter.number(columns[5]), count > 0 else { throw .badCount }
      observation.count = count
    }
    try fillRData(&observation)
  }

  private func rrtype() throws(TextRejection) -> RRType {
    guard let number = D4RedisInterpreter.number(columns[1]),
      let value = UInt16(exactly: number)
    else { throw .badType }
    let type = RRType(rawValue: value)
    guard !type.isOnlyForQuestions else { throw .metaType }
    return type
  }

  /// The last time outlives the first where the analyzer lets types expire: it is then all that is
  /// known.
  private func fillTimes(_ observation: inout TextObservation) throws(TextRejection) {
    let first = try time(columns[3])
    let last = try time(columns[4])
    guard let some = first ?? last else { throw .expired }
    observation.timeFirst = min(some, last ?? some)
    observation.timeLast = max(some, last ?? some)
  }

  private func time(_ text: [UInt8]) throws(TextRejection) -> UnixSeconds? {
    guard !text.isEmpty else { return nil }
    let whole = text.prefix { $0 != ASCII.dot }
    guard text.dropFirst(whole.count + 1).allSatisfy(ASCII.isDigit),
      let seconds = D4RedisInterpreter.number(Array(whole))
    else { throw .badTime }
    guard seconds >= UInt64(TimeLimits.timeMin),
      seconds <= UInt64(now) + UInt64(TimeLimits.futureMax),
      let time = UnixSeconds(exactly: seconds)
    else { throw .timeOutOfRange }
    return time
  }

  private func fillRData(_ observation: inout TextObservation) throws(TextRejection) {
    var text = columns[2]
    var isLossy: Bool?
    switch observation.rrtype {
    case .txt, .spf:
      let quotes = (text.first == ASCII.quote, text.last == ASCII.quote)
      isLossy = quotes == (true, true) && text.count > 1 ? nil : true
      if quotes == (false, true) { text.insert(ASCII.quote, at: 0) }
    case .a, .aaaa: break
    default:
      let hasCapital = text.contains { (0x41...0x5A).contains($0) }
      if !hasCapital, !D4RedisInterpreter.isSameInLowerCase(observation.rrtype) { isLossy = true }
    }
    do {
      try LossyRData.append(text.span, isLossy: isLossy, to: &observation)
    } catch {
      throw .badRData
    }
    // What is no address must not become text that stands for one.
    guard !observation.isLossy || (observation.rrtype != .a && observation.rrtype != .aaaa) else {
      throw .badRData
    }
  }

  /// Types made of names, numbers, addresses and hexadecimal digits.
  private static func isSameInLowerCase(_ type: RRType) -> Bool {
    switch type {
    case .ns, .md, .mf, .cname, .soa, .mb, .mg, .mr, .ptr, .minfo, .mx, .rp, .afsdb, .rt, .px,
      .srv, .kx, .dname, .ds, .sshfp, .nsec3param, .tlsa, .smimea, .cds, .zonemd, .nid, .l32,
      .l64, .lp, .eui48, .eui64, .dlv:
      true
    default: false
    }
  }

  private static func number(_ text: [UInt8]) -> UInt64? {
    guard !text.isEmpty, text.count <= 18 else { return nil }
    var value: UInt64 = 0
    for octet in text {
      guard ASCII.isDigit(octet) else { return nil }
      value = value * 10 + UInt64(octet &- ASCII.zero)
    }
    return value
  }
}
