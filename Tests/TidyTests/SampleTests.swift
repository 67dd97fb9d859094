import Foundation
import Testing

/// The committed sample is what its generator writes, octet for octet.
struct SampleTests {
  private static let python = ["/usr/bin/python3", "/usr/local/bin/python3"].first {
    FileManager.default.isExecutableFile(atPath: $0)
  }

  @Test func generatorReproducesTheSample() throws {
    let python = try #require(SampleTests.python, "python3 is installed by `make test`")
    let process = Process()
    process.executableURL = URL(filePath: python)
    process.arguments = ["-B", "Examples/make_sample.py", "--check"]
    process.currentDirectoryURL = Repository.root
    try process.run()
    process.waitUntilExit()
    #expect(process.terminationStatus == 0)
  }

  @Test func sampleStaysSmall() throws {
    for name in ["sample.pcap", "partner-feed.ndjson"] {
      let path = Repository.root.appending(path: "Examples/" + name).path()
      let size = try FileManager.default.attributesOfItem(atPath: path)[.size] as? Int
      #expect(try #require(size) < 200_000)
    }
  }
}
