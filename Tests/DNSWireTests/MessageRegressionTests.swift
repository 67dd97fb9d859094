import DNSWire
import Testing

/// Inputs that once went wrong, each with what it showed.
@Suite struct MessageRegressionTests {
  /// A pointer to offset 0 met the mark of a free slot in the parser's memory of names, and gave
  /// whatever an earlier message had left there.
  @Test func refusesAPointerToTheHeaderAfterAnotherMessage() throws {
    var parser = MessageParser()
    let question: [UInt8] = [0, 1, 0x81, 0x80, 0, 1, 0, 0, 0, 0, 0, 0]
    let named = question + [3, 0x77, 0x77, 0x77, 0, 0, 1, 0, 1]
    try parser.parse(named.span)
    var pointing = named
    pointing[7] = 1
    pointing += [0xC0, 0, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, 192, 0, 2, 1]
    #expect(throws: MessageError.pointerNotBackwards) { try parser.parse(pointing.span) }
  }
}
