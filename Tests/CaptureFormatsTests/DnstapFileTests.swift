import CaptureFormats
import Foundation
import Testing
import TidemarkTesting

/// Recorded streams, compared with what an independent reader finds in them.
@Suite(.enabled(if: !SharedData.openStreams.isEmpty))
struct DnstapFileTests {
  private struct Found: Equatable {
    var frames = 0
    var types: [String: Int] = [:]
    var responses = 0
  }

  private func read(_ stream: [UInt8]) throws -> Found {
    let reading = FrameStreamReading(stream, cuts: [stream.count / 3])
    #expect(reading.error == nil && reading.truncatedAt == nil && reading.oversized.isEmpty)
    var found = Found(frames: reading.frames.count)
    for frame in reading.frames {
      let dnstap = try DnstapMessage(unsafe frame.span.bytes)
      #expect(dnstap.isMessage && dnstap.policy == .none)
      found.types["dnstap_type:\(dnstap.type?.rawValue ?? 0)", default: 0] += 1
      found.responses += dnstap.response == nil ? 0 : 1
    }
    return found
  }

  @Test(arguments: SharedData.openStreams)
  func findsTheFramesOfTheReader(file: URL) throws {
    let name = "open/oracle/dnstap/\(file.lastPathComponent).json"
    let data = try Data(contentsOf: SharedData.url(name))
    let object = try JSONSerialization.jsonObject(with: data) as? [String: Any]
    let stats = try #require(object?["stats"] as? [String: Int])
    let found = try read(try file.octets())
    #expect(found.frames == stats["frames"])
    #expect(found.responses == stats["responses_dnstap"])
    #expect(found.types == stats.filter { $0.key.hasPrefix("dnstap_type:") })
  }

  @Test func readsWhatIsCompleteOfAStreamThatWasCut() throws {
    let folder = SharedData.url("fixtures/dnstap")
    let whole = FrameStreamReading(
      try folder.appendingPathComponent("unbound_1.17_client_and_resolver.fstrm").octets())
    let cut = FrameStreamReading(
      try folder.appendingPathComponent("truncated_no_stop.fstrm").octets())
    #expect(cut.error == nil)
    #expect(cut.truncatedAt != nil)
    #expect(cut.frames == Array(whole.frames.prefix(cut.frames.count)))
    #expect(cut.frames.count == whole.frames.count - 1)
  }
}
