import DNSWire

/// A name that a search for names found, with when and how often its records were seen if that was
/// asked for.
public struct FoundName: Sendable, Equatable {
  /// When and how often the records of a name were seen, all together.
  public struct Seen: Sendable, Equatable {
    /// Earliest first seen.
    public var timeFirst: UnixSeconds
    /// Latest last seen.
    public var timeLast: UnixSeconds
    /// Sightings.
    public var count: UInt64

    /// Makes a value.
    public init(timeFirst: UnixSeconds, timeLast: UnixSeconds, count: UInt64) {
      self.timeFirst = timeFirst
      self.timeLast = timeLast
      self.count = count
    }
  }

  /// How found names are written, one a line.
  public enum Format: Sendable, Equatable {
    /// The name alone.
    case names
    /// First and last seen, count, name.
    case text(TimeStyle)
    /// Comma-separated values.
    case csv(TimeStyle)
    /// JSON objects with the members of the Common Output Format that make sense.
    case json
  }

  /// The name, canonical wire form.
  public var rrname: [UInt8]
  /// Nil when it was not asked for.
  public var seen: Seen?

  /// Makes a name.
  public init(rrname: [UInt8], seen: Seen? = nil) {
    self.rrname = rrname
    self.seen = seen
  }

  /// Reads a line of ``Format/json``, as servers send them; other members are passed over.
  ///
  /// - Returns: nil for anything else.
  public init?(json text: Span<UInt8>) {
    var name: [UInt8] = []
    var first: UInt64?
    var last: UInt64?
    var count: UInt64?
    JSONText.forEachMember(text) { key, value in
      if key.is("rrname"), value.isString { JSONText.appendString(text, value, to: &name) }
      if key.is("time_first") { first = JSONText.number(text, value) }
      if key.is("time_last") { last = JSONText.number(text, value) }
      if key.is("count") { count = JSONText.number(text, value) }
    }
    var wire: [UInt8] = []
    guard (try? DomainName.parse(name.span, into: &wire)) != nil else { return nil }
    rrname = wire
    if let first = first.flatMap({ UnixSeconds(exactly: $0) }),
      let last = last.flatMap({ UnixSeconds(exactly: $0) }), let count
    {
      seen = Seen(timeFirst: first, timeLast: last, count: count)
    }
  }

  /// Appends the line with the names of the columns, if the format has one.
  public static func appendHeader(_ format: Format, to out: inout [UInt8]) {
    guard case .csv = format else { return }
    out.append(contentsOf: "rrname,time_first,time_last,count\r\n".utf8)
  }

  /// Appends one line.
  public func append(_ format: Format, to out: inout [UInt8]) {
    var name: [UInt8] = []
    DomainName.appendText(of: rrname.span, finalDot: false, to: &name)
    switch format {
    case .names: out.append(contentsOf: name)
    case .text(let times):
      if let seen {
        times.append(seen.timeFirst, to: &out)
        out.append(ASCII.space)
        times.append(seen.timeLast, to: &out)
        let count = String(seen.count)
        let blanks = String(repeating: " ", count: max(0, 10 - count.utf8.count))
        out.append(contentsOf: " \(blanks)\(count) ".utf8)
      }
      out.append(contentsOf: name)
    case .csv(let times):
      CSVWriter.appendCell(name.span, to: &out)
      if let seen {
        for time in [seen.timeFirst, seen.timeLast] {
          out.append(UInt8(ascii: ","))
          times.append(time, to: &out)
        }
        out.append(contentsOf: ",\(seen.count)".utf8)
      } else {
        out.append(contentsOf: ",,,".utf8)
      }
      out.append(ASCII.carriageReturn)
    case .json: appendJSON(name, to: &out)
    }
    out.append(ASCII.lineFeed)
  }

  private func appendJSON(_ name: [UInt8], to out: inout [UInt8]) {
    out.append(contentsOf: "{\"rrname\":".utf8)
    JSONText.appendQuoted(name.span, to: &out)
    if let seen {
      let times = ",\"time_first\":\(seen.timeFirst),\"time_last\":\(seen.timeLast)"
      out.append(contentsOf: (times + ",\"count\":\(min(seen.count, COFWriter.numberMax))").utf8)
    }
    out.append(UInt8(ascii: "}"))
  }
}
