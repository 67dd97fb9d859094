import CaptureFormats
import Testing

/// Framing and messages of PowerDNS.
struct PowerDNSStreamParserTests {
  private func read(
    _ stream: [UInt8], _ framing: PowerDNSStreamParser.Framing, piece: Int
  ) -> (messages: [[UInt8]], end: String) {
    var parser = PowerDNSStreamParser(framing: framing)
    var messages: [[UInt8]] = []
    var (window, at, taken) = ([UInt8](), 0, 0)
    while true {
      let step = unsafe parser.next(
        window.span.bytes, at: &at, isFinal: taken == stream.count)
      switch step {
      case .message(let range): messages.append(Array(window[range]))
      case .needMoreBytes(let least):
        #expect(least > window.count - at && least <= PowerDNSStreamParser.windowOctetsMax)
        window.removeFirst(at)
        at = 0
        window += stream[taken..<min(stream.count, taken + piece)]
        taken = min(stream.count, taken + piece)
      case .truncated(let place): return (messages, "truncated \(place)")
      case .tooLong(let place): return (messages, "too long \(place)")
      case .end: return (messages, "end")
      }
    }
  }

  @Test func cutsBothFramings() {
    let two: [UInt8] = [0, 2, 7, 8, 0, 0, 0, 1, 9]
    let four: [UInt8] = [0, 0, 0, 2, 7, 8, 0, 0, 0, 0, 0, 0, 0, 1, 9]
    for piece in 1...15 {
      for (stream, framing) in [(two, PowerDNSStreamParser.Framing.twoOctets), (four, .fourOctets)]
      {
        let result = read(stream, framing, piece: piece)
        #expect(result.messages == [[7, 8], [], [9]] && result.end == "end")
      }
    }
  }

  @Test func tellsWhereAStreamIsCut() {
    let stream: [UInt8] = [0, 2, 7, 8, 0, 3, 9, 9, 9]
    for count in 0...stream.count {
      let end = read(Array(stream[..<count]), .twoOctets, piece: 2).end
      let expected =
        [0, 4, 9].contains(count) ? "end" : count < 4 ? "truncated 0" : "truncated 4"
      #expect(end == expected, "\(count)")
    }
  }

  @Test func refusesALengthBeyondTheLimit() {
    let most = UInt32(PowerDNSStreamParser.messageOctetsMax)
    #expect(read([0, 0] + NMSGBuilder.big(1), .fourOctets, piece: 9).end == "truncated 4")
    #expect(read(NMSGBuilder.big(most + 1), .fourOctets, piece: 9).end == "too long 0")
    #expect(read(NMSGBuilder.big(most), .fourOctets, piece: 9).end == "truncated 0")
  }

  @Test func forgetsTheMessageBefore() throws {
    let record = Proto.octets(1, Array("a.example.".utf8)) + Proto.number(2, 1)
    let first =
      Proto.number(1, 4) + Proto.octets(3, [1]) + Proto.number(9, 5)
      + Proto.octets(
        13, Proto.number(1, 3) + Proto.octets(2, record) + Proto.octets(3, [65]))
    var message = PowerDNSMessage()
    try unsafe message.read(0..<first.count, in: first.span.bytes)
    #expect(message.type == 4 && message.seconds == 5 && message.rcode == 3)
    #expect(message.records.count == 1 && message.hasAppliedPolicy)
    let second = Proto.number(1, 1)
    try unsafe message.read(0..<second.count, in: second.span.bytes)
    #expect(message.type == 1 && message.seconds == nil && message.rcode == 0)
    #expect(message.records.isEmpty && !message.hasAppliedPolicy && !message.hasResponse)
    #expect(message.serverIdentity == nil)
  }
}
