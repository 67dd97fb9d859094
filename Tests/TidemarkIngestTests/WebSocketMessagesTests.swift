import Testing
import TidemarkIngest

/// The rules of RFC 6455 for what a server sends.
@Suite struct WebSocketMessagesTests {
  private struct Frame {
    var opcode: UInt8
    var text: [UInt8] = []
    var isFinal = true
    var hasReservedBits = false
    var isMasked = false
  }

  /// The step of the last frame, and the message it completed.
  private func read(
    _ frames: [Frame], octetsMax: Int = WebSocketMessages.messageOctetsMax
  ) throws -> (step: WebSocketMessages.Step, message: String) {
    var messages = WebSocketMessages(messageOctetsMax: octetsMax)
    var step = WebSocketMessages.Step.none
    for frame in frames {
      step = try messages.take(
        opcode: frame.opcode, isFinal: frame.isFinal, hasReservedBits: frame.hasReservedBits,
        isMasked: frame.isMasked, payload: frame.text.span)
    }
    return (step, String(decoding: messages.message, as: UTF8.self))
  }

  @Test(arguments: [UInt8(1), 2])
  func messagesAreTextOrBinaryAndEndedByALineFeed(_ opcode: UInt8) throws {
    let (step, message) = try read([Frame(opcode: opcode, text: Array("{}".utf8))])
    #expect(step == .message && message == "{}\n")
  }

  @Test func fragmentsAreJoinedAndMayHaveControlFramesBetween() throws {
    let (step, message) = try read([
      Frame(opcode: 1, text: Array("one".utf8)),
      Frame(opcode: 1, text: Array("{\"a".utf8), isFinal: false), Frame(opcode: 9, text: [1]),
      Frame(opcode: 0, isFinal: false), Frame(opcode: 10),
      Frame(opcode: 0, text: Array("\"}".utf8)),
    ])
    #expect(step == .message && message == "{\"a\"}\n")
  }

  @Test func controlFramesSayWhatTheyAre() throws {
    #expect(try read([Frame(opcode: 9)]).step == .ping)
    #expect(try read([Frame(opcode: 10)]).step == .pong)
    #expect(try read([Frame(opcode: 8)]).step == .close(code: nil))
    #expect(try read([Frame(opcode: 8, text: [3, 232, 33])]).step == .close(code: 1_000))
  }

  @Test func refusesWhatServersMayNotDo() {
    let long = [UInt8](repeating: 0, count: 126)
    let cases: [([Frame], WebSocketMessages.Fault)] = [
      ([Frame(opcode: 1, hasReservedBits: true)], .reservedBits),
      ([Frame(opcode: 1, isMasked: true)], .masked),
      ([Frame(opcode: 3)], .unknownOpcode), ([Frame(opcode: 15)], .unknownOpcode),
      ([Frame(opcode: 9, text: long)], .badControlFrame),
      ([Frame(opcode: 9, isFinal: false)], .badControlFrame),
      ([Frame(opcode: 0)], .unexpectedContinuation),
      ([Frame(opcode: 1), Frame(opcode: 0)], .unexpectedContinuation),
      ([Frame(opcode: 1, isFinal: false), Frame(opcode: 2)], .interruptedMessage),
      ([Frame(opcode: 8, text: [3])], .badClose), ([Frame(opcode: 8, text: [3, 237])], .badClose),
      ([Frame(opcode: 8, text: [0, 1])], .badClose),
      ([Frame(opcode: 1, text: long)], .messageTooLong),
      (
        [Frame(opcode: 1, text: [1], isFinal: false), Frame(opcode: 0, text: Array(long[1...]))],
        .messageTooLong
      ),
      (
        [Frame(opcode: 1, isFinal: false)]
          + [Frame](repeating: Frame(opcode: 0, isFinal: false), count: 4_096), .messageTooLong
      ),
    ]
    for (frames, fault) in cases {
      #expect(throws: fault) { try read(frames, octetsMax: 125) }
    }
    #expect(WebSocketMessages.Fault.messageTooLong.closeCode == 1_009)
    #expect(WebSocketMessages.Fault.masked.closeCode == 1_002)
  }
}
