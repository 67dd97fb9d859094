import Foundation
import Testing
import TidemarkCollectors
import TidemarkCompression

/// A folder that goes away with the test.
final class ScratchFolder {
  let url: URL

  init() throws {
    url = FileManager.default.temporaryDirectory
      .appendingPathComponent("tidemark-tests-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(at: url) }

  /// Writes a file and returns its path.
  func write(_ octets: [UInt8], _ name: String) throws -> String {
    let file = url.appendingPathComponent(name)
    try Data(octets).write(to: file)
    return file.path
  }

  /// Packs octets with a program of the system.
  func pack(_ octets: [UInt8], with tool: [String]) throws -> [UInt8] {
    let input = url.appendingPathComponent(UUID().uuidString)
    let output = url.appendingPathComponent(UUID().uuidString)
    try Data(octets).write(to: input)
    _ = FileManager.default.createFile(atPath: output.path, contents: nil)
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = tool
    process.standardInput = try FileHandle(forReadingFrom: input)
    process.standardOutput = try FileHandle(forWritingTo: output)
    try process.run()
    process.waitUntilExit()
    try #require(process.terminationStatus == 0, "\(tool)")
    return Array(try Data(contentsOf: output))
  }
}

@Suite struct ByteSourceTests {
  static let tools: [[String]] = [["gzip", "-c"], ["zstd", "-q", "-c"], ["xz", "-c"]]

  /// Text that packs to about a sixth, different everywhere.
  static func sample(lines: Int) -> [UInt8] {
    Array(
      (0..<lines).map {
        "\($0 &* 2_654_435_761 % 99_991) host\($0).example.com 192.0.2.\($0 % 256)\n"
      }
      .joined().utf8)
  }

  /// Everything a source gives, and the error at its end.
  private func read(_ source: ByteSource) -> (octets: [UInt8], error: SourceError?) {
    var all: [UInt8] = []
    var chunk: [UInt8] = []
    do {
      while try source.next(into: &chunk) { all += chunk }
      return (all, nil)
    } catch {
      return (all, error)
    }
  }

  private func open(
    _ path: String, in folder: ScratchFolder,
    readOctetsMax: Int = DecompressionLimits.inputChunkOctets
  ) throws -> ByteSource {
    try ByteSource(path: path, spoolFolder: folder.url.path, readOctetsMax: readOctetsMax)
  }

  @Test(arguments: [[]] + ByteSourceTests.tools)
  func readsWholeSourcesTwice(_ tool: [String]) throws {
    let folder = try ScratchFolder()
    let octets = ByteSourceTests.sample(lines: 60_000)
    let packed = tool.isEmpty ? octets : try folder.pack(octets, with: tool)
    let source = try open(folder.write(packed, "source"), in: folder)
    #expect(source.isCompressed == !tool.isEmpty)
    for _ in 0..<2 {
      let result = read(source)
      #expect(result.octets == octets)
      #expect(result.error == nil)
      #expect(source.packedPosition == source.packedSize)
      #expect(source.position == UInt64(octets.count))
      try source.rewind()
    }
  }

  @Test(arguments: [[]] + ByteSourceTests.tools)
  func readsOneOctetAtATime(_ tool: [String]) throws {
    let folder = try ScratchFolder()
    let octets = ByteSourceTests.sample(lines: 300)
    let packed = tool.isEmpty ? octets : try folder.pack(octets, with: tool)
    let source = try open(folder.write(packed + packed, "source"), in: folder, readOctetsMax: 1)
    let result = read(source)
    #expect(result.octets == octets + octets)
    #expect(result.error == nil)
  }

  @Test(arguments: [[]] + ByteSourceTests.tools)
  func readsEmptySources(_ tool: [String]) throws {
    let folder = try ScratchFolder()
    let packed = tool.isEmpty ? [] : try folder.pack([], with: tool)
    let result = read(try open(folder.write(packed, "source"), in: folder))
    #expect(result.octets.isEmpty)
    #expect(result.error == nil)
  }

  @Test(arguments: ByteSourceTests.tools)
  func givesWhatComesBeforeTheCut(_ tool: [String]) throws {
    let folder = try ScratchFolder()
    let octets = ByteSourceTests.sample(lines: 1_000)
    let packed = try folder.pack(octets, with: tool)
    var longest = 0
    for cut in stride(from: 12, to: packed.count, by: 97) {
      let source = try open(folder.write(Array(packed[..<cut]), "source"), in: folder)
      let result = read(source)
      #expect(octets.starts(with: result.octets), "cut at \(cut)")
      guard case .corrupt(_, let offset, .truncated) = result.error else {
        Issue.record("cut at \(cut): \(String(describing: result.error))")
        continue
      }
      #expect(offset == UInt64(cut))
      longest = max(longest, result.octets.count)
    }
    #expect(longest > 0 || tool[0] != "gzip")
  }

  @Test(arguments: ByteSourceTests.tools)
  func noticesDamage(_ tool: [String]) throws {
    let folder = try ScratchFolder()
    let octets = ByteSourceTests.sample(lines: 1_000)
    var packed = try folder.pack(octets, with: tool)
    packed[packed.count / 2] ^= 0x55
    let source = try open(folder.write(packed, "source"), in: folder)
    let result = read(source)
    guard case .corrupt(let path, _, _) = result.error else {
      Issue.record("\(String(describing: result.error))")
      return
    }
    #expect(path.hasSuffix("source"))
    #expect(read(source).error == result.error)
  }

  @Test func ignoresWhatFollowsGzipMembers() throws {
    let folder = try ScratchFolder()
    let octets = ByteSourceTests.sample(lines: 50)
    let packed = try folder.pack(octets, with: ["gzip", "-c"])
    for garbage in [[0, 0, 0, 0], [0x1F], [0x1F, 0x00], Array("garbage".utf8)] {
      let result = read(try open(folder.write(packed + garbage, "source"), in: folder))
      #expect(result.octets == octets, "\(garbage)")
      #expect(result.error == nil, "\(garbage)")
    }
  }

  @Test func skipsSkippableFrames() throws {
    let folder = try ScratchFolder()
    let octets = ByteSourceTests.sample(lines: 50)
    let packed = try folder.pack(octets, with: ["zstd", "-q", "-c"])
    let skippable: [UInt8] = [0x53, 0x2A, 0x4D, 0x18, 3, 0, 0, 0, 1, 2, 3]
    let result = read(
      try open(folder.write(skippable + packed + skippable + packed, "source"), in: folder))
    #expect(result.octets == octets + octets)
    #expect(result.error == nil)
  }

  @Test func refusesZstdWindowsBeyondTheLimit() throws {
    let folder = try ScratchFolder()
    // A frame header with a window of 2^31 octets (RFC 8878 section 3.1.1.1.2).
    let frame: [UInt8] = [0x28, 0xB5, 0x2F, 0xFD, 0x00, 21 << 3, 0x01, 0x00, 0x00]
    let result = read(try open(folder.write(frame, "source"), in: folder))
    guard case .corrupt(_, _, .needsTooMuchMemory) = result.error else {
      Issue.record("\(String(describing: result.error))")
      return
    }
  }

  @Test func unpacksBombsChunkByChunk() throws {
    let folder = try ScratchFolder()
    let packed = try folder.pack([UInt8](repeating: 0, count: 64 << 20), with: ["xz", "-c"])
    let source = try open(folder.write(packed, "source"), in: folder)
    var chunk: [UInt8] = []
    var total = 0
    while try source.next(into: &chunk) {
      #expect(chunk.count <= ByteSource.chunkOctets)
      total += chunk.count
    }
    #expect(total == 64 << 20)
  }

  @Test func tellsWhyItCannotOpen() throws {
    let folder = try ScratchFolder()
    let missing = folder.url.appendingPathComponent("missing").path
    #expect(throws: SourceError.notFound(path: missing)) { try open(missing, in: folder) }
    let itself = folder.url.path
    #expect(throws: SourceError.isDirectory(path: itself)) { try open(itself, in: folder) }
  }

  @Test func copiesPipesSoThatTheyCanBeReadTwice() throws {
    let folder = try ScratchFolder()
    let octets = ByteSourceTests.sample(lines: 20_000)
    let packed = try folder.pack(octets, with: ["gzip", "-c"])
    let pipe = folder.url.appendingPathComponent("pipe").path
    let made = unsafe mkfifo(pipe, 0o600)
    try #require(made == 0)
    let file = try folder.write(packed, "packed")
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/bin/sh")
    process.arguments = ["-c", "cat \"$1\" > \"$2\"", "sh", file, pipe]
    try process.run()
    let source = try open(pipe, in: folder)
    process.waitUntilExit()
    for _ in 0..<2 {
      #expect(read(source).octets == octets)
      try source.rewind()
    }
    let names = try FileManager.default.contentsOfDirectory(atPath: folder.url.path)
    #expect(!names.contains { $0.hasPrefix("tidemark-spool") })
  }
}
