import DNSWire

/// The parts of a message that dnscap printed, by their places in its text.
struct DnscapMessage: Sendable {
  /// Words are separated by blanks, and by the line feeds that stand for the ends of lines.
  private static let blank = ASCII.space

  /// When it was captured.
  private(set) var time: FeedTime?
  /// `QUERY,NOERROR,59311,qr|rd|ra`; nil for packets without a DNS message.
  private(set) var header: Range<Int>?
  /// `example.com.,IN,A`; nil without a question, or with more than one.
  private(set) var question: Range<Int>?
  /// `example.com.,IN,A,300,192.0.2.1`.
  private(set) var answers: [Range<Int>] = []
  /// Fewer records were printed than announced.
  private(set) var isCut = false
  /// More than ``answersMax`` records were announced.
  private(set) var hasTooMany = false

  /// Records of one answer section that are looked at. Resolvers refuse record sets of a tenth of
  /// that.
  static let answersMax = 1_000

  /// Reads the first line: `[77] 2026-11-21 10:00:00.000000 [#0 eth0 4095]`.
  ///
  /// - Returns: nil when it does not start so.
  init?(head text: Span<UInt8>) {
    var at = 0
    guard let size = DnscapMessage.word(text, at: &at), size.count >= 3,
      text[size.lowerBound] == UInt8(ascii: "["), text[size.upperBound - 1] == UInt8(ascii: "]")
    else { return nil }
    for index in (size.lowerBound + 1)..<(size.upperBound - 1)
    where !ASCII.isDigit(text[index]) {
      return nil
    }
    guard let day = DnscapMessage.word(text, at: &at),
      let hour = DnscapMessage.word(text, at: &at)
    else { return nil }
    time = FeedTime(iso: text.extracting(day.lowerBound..<hour.upperBound))
  }

  /// Reads a whole message.
  ///
  /// - Parameter text: its lines without their ends, with a line feed behind each.
  init?(_ text: Span<UInt8>) {
    let headEnd = LineCutter.lineFeed(in: text, from: 0)
    self.init(head: text.extracting(0..<headEnd))
    var at = headEnd
    guard DnscapMessage.find("dns", in: text, at: &at) else { return }
    header = DnscapMessage.word(text, at: &at)
    isCut = !readSections(text, at: &at)
  }

  /// Reads questions and answers; false when fewer were printed than announced.
  private mutating func readSections(_ text: Span<UInt8>, at: inout Int) -> Bool {
    guard let questions = DnscapMessage.count(text, at: &at) else { return false }
    // What no resolver asks is not looked at any further.
    guard questions <= 1 else { return true }
    if questions == 1 {
      question = DnscapMessage.word(text, at: &at)
      if question == nil { return false }
    }
    guard let count = DnscapMessage.count(text, at: &at) else { return false }
    hasTooMany = count > DnscapMessage.answersMax
    guard !hasTooMany else { return true }
    for _ in 0..<count {
      guard let answer = DnscapMessage.word(text, at: &at) else { return false }
      answers.append(answer)
    }
    return true
  }

  /// Moves behind a line's first word, if there is a line that starts with it.
  private static func find(_ word: StaticString, in text: Span<UInt8>, at: inout Int) -> Bool {
    while at < text.count {
      at += 1
      if let first = self.word(text, at: &at), DnscapMessage.isText(text, first, word) {
        return true
      }
      at = LineCutter.lineFeed(in: text, from: at)
    }
    return false
  }

  /// The next word.
  private static func word(_ text: Span<UInt8>, at: inout Int) -> Range<Int>? {
    while at < text.count, text[at] <= blank { at += 1 }
    let start = at
    while at < text.count, text[at] > blank { at += 1 }
    return start < at ? start..<at : nil
  }

  /// The next word as a number that a message can hold.
  private static func count(_ text: Span<UInt8>, at: inout Int) -> Int? {
    guard let word = word(text, at: &at), word.count <= 5 else { return nil }
    var number = 0
    for index in word {
      guard ASCII.isDigit(text[index]) else { return nil }
      number = number * 10 + Int(text[index] &- ASCII.zero)
    }
    return number
  }

  /// Whether a part of the text is this word.
  static func isText(_ text: Span<UInt8>, _ range: Range<Int>, _ word: StaticString) -> Bool {
    guard range.count == word.utf8CodeUnitCount else { return false }
    for index in 0..<range.count
    where unsafe text[range.lowerBound + index] != word.utf8Start[index] {
      return false
    }
    return true
  }

  /// Cuts a part of the text at every `separator`.
  static func split(
    _ text: Span<UInt8>, _ range: Range<Int>, at separator: UInt8
  ) -> [Range<Int>] {
    var fields: [Range<Int>] = []
    var start = range.lowerBound
    for index in range where text[index] == separator {
      fields.append(start..<index)
      start = index + 1
    }
    fields.append(start..<range.upperBound)
    return fields
  }
}
