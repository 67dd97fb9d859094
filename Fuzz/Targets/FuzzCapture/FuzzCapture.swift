import CaptureFormats
import DNSWire

/// A capture file: read whole and in two pieces with the same packets, every frame taken apart, and
/// every DNS payload decoded.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzCapture(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  let input = unsafe Array(UnsafeBufferPointer(start: start, count: count))
  let whole = read(input, cut: count)
  let cut = count == 0 ? 0 : Int(input[count - 1]) * count / 256
  precondition(whole == read(input, cut: cut), "the result depends on where windows end")
  return 0
}

/// What a run saw, for comparison.
private struct Summary: Equatable {
  var packetOffsets: [UInt64] = []
  var outcomes: [FrameOutcome] = []
  var payloads: [Int] = []
  var end = ""
}

private struct PayloadReader: ~Copyable, DNSPayloadHandler {
  var parser = MessageParser()
  var lengths: [Int] = []

  mutating func dnsPayload(_ bytes: RawSpan, flow: Flow, time: Int64) {
    precondition(!bytes.isEmpty && bytes.byteCount <= DNSLimits.messageOctetsMax)
    lengths.append(bytes.byteCount)
    do { try parser.parse(Span<UInt8>(_bytes: bytes)) } catch {}
  }
}

/// Reads `file` with a first window of `cut` octets, which grows to the whole file when asked for.
private func read(_ file: [UInt8], cut: Int) -> Summary {
  var parser = CaptureFileParser()
  var dissector = FrameDissector()
  var reader = PayloadReader()
  var summary = Summary()
  var offset = 0
  var end = cut
  do throws(CaptureFileError) {
    while summary.end.isEmpty {
      let window = unsafe file.span.bytes.extracting(0..<end)
      switch try parser.next(window, at: &offset, isFinal: end == file.count) {
      case .packet(let packet):
        let frame = window.extracting(packet.bytes)
        summary.packetOffsets.append(packet.fileOffset)
        summary.outcomes.append(dissector.dissect(frame, of: packet, handler: &reader))
      case .needMoreBytes:
        precondition(end < file.count, "asks for more after the last window")
        end = file.count
      case .truncated(let place):
        summary.end = "truncated \(place)"
      case .end:
        summary.end = "end"
      }
    }
  } catch {
    summary.end = "\(error)"
  }
  dissector.finish(handler: &reader)
  summary.payloads = reader.lengths
  return summary
}
