import CRE2

/// A pattern that a caller gave, compiled for searches in linear time (RE2), whatever it is.
///
/// The language of ``init(regex:)`` is that of DNSDB's flexible search (FCRE, a subset of POSIX
/// extended regular expressions), and a little more; that of ``init(glob:over:)`` is glob(7).
/// Letter case makes no difference. Texts are searched octet by octet: they are printable ASCII
/// with `\DDD` escapes, but for lossy rdata, where `.` is one octet of UTF-8.
///
/// - Concurrency: any thread; searches share one pattern.
@safe public final class Pattern: @unchecked Sendable {
  /// Most characters of a pattern. Nothing written by hand is longer, and work per octet searched
  /// grows with the pattern where its automaton does not fit into memory.
  public static let charactersMax = 256
  /// Octets that RE2 may use for a pattern's program and automata. Beyond them it starts its
  /// automaton anew, and where that helps no more it goes on without, slower but still linear.
  public static let memoryOctetsMax = 8 << 20
  /// Most instructions of a program: bounds the time per octet without an automaton.
  public static let instructionsMax = 10_000

  private let compiled: OpaquePointer

  /// Compiles a regular expression. It matches anywhere in a text, unless `^` or `$` ties it to an
  /// end.
  ///
  /// - Throws: ``PatternError``.
  public convenience init(regex: String) throws(PatternError) {
    var translator = try ExpressionTranslator(regex)
    try self.init(translated: translator.translate())
  }

  /// Compiles a glob: `*`, `?`, `[…]`, `[!…]`, and `\` before a character that is meant itself. It
  /// must match the whole of a text.
  ///
  /// - Parameter subject: what will be searched; a glob that cannot match there is refused, as it
  ///   is easily written (`*.example` for `*.example.`).
  /// - Throws: ``PatternError``.
  public convenience init(
    glob: String, over subject: PatternSubject = .names
  ) throws(PatternError) {
    var translator = try GlobTranslator(glob, subject)
    try self.init(translated: translator.translate())
  }

  /// Compiles the text of a translator, which is known to be harmless.
  private init(translated text: [UInt8]) throws(PatternError) {
    var status = TIDEMARK_RE2_OK
    var message = [CChar](repeating: 0, count: 160)
    let made = unsafe text.withUnsafeBytes { text in
      unsafe message.withUnsafeMutableBufferPointer { message in
        unsafe tidemark_re2_new(
          text.baseAddress?.assumingMemoryBound(to: CChar.self), text.count,
          Int64(Pattern.memoryOctetsMax), CInt(Pattern.instructionsMax), &status,
          message.baseAddress, message.count)
      }
    }
    guard let made = unsafe made else {
      switch status {
      case TIDEMARK_RE2_TOO_LARGE: throw .tooComplex
      case TIDEMARK_RE2_NO_MEMORY: throw .outOfMemory
      default:
        let octets = message.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }
        throw .malformed(String(decoding: octets, as: UTF8.self))
      }
    }
    unsafe compiled = made
  }

  deinit {
    unsafe tidemark_re2_free(compiled)
  }

  /// Finds the lines in which the pattern matches.
  ///
  /// - Parameter hits: receives their numbers, ascending; its old content is dropped.
  /// - Throws: ``PatternError/outOfMemory``.
  public func find(in lines: TextLines, _ hits: inout [UInt32]) throws(PatternError) {
    hits.removeAll(keepingCapacity: true)
    guard lines.count > 0 else { return }
    let found = unsafe lines.search(into: &hits) { text, length, ends, count, hits in
      unsafe tidemark_re2_search(compiled, text, length, ends, count, hits)
    }
    guard found >= 0 else { throw .outOfMemory }
  }

  /// True when the pattern matches in a text of one line.
  ///
  /// For many texts use ``find(in:_:)``, which is many times faster.
  ///
  /// - Throws: ``PatternError/outOfMemory``.
  public func matches(_ text: Span<UInt8>) throws(PatternError) -> Bool {
    let lines = TextLines(capacity: text.count)
    lines.append(text)
    var hits: [UInt32] = []
    try find(in: lines, &hits)
    return !hits.isEmpty
  }
}
