/// Reads master files (RFC 1035 section 5) in chunks of any size: one step per entry.
///
/// An entry is a line, or several when parentheses join them. Read are `$ORIGIN`, `$TTL`
/// (RFC 2308 section 4), comments, quoted strings, `@`, omitted owners, TTL and class in any order,
/// spans such as `1h30m`, `\X` and `\DDD`, and `TYPEn`, `CLASSn` and `\#` of RFC 3597. `$INCLUDE`
/// is a step of its own: the scanner opens no files. What cannot be read is reported with its line,
/// and reading goes on with the next entry, so that one bad line costs one record.
///
/// Steps do not depend on where the file is cut into chunks. Memory does not depend on its size:
/// an entry is bounded, and nothing else is kept but the origin and the last owner.
///
/// ```swift
/// var scanner = ZoneScanner(origin: DomainName.root.wire)
/// while case .record = scanner.next(text.span, at: &offset, isFinal: true) {
///   use(scanner.owner, scanner.rrtype, scanner.rdata)
/// }
/// ```
public struct ZoneScanner: Sendable {
  /// Octets of an entry, comments and repeated blanks left out: rdata of 65,535 octets written as
  /// `\DDD`, and as much again for what people put around it.
  public static let entryOctetsMax = 1 << 19

  /// What the scanner found.
  public enum Step: Sendable, Equatable {
    /// A record of class IN: ``owner``, ``rrtype``, ``ttl``, ``rdata``.
    case record
    /// `$INCLUDE`: ``includePath`` is to be read now, with ``child``; then call on.
    case include
    /// An entry that gives no record.
    case rejected(ZoneRejection)
    /// The chunk is used up: give the next one, or an empty final one.
    case needsInput
    /// The file has ended.
    case end
  }

  /// Canonical wire name of the last record's owner.
  public internal(set) var owner: [UInt8] = []
  /// True when the last record has the owner of the record before it.
  public internal(set) var isSameOwner = false
  /// Type of the last record.
  public internal(set) var rrtype = RRType(rawValue: 0)
  /// Seconds to live of the last record; nil when neither it nor anything before it says so.
  public internal(set) var ttl: UInt32?
  /// Canonical rdata of the last record.
  public internal(set) var rdata: [UInt8] = []
  /// Line on which the last entry starts; the first line of a file is 1.
  public internal(set) var line: UInt64 = 1
  /// The file that the last `$INCLUDE` names, escapes resolved.
  public internal(set) var includePath: [UInt8] = []

  /// The origin with its letters as written; empty when none is known.
  var origin: [UInt8]
  var includeOrigin: [UInt8] = []
  var hasOwner = false
  var defaultTTL: UInt32?
  var lastTTL: UInt32?
  var zoneClass = ZoneClass.internet
  var generator: ZoneGenerator?
  /// Records that `$GENERATE` may still make.
  var generatedLeft: Int

  private var lines = ZoneLines()

  /// Makes a scanner at the start of a file.
  ///
  /// - Parameters:
  ///   - origin: a complete wire name, the initial origin; empty when only the file can tell.
  ///   - generatedMax: records that all `$GENERATE` of the file may make together. 0 refuses them:
  ///     a line of twenty octets could make billions.
  public init(origin: [UInt8] = [], generatedMax: Int = 0) {
    self.origin = origin
    generatedLeft = generatedMax
  }

  /// A scanner for the file of ``includePath``: the included file starts with this one's owner,
  /// class and TTL, and what it changes ends with it (RFC 1035 section 5.1).
  public var child: ZoneScanner {
    var child = self
    child.origin = includeOrigin
    child.lines = ZoneLines()
    child.line = 1
    child.generator = nil
    return child
  }

  /// Takes over what an included file used up of the limits.
  public mutating func resume(after child: borrowing ZoneScanner) {
    generatedLeft = child.generatedLeft
    isSameOwner = false
  }

  /// Reads up to the next step.
  ///
  /// - Parameters:
  ///   - chunk: a piece of the file; the same one until ``Step/needsInput`` is returned.
  ///   - at: the position in the chunk, 0 for a new one; moved.
  ///   - isFinal: the file ends with this chunk. A last line without its end is read like others.
  public mutating func next(_ chunk: Span<UInt8>, at: inout Int, isFinal: Bool) -> Step {
    while true {
      if generator != nil, let step = nextGenerated() { return step }
      let found = lines.next(chunk, at: &at, isFinal: isFinal)
      switch found {
      case .line(let range):
        line = lines.start
        let startsBlank = lines.startsBlank
        if let step = read(chunk.extracting(range), startsBlank: startsBlank) { return step }
      case .joined:
        line = lines.start
        let text = lines.takeText()
        let step = read(text.span, startsBlank: lines.startsBlank)
        lines.recycle(text)
        if let step { return step }
      case .broken(let reason):
        line = lines.start
        keepOwnerOfBrokenEntry()
        return .rejected(ZoneRejection(line: line, reason: reason))
      case .needsInput: return .needsInput
      case .end: return .end
      }
    }
  }

  /// Reads one entry; nil when it gives nothing to report.
  private mutating func read(_ text: Span<UInt8>, startsBlank: Bool) -> Step? {
    do throws(ZoneRejectionReason) {
      if !startsBlank, text[0] == UInt8(ascii: "$") { return try readDirective(text) }
      try readRecord(text, startsBlank: startsBlank)
      return .record
    } catch {
      return .rejected(ZoneRejection(line: line, reason: error))
    }
  }

  /// Entries after a broken one may leave out its owner. It stands in front of what is broken.
  private mutating func keepOwnerOfBrokenEntry() {
    let text = lines.takeText()
    if !lines.startsBlank, !text.isEmpty {
      hasOwner = false
      var tokens = PresentationTokenizer()
      do throws(ZoneRejectionReason) {
        try readOwner(text.span, &tokens)
      } catch {
        hasOwner = false
      }
    }
    lines.recycle(text)
  }
}

/// Classes of a zone file: IN, and all others together.
enum ZoneClass {
  case internet
  case other

  /// Reads a mnemonic or `CLASSn` (RFC 3597 section 5); nil for any other word.
  init?(_ word: Span<UInt8>) {
    switch word.count {
    case 2:
      switch (ASCII.lowered(word[0]), ASCII.lowered(word[1])) {
      case (UInt8(ascii: "i"), UInt8(ascii: "n")): self = .internet
      case (UInt8(ascii: "c"), UInt8(ascii: "h")), (UInt8(ascii: "h"), UInt8(ascii: "s")),
        (UInt8(ascii: "c"), UInt8(ascii: "s")):
        self = .other
      default: return nil
      }
    case 6...10:
      guard ZoneClass.starts(word, with: "class"),
        let number = RDataParser.decimal(word.extracting(5..<word.count), max: 65_535)
      else { return nil }
      self = number == 1 ? .internet : .other
    default: return nil
    }
  }

  private static func starts(_ word: Span<UInt8>, with prefix: StaticString) -> Bool {
    var at = 0
    while at < prefix.utf8CodeUnitCount {
      let wanted = unsafe prefix.utf8Start[at]
      guard at < word.count, ASCII.lowered(word[at]) == wanted else { return false }
      at += 1
    }
    return true
  }
}
