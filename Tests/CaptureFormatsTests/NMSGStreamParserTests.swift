import CaptureFormats
import Foundation
import Testing
import TidemarkTesting

/// Cutting streams into containers.
struct NMSGStreamParserTests {
  /// Everything a parser says about a stream.
  private struct Reading: Equatable {
    var containers: [[UInt8]] = []
    var flags: [UInt8] = []
    var offsets: [UInt64] = []
    var truncatedAt: UInt64?
    var error: NMSGStreamError?

    /// Reads `stream` through windows that grow by what `piece` says each time.
    init(_ stream: [UInt8], piece: () -> Int) {
      var parser = NMSGStreamParser()
      var window: [UInt8] = []
      var at = 0
      var read = 0
      do throws(NMSGStreamError) {
        while true {
          let step = try unsafe parser.next(
            window.span.bytes, at: &at, isFinal: read == stream.count)
          switch step {
          case .container(let container):
            containers.append(Array(window[container.octets]))
            flags.append(container.flags.rawValue)
            offsets.append(container.fileOffset)
          case .needMoreBytes(let least):
            #expect(least > window.count - at && least <= NMSGLimits.windowOctetsMax)
            window.removeFirst(at)
            at = 0
            let end = min(stream.count, read + max(1, piece()))
            window += stream[read..<end]
            read = end
          case .truncated(let place): truncatedAt = place
          case .end: return
          }
        }
      } catch {
        self.error = error
        let step = try? unsafe parser.next(window.span.bytes, at: &at, isFinal: true)
        #expect(step == .end)
      }
    }

    init(whole stream: [UInt8]) { self.init(stream) { stream.count } }
  }

  private let three =
    NMSGBuilder.container([1, 2, 3]) + NMSGBuilder.container([], flags: 1)
    + NMSGBuilder.container([9], flags: 3)

  @Test func findsEveryContainerAndItsFlags() {
    let reading = Reading(whole: three)
    #expect(reading.containers == [[1, 2, 3], [], [9]])
    #expect(reading.flags == [0, 1, 3])
    #expect(reading.offsets == [0, 13, 23])
    #expect(reading.truncatedAt == nil && reading.error == nil)
  }

  @Test func readsTheSameThroughAnyWindow() {
    let whole = Reading(whole: three)
    for size in 1...three.count { #expect(Reading(three) { size } == whole, "\(size)") }
  }

  @Test func tellsWhereAStreamIsCutAtEveryPlace() {
    let starts: [UInt64] = [0, 13, 23]
    for count in 1..<three.count {
      let reading = Reading(whole: Array(three[..<count]))
      let whole = starts.last { $0 < UInt64(count) }
      let isBetween = starts.contains(UInt64(count))
      #expect(reading.truncatedAt == (isBetween ? nil : whole), "\(count)")
      #expect(
        reading.containers.count == starts.filter { $0 != whole && $0 < count }.count
          + (isBetween ? 1 : 0), "\(count)")
    }
  }

  @Test func endsAtOctetsThatStartNoContainer() {
    let reading = Reading(three + [0x4E, 0x4D, 0x00]) { 1 }
    #expect(reading.containers.count == 3)
    #expect(reading.error?.reason == .badMagic)
    #expect(reading.error?.offset == UInt64(three.count))
  }

  @Test(arguments: [UInt8(0), 1, 3, 255])
  func refusesOtherVersions(_ version: UInt8) {
    let reading = Reading(whole: NMSGBuilder.container([1], version: version))
    #expect(reading.error?.reason == .unsupportedVersion(version))
  }

  @Test func refusesALengthBeyondTheLimitBeforeWaitingForIt() {
    let start = Array("NMSG".utf8) + [0, 2]
    let most = UInt32(NMSGLimits.containerOctetsMax)
    let over = Reading(start + NMSGBuilder.big(most + 1)) { 1 }
    #expect(over.error?.reason == .containerTooLong(octets: most + 1))
    let largest = Reading(whole: NMSGBuilder.container(Array(repeating: 0, count: Int(most))))
    #expect(largest.containers.first?.count == Int(most))
  }

  @Test func recognisesItsMagicNumberAndNothingElse() {
    func isRecognised(_ octets: [UInt8]) -> Bool { NMSGStreamParser.recognises(octets.span) }
    #expect(isRecognised(three))
    #expect(isRecognised(Array(three[..<4])))
    #expect(!isRecognised(Array(three[..<3])))
    let others = ["NMSF\u{0}\u{2}", "NMSG\u{4}\u{2}", "NMSG\u{0}\u{9}", "{\"time\":1}"]
    for text in others { #expect(!isRecognised(Array(text.utf8))) }
  }

  @Test(.enabled(if: !NMSGSamples.files.isEmpty))
  func readsRealFilesWithTheirChecksums() throws {
    var payloads = NMSGPayloads()
    var counts: [String: [Int]] = [:]
    for file in NMSGSamples.files {
      let reading = Reading(whole: try file.octets())
      #expect(reading.error == nil && reading.truncatedAt == nil, "\(file.lastPathComponent)")
      for data in reading.containers {
        let bytes = unsafe data.span.bytes
        try payloads.read(bytes)
        var intact = 0
        for index in 0..<payloads.count {
          let payload = try payloads.payload(index, in: bytes)
          if payloads.isIntact(payload, at: index, in: bytes) { intact += 1 }
        }
        counts[file.lastPathComponent] = [payloads.count, intact]
      }
    }
    #expect(counts["nmsg__generic-tests-dedupe.nmsg"] == [5, 5])
    #expect(counts["nmsg__generic-tests-dnsqr.nmsg"] == [32, 32])
    #expect(counts["nmsg__nmsg-dnsobs-tests-test1-dnsobs.nmsg"] == [6, 6])
    #expect(counts["nmsg__payload-crc32c-tests-test_crc32c_absent.nmsg"] == [1, 1])
    #expect(counts["nmsg__payload-crc32c-tests-test_crc32c_correct.nmsg"] == [1, 1])
    #expect(counts["nmsg__payload-crc32c-tests-test_crc32c_incorrect.nmsg"] == [1, 0])
    #expect(counts.count == 23)
  }
}

/// The samples of libnmsg's own tests.
enum NMSGSamples {
  static let files: [URL] = {
    let folder = SharedData.url("open/nmsg")
    let files = try? FileManager.default.contentsOfDirectory(
      at: folder, includingPropertiesForKeys: nil)
    let samples = (files ?? []).filter { $0.pathExtension == "nmsg" }
    if samples.isEmpty { print("SKIPPED: no NMSG samples in \(folder.path)") }
    return samples.sorted { $0.lastPathComponent < $1.lastPathComponent }
  }()
}
