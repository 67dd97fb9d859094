/// Entries that start with `$`.
extension ZoneScanner {
  /// Reads a directive; nil when it gives nothing to report.
  mutating func readDirective(_ text: Span<UInt8>) throws(ZoneRejectionReason) -> Step? {
    var words = DirectiveWords()
    guard let name = try words.next(in: text) else { throw .unknownDirective }
    let directive = Directive(text.extracting(name.range))
    switch directive {
    case .origin:
      // After an origin that cannot be read, relative names would come out wrong.
      let old = origin
      origin = []
      origin = try readOrigin(try words.name(in: text), relativeTo: old, in: text)
      try words.end(in: text)
    case .ttl:
      guard let word = try words.next(in: text) else { throw .badDirective }
      defaultTTL = try readTTL(text.extracting(word.range))
      try words.end(in: text)
    case .include:
      guard let path = try words.next(in: text), !path.range.isEmpty else { throw .badDirective }
      includePath.removeAll()
      do throws(RDataTextError) {
        try PresentationTokenizer.appendDecoded(text, path.range, to: &includePath)
      } catch {
        throw .badDirective
      }
      includeOrigin = origin
      if let word = try words.name(in: text) {
        includeOrigin = try readOrigin(word, relativeTo: origin, in: text)
      }
      try words.end(in: text)
      return .include
    case .generate:
      guard generatedLeft > 0 else { throw .generateRefused }
      try startGenerating(text, from: words.position)
    case .date: break
    case nil: throw .unknownDirective
    }
    return nil
  }

  /// Reads a name as an origin, which keeps its letters: some rdata keeps them, too.
  private func readOrigin(
    _ word: Range<Int>?, relativeTo old: [UInt8], in text: Span<UInt8>
  ) throws(ZoneRejectionReason) -> [UInt8] {
    guard let word else { throw .badDirective }
    var name: [UInt8] = []
    do throws(RDataTextError) {
      try RDataParser.parseKeptName(text, word, origin: old, into: &name)
    } catch {
      throw .badDirective
    }
    guard !old.isEmpty || ZoneScanner.isComplete(text.extracting(word)) else {
      throw .missingOrigin
    }
    return name
  }
}

/// The directives of RFC 1035, RFC 2308 and BIND.
private enum Directive: String, CaseIterable {
  case origin = "$origin"
  case ttl = "$ttl"
  case include = "$include"
  case generate = "$generate"
  /// The time at which BIND wrote a dump; it says nothing about records.
  case date = "$date"

  init?(_ word: Span<UInt8>) {
    var text = ""
    for index in 0..<min(word.count, 16) {
      text.unicodeScalars.append(Unicode.Scalar(ASCII.lowered(word[index])))
    }
    guard let match = Directive(rawValue: text) else { return nil }
    self = match
  }
}

/// The words of a directive.
private struct DirectiveWords {
  private var tokens = PresentationTokenizer()
  var position: Int { tokens.at }

  mutating func next(
    in text: Span<UInt8>
  ) throws(ZoneRejectionReason) -> PresentationTokenizer.Token? {
    do throws(RDataTextError) {
      return try tokens.next(in: text)
    } catch {
      throw .badDirective
    }
  }

  mutating func name(in text: Span<UInt8>) throws(ZoneRejectionReason) -> Range<Int>? {
    do throws(RDataTextError) {
      return try tokens.nextName(in: text)?.range
    } catch {
      throw .badDirective
    }
  }

  mutating func end(in text: Span<UInt8>) throws(ZoneRejectionReason) {
    guard tokens.isAtEnd(of: text) else { throw .badDirective }
  }
}
