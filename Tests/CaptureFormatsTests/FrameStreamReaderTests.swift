import CaptureFormats
import Testing

/// Streams as writers send them and as they are damaged, cut at every octet.
@Suite struct FrameStreamReaderTests {
  private typealias Build = FrameStreamBuilder
  private let one = Build.frame([1, 2, 3])
  private let two = Build.frame([0, 0, 0, 0, 0, 0, 0, 4, 0, 0, 0, 3])

  /// Reads a stream in every way it can be cut in two, and octet by octet; all must agree.
  private func read(_ stream: [UInt8]) -> FrameStreamReading {
    let whole = FrameStreamReading(stream)
    for cut in 0...stream.count {
      #expect(FrameStreamReading(stream, cuts: [cut]) == whole, "cut at \(cut)")
    }
    #expect(FrameStreamReading(octetByOctet: stream) == whole)
    return whole
  }

  @Test func readsAFile() {
    let reading = read(Build.start + one + two + Build.stop)
    #expect(reading.frames.map(\.count) == [3, 12])
    #expect(reading.replies == [])
    #expect(reading.error == nil && reading.truncatedAt == nil && !reading.isBidirectional)
  }

  @Test func answersAWriterThatAsks() {
    let reading = read(Build.ready + Build.start + one + Build.stop)
    #expect(reading.frames == [[1, 2, 3]])
    #expect(reading.replies == Build.accept + Build.finish)
    #expect(reading.isBidirectional)
  }

  @Test func acceptsTheOctetsThatWritersSend() {
    let ready: [UInt8] = [0, 0, 0, 0, 0, 0, 0, 0x22, 0, 0, 0, 4, 0, 0, 0, 1, 0, 0, 0, 0x16]
    #expect(Build.ready == ready + Build.dnstap)
  }

  @Test func answersReadyBeforeAnythingElseComes() throws {
    var reader = FrameStreamReader()
    var offset = 0
    let ready = Build.ready
    let step = try reader.next(unsafe ready.span.bytes, at: &offset, isFinal: false)
    #expect(step == .needMoreBytes(atLeast: 4))
    #expect(reader.takeReplies() == Build.accept)
    #expect(reader.takeReplies() == [], "each reply is given once")
  }

  @Test func takesWritersThatNameNoContentType() {
    #expect(read(Build.control(4) + Build.control(2) + one).frames == [[1, 2, 3]])
    #expect(read(Build.control(2) + one).frames == [[1, 2, 3]])
  }

  @Test func findsOursAmongSeveralContentTypes() {
    let ready = Build.control(4, [Array("protobuf:other".utf8), Build.dnstap])
    #expect(read(ready + Build.start + one).frames == [[1, 2, 3]])
  }

  @Test(arguments: [UInt32(2), 4])
  func refusesOtherContentTypes(control: UInt32) {
    let reading = read(Build.control(control, [Array("protobuf:dnstap.Dnstaq".utf8)]) + one)
    #expect(reading.error == FrameStreamError(.wrongContentType, offset: 0))
    #expect(reading.replies == [] && reading.frames == [])
  }

  @Test func passesOverUnknownControlFrames() {
    let unknown = Build.control(77, [[9, 9]])
    let reading = read(
      unknown + Build.ready + unknown + Build.start + one + unknown + two + Build.stop)
    #expect(reading.frames.count == 2)
    #expect(reading.error == nil)
  }

  @Test func passesOverUnknownFields() {
    let field = Build.word(2) + Build.word(3) + [7, 7, 7]
    let body = Build.word(2) + field + Build.word(1) + Build.word(22) + Build.dnstap
    #expect(read(Build.word(0) + Build.word(UInt32(body.count)) + body + one).frames.count == 1)
  }

  @Test func aMissingStopIsANormalEnd() {
    let reading = read(Build.start + one)
    #expect(reading.frames == [[1, 2, 3]])
    #expect(reading.truncatedAt == nil && reading.error == nil)
    #expect(read([]).error == nil)
    #expect(read(Build.ready).truncatedAt == nil)
  }

  @Test func tellsWhereAnUnfinishedFrameStarts() {
    let good = Build.start + one
    for length in 1..<one.count {
      let reading = FrameStreamReading(good + one.prefix(length))
      #expect(reading.frames == [[1, 2, 3]])
      #expect(reading.truncatedAt == UInt64(good.count))
    }
    for length in 1..<Build.start.count {
      #expect(read(Array(Build.start.prefix(length))).truncatedAt == 0)
    }
  }

  @Test func readsFilesThatWereJoined() {
    let file = Build.start + one + Build.stop
    #expect(read(file + file).frames.count == 2)
    #expect(read(Build.start + one + file).frames.count == 2, "the first lost its STOP")
    #expect(
      read(file + one).error == FrameStreamError(.unexpectedData, offset: UInt64(file.count)))
  }

  @Test func endsWithStopWhenTheWriterAsks() {
    let stream = Build.ready + Build.start + Build.stop
    let reading = read(stream + one)
    #expect(reading.used == stream.count)
    #expect(reading.error == nil && reading.frames == [])
    #expect(read(Build.ready + Build.stop).replies == Build.accept + Build.finish)
  }

  @Test(arguments: [UInt32(FrameStream.frameOctetsMax), UInt32(FrameStream.frameOctetsMax) + 1])
  func passesOverFramesBeyondTheLimit(length: UInt32) {
    let long = Build.word(length) + [UInt8](repeating: 0, count: Int(length))
    let stream = Build.start + long + one
    let whole = FrameStreamReading(stream)
    let isRead = length == UInt32(FrameStream.frameOctetsMax)
    #expect(whole.frames.count == (isRead ? 2 : 1))
    #expect(whole.oversized == (isRead ? [] : [length]))
    #expect(whole.frames.last == [1, 2, 3])
    for cut in [40, 45, 46, 50, 1000, stream.count - 8, stream.count - 1] {
      #expect(FrameStreamReading(stream, cuts: [cut]) == whole)
    }
  }

  @Test func holdsNothingOfALongFrame() throws {
    var reader = FrameStreamReader()
    var offset = 0
    let head = Build.start + Build.word(.max) + [1, 2, 3, 4]
    let window = unsafe head.span.bytes
    #expect(try reader.next(window, at: &offset, isFinal: false) == .oversized(octets: .max))
    #expect(try reader.next(window, at: &offset, isFinal: false) == .needMoreBytes(atLeast: 1))
    #expect(offset == head.count)
    #expect(try reader.next(window, at: &offset, isFinal: true) == .end)
  }

  @Test func refusesWhatIsNotAFrameStream() {
    #expect(read(one).error?.reason == .notAFrameStream)
    #expect(read(Build.word(0) + Build.word(3) + [0, 0, 2]).error?.reason == .badControlLength)
    #expect(read(Build.word(0) + Build.word(513)).error?.reason == .badControlLength)
  }

  @Test func takesControlFramesOfTheLargestSize() {
    let filler = Build.control(2, [Build.dnstap, [UInt8](repeating: 1, count: 256)])
    #expect(read(filler + one).frames.count == 1)
    let long = Build.control(2, [[UInt8](repeating: 1, count: 257)])
    #expect(read(long).error?.reason == .badControlField)
  }

  @Test func refusesFieldsThatRunOutOfTheirFrame() {
    let lengths: [UInt32] = [23, 256, 257, .max]
    for length in lengths {
      let body = Build.word(2) + Build.word(1) + Build.word(length) + Build.dnstap
      let stream = Build.word(0) + Build.word(UInt32(body.count)) + body
      #expect(read(stream).error?.reason == .badControlField)
    }
    let short = Build.word(2) + Build.word(1)
    #expect(
      read(Build.word(0) + Build.word(UInt32(short.count)) + short).error?.reason
        == .badControlField)
  }

  @Test(arguments: [1, 5, 3] as [UInt32])
  func refusesControlFramesOutOfPlace(type: UInt32) {
    #expect(read(Build.control(type)).error?.reason == .unexpectedControl)
    guard type != 3 else { return }
    let offset = UInt64(Build.start.count)
    let reading = read(Build.start + Build.control(type))
    #expect(reading.error == FrameStreamError(.unexpectedControl, offset: offset))
  }

  @Test func refusesDataAndSecondReadyInTheHandshake() {
    #expect(read(Build.ready + one).error?.reason == .unexpectedData)
    #expect(read(Build.ready + Build.ready).error?.reason == .unexpectedControl)
    #expect(
      read(Build.ready + Build.start + Build.start).error?.reason == .unexpectedControl)
  }

  @Test func staysAtItsEndAfterAnError() throws {
    var reader = FrameStreamReader()
    var offset = 0
    let octets = one
    #expect(throws: FrameStreamError.self) {
      try reader.next(unsafe octets.span.bytes, at: &offset, isFinal: true)
    }
    #expect(try reader.next(unsafe octets.span.bytes, at: &offset, isFinal: true) == .end)
  }

  @Test func recognisesStreamsByTheirStart() {
    func recognises(_ octets: [UInt8]) -> Bool {
      unsafe FrameStreamReader.recognises(octets.span.bytes)
    }
    #expect(recognises(Build.start) && recognises(Build.ready))
    #expect(!recognises(Build.stop) && !recognises(Build.accept) && !recognises(Build.control(77)))
    #expect(!recognises(one + one + one) && !recognises(Array(Build.start.prefix(11))))
  }

  // MARK: Answering ahead

  /// A reader that has taken READY and START, and the octets it has not taken.
  private func started() throws -> FrameStreamReader {
    var reader = FrameStreamReader()
    var offset = 0
    let handshake = Build.ready + Build.start
    _ = try reader.next(unsafe handshake.span.bytes, at: &offset, isFinal: false)
    _ = reader.takeReplies()
    return reader
  }

  @Test func answersAStopBehindFramesThatWait() throws {
    var reader = try started()
    let rest = one + two + Build.control(77) + Build.stop
    for length in 0..<rest.count {
      let part = Array(rest.prefix(length))
      reader.answerAhead(unsafe part.span.bytes, from: 0)
      #expect(reader.takeReplies() == [], "STOP is not complete after \(length) octets")
    }
    reader.answerAhead(unsafe rest.span.bytes, from: 0)
    #expect(reader.takeReplies() == Build.finish)
    var offset = 0
    var frames = 0
    while case .frame = try reader.next(unsafe rest.span.bytes, at: &offset, isFinal: false) {
      frames += 1
    }
    #expect(frames == 2)
    #expect(offset == rest.count)
    #expect(reader.takeReplies() == [], "FINISH is sent once")
  }

  @Test func answersNothingAheadForFilesAndInHandshakes() throws {
    var file = FrameStreamReader()
    let stream = Build.start + one + Build.stop
    var offset = 0
    _ = try file.next(unsafe stream.span.bytes, at: &offset, isFinal: false)
    file.answerAhead(unsafe stream.span.bytes, from: offset)
    #expect(file.takeReplies() == [])
    var fresh = FrameStreamReader()
    let stop = Build.stop
    fresh.answerAhead(unsafe stop.span.bytes, from: 0)
    #expect(fresh.takeReplies() == [])
  }
}
