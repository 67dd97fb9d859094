import Testing
import TidemarkIngest

/// Chunks and positions of a feed.
@Suite struct PositionedLinesTests {
  private struct Chunk: Equatable {
    var text: String
    var position: UInt64?
  }

  /// All chunks of a feed that comes in pieces, and what is left at its end.
  private func chunks(
    _ pieces: [[UInt8]], sendsPositions: Bool, limits: PositionedLines.Limits = .init()
  ) throws -> [Chunk] {
    var lines = PositionedLines(sendsPositions: sendsPositions, limits: limits)
    var found: [Chunk] = []
    func add(_ step: PositionedLines.Step) -> Bool {
      guard case .chunk(let position) = step else { return false }
      found.append(Chunk(text: String(decoding: lines.chunk, as: UTF8.self), position: position))
      return true
    }
    for piece in pieces {
      var at = 0
      while add(try lines.next(piece.span, at: &at)) {}
      #expect(at == piece.count)
    }
    while add(lines.finish()) {}
    #expect(!lines.holdsRows)
    return found
  }

  private let feed = Array(
    "{\"a\":1}\n{\"a\":2}\n{\"position\":\"7\"}\n\n{ \"position\" : \"18446744073709551615\" }\r\nrest"
      .utf8)

  @Test func positionsDoNotDependOnWhereTheFeedIsCut() throws {
    let whole = [
      Chunk(text: "{\"a\":1}\n{\"a\":2}\n", position: 7), Chunk(text: "", position: .max),
    ]
    for cut in 0...feed.count {
      let pieces = [Array(feed[..<cut]), Array(feed[cut...])]
      #expect(try chunks(pieces, sendsPositions: true) == whole)
    }
  }

  @Test func theEndIsToldWithItsReason() throws {
    let cases: [(String, PositionedLines.End?)] = [
      ("{\"end\":\"complete\",\"position\":\"17\",\"rows\":9}\n", .complete),
      ("{\"end\":\"revoked\",\"position\":\"17\",\"rows\":9}\r\n", .revoked),
      ("{\"end\":\"failed\",\"error\":\"x\"}\n", .failed), ("{\"end\":\"stopped\"}\n", .stopped),
      ("{\"end\":\"other\"}\n", nil), ("{\"end\":1}\n", nil), ("{\"end\":\"stopped\"\n", nil),
    ]
    for (text, end) in cases {
      for (sendsPositions, cut) in [(true, 0), (true, 9), (false, 0), (false, 9)] {
        var lines = PositionedLines(sendsPositions: sendsPositions)
        var ends: [PositionedLines.End] = []
        for piece in [Array(text.utf8.prefix(cut)), Array(text.utf8.dropFirst(cut))] {
          var at = 0
          while true {
            let step = try lines.next(piece.span, at: &at)
            if case .ended(let end) = step { ends.append(end) }
            if step == .needsInput { break }
          }
        }
        #expect(ends == (end.map { [$0] } ?? []), "\(text)")
      }
    }
  }

  @Test func whatNoPositionConfirmedIsLeftOut() throws {
    for cut in 0..<31 {
      #expect(try chunks([Array(feed[..<cut])], sendsPositions: true) == [])
    }
  }

  @Test func aPositionWithoutLineEndCounts() throws {
    let found = try chunks([Array("{\"a\":1}\n{\"position\":\"7\"}".utf8)], sendsPositions: true)
    #expect(found == [Chunk(text: "{\"a\":1}\n", position: 7)])
  }

  @Test func aPlainFeedLosesNothing() throws {
    let plain = Array(
      "{\"a\":1}{\"b\":2}\n{\"pos\n<html>{\"positions\":\"1\"}\n{\"position\":7}\nend".utf8)
    for cut in 0...plain.count {
      let found = try chunks([Array(plain[..<cut]), Array(plain[cut...])], sendsPositions: false)
      #expect(found.map(\.text).joined() == String(decoding: plain, as: UTF8.self))
      #expect(found.allSatisfy { $0.position == nil })
    }
  }

  @Test func theFirstPositionMakesAPlainFeedOneWithPositions() throws {
    let pieces = ["one\ntwo\n", "three\n{\"position\":\"3\"}\nfour\n", "five\n"].map {
      Array($0.utf8)
    }
    let found = try chunks(pieces, sendsPositions: false)
    #expect(
      found == [Chunk(text: "one\ntwo\n", position: nil), Chunk(text: "three\n", position: 3)])
  }

  @Test(arguments: [
    "{\"position\":\"\"}", "{\"position\":\"-1\"}", "{\"position\":\"1x\"}",
    "{\"position\":\"1 \"}",
    "{\"position\":\"18446744073709551616\"}", "{\"position\":1}", "{\"position\":\"1\",\"a\":1}",
    "{\"position\":\"1\"}}", "{\"Position\":\"1\"}", "x{\"position\":\"1\"}",
    "{\"position\":\"" + String(repeating: "0", count: 1_024) + "1\"}",
  ])
  func anythingElseIsARow(_ line: String) throws {
    let found = try chunks([Array("\(line)\n{\"position\":\"2\"}\n".utf8)], sendsPositions: true)
    #expect(found == [Chunk(text: line + "\n", position: 2)])
  }

  @Test func endsAtLinesAndChunksThatAreTooLong() throws {
    var limits = PositionedLines.Limits()
    limits.lineOctetsMax = 10
    limits.chunkOctetsMax = 40
    limits.rowsMax = 4
    func read(_ text: String, sendsPositions: Bool = true) throws -> [Chunk] {
      try chunks([Array(text.utf8)], sendsPositions: sendsPositions, limits: limits)
    }
    #expect(throws: PositionedLines.Fault.lineTooLong) { try read("01234567890\n") }
    #expect(throws: PositionedLines.Fault.lineTooLong) { try read("01234567890") }
    #expect(throws: PositionedLines.Fault.chunkTooLong) { try read("a\nb\nc\nd\ne\n") }
    limits.rowsMax = 40
    #expect(throws: PositionedLines.Fault.chunkTooLong) {
      try read(String(repeating: "012345678\n", count: 5))
    }
    limits.lineOctetsMax = 30
    #expect(try read("a\nb\nc\nd\n{\"position\":\"1\"}\n").first?.position == 1)
    #expect(try read(String(repeating: "x", count: 99), sendsPositions: false).count == 1)
  }
}
