import Testing
import TidemarkModel

/// What a reader of a feed said, one line for each step, easy to compare.
struct FeedTranscript: Equatable, CustomStringConvertible {
  var lines: [String] = []
  var items = 0

  var description: String { lines.joined(separator: "\n") }

  /// Reads `chunks` with a reader.
  init<Reader: ObservationReader>(_ reader: Reader, chunks: [ArraySlice<UInt8>]) {
    var reader = reader
    var observation = TextObservation()
    for chunk in chunks {
      let octets = Array(chunk)
      var at = 0
      while add(reader.next(octets.span, at: &at, into: &observation), observation) {}
      if at != octets.count { lines.append("left \(octets.count - at) octets") }
    }
    while add(reader.finish(into: &observation), observation) {}
  }

  init<Reader: ObservationReader>(_ reader: Reader, _ text: String) {
    self.init(reader, chunks: [Array(text.utf8)[...]])
  }

  private mutating func add(_ step: ReadStep, _ observation: TextObservation) -> Bool {
    switch step {
    case .observation(let endsItem):
      lines.append(COFTranscript.row(observation))
      items += endsItem ? 1 : 0
    case .rejected(let reason, let endsItem):
      lines.append("\(reason.kind) \(reason.text)")
      items += endsItem ? 1 : 0
    case .itemEnd: items += 1
    case .needsInput: return false
    }
    return true
  }

  /// Reads a text whole, octet by octet, and in two pieces cut at every position; all must give the
  /// same steps.
  static func expectSameForEveryCut<Reader: ObservationReader>(
    _ reader: Reader, _ text: [UInt8], location: SourceLocation = #_sourceLocation
  ) {
    let whole = FeedTranscript(reader, chunks: [text[...]])
    let octets = text.indices.map { text[$0...$0] }
    #expect(
      FeedTranscript(reader, chunks: octets) == whole, "octet by octet", sourceLocation: location)
    for cut in 0...text.count {
      let pieces = FeedTranscript(reader, chunks: [text[..<cut], text[cut...]])
      #expect(pieces == whole, "cut at \(cut)", sourceLocation: location)
    }
  }

  /// Changes a text at random again and again; it must never trap, and the steps must not depend on
  /// the cuts.
  static func expectSameForMutations<Reader: ObservationReader>(
    _ reader: Reader, _ text: String, alphabet: String, seed: UInt64, rounds: Int = 400,
    location: SourceLocation = #_sourceLocation
  ) {
    var random = SeededRandom(state: seed)
    let original = Array(text.utf8)
    let octets = Array(alphabet.utf8) + [0x00, 0xC3, 0xFF]
    for round in 0..<rounds {
      var changed = original
      for _ in 0..<(1 + Int(random.next() % 6)) {
        let at = Int(random.next() % UInt64(changed.count))
        switch random.next() % 3 {
        case 0: changed[at] = octets[Int(random.next() % UInt64(octets.count))]
        case 1: changed.remove(at: at)
        default: changed.insert(octets[Int(random.next() % UInt64(octets.count))], at: at)
        }
      }
      let size = 1 + Int(random.next() % 100)
      let pieces = stride(from: 0, to: changed.count, by: size).map {
        changed[$0..<min($0 + size, changed.count)]
      }
      #expect(
        FeedTranscript(reader, chunks: pieces) == FeedTranscript(reader, chunks: [changed[...]]),
        "seed \(seed) round \(round) chunks of \(size)", sourceLocation: location)
    }
  }
}
