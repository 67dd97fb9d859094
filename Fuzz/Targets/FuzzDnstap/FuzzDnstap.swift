import CaptureFormats
import DNSWire

/// A Frame Stream: read whole, in two pieces and octet by octet with the same frames and replies;
/// every frame decoded, and every DNS message in one.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzDnstap(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  let input = unsafe Array(UnsafeBufferPointer(start: start, count: count))
  let whole = read(input, step: max(count, 1))
  let cut = count == 0 ? 1 : Int(input[count - 1]) * count / 256 + 1
  precondition(whole == read(input, step: cut), "the result depends on where windows end")
  if count < 512 {
    precondition(whole == read(input, step: 1), "the result depends on where windows end")
  }
  // A frame by itself, for what the stream around it would hide.
  _ = decode(unsafe input.span.bytes)
  return 0
}

/// What a run saw, for comparison.
private struct Summary: Equatable {
  var frames: [Range<Int>] = []
  var payloads: [DnstapMessage?] = []
  var messages: [MessageError?] = []
  var replies: [UInt8] = []
  var oversized = 0
  var end = ""
}

private func decode(_ frame: RawSpan) -> (DnstapMessage?, MessageError?) {
  guard let payload = try? DnstapMessage(frame) else { return (nil, nil) }
  let ranges = [payload.serverAddress, payload.queryZone, payload.response, payload.identity]
  for range in ranges.compactMap({ $0 }) {
    precondition(range.lowerBound >= 0 && range.upperBound <= frame.byteCount)
  }
  guard let response = payload.response else { return (payload, nil) }
  var parser = MessageParser()
  do throws(MessageError) {
    try parser.parse(Span<UInt8>(_bytes: frame.extracting(response)))
  } catch {
    return (payload, error)
  }
  return (payload, nil)
}

/// Reads `stream` with a window that grows by `step` octets when asked for more.
private func read(_ stream: [UInt8], step: Int) -> Summary {
  var reader = FrameStreamReader()
  var summary = Summary()
  var offset = 0
  var end = min(step, stream.count)
  do throws(FrameStreamError) {
    while summary.end.isEmpty {
      let window = unsafe stream.span.bytes.extracting(0..<end)
      let next = try reader.next(window, at: &offset, isFinal: end == stream.count)
      switch next {
      case .frame(let range):
        precondition(range.upperBound == offset && range.count <= FrameStream.frameOctetsMax)
        let (payload, error) = decode(window.extracting(range))
        summary.frames.append(range)
        summary.payloads.append(payload)
        summary.messages.append(error)
      case .oversized: summary.oversized += 1
      case .needMoreBytes:
        precondition(end < stream.count, "asks for more after the last window")
        reader.answerAhead(window, from: offset)
        end = min(end + step, stream.count)
      case .truncated(let place): summary.end = "truncated \(place)"
      case .end: summary.end = "end"
      }
    }
  } catch {
    summary.end = "\(error)"
  }
  summary.replies = reader.takeReplies()
  return summary
}
