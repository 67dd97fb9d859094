import NIOCore
import Testing
import TidemarkCompression
import TidemarkHTTP
import TidemarkModel
import TidemarkStore

/// Bodies of observations that are packed, and aggregates of FEVER.
@Suite(.timeLimit(.minutes(10)))
struct EncodedBodyTests {
  private static let rows =
    cof("www.example.com", "A", "192.0.2.1") + cof("example.com", "NS", "ns1.example.net")

  private func zstd(_ octets: [UInt8]) throws -> [UInt8] {
    var out: [UInt8] = []
    try ZstdCompressor().append(octets.span, to: &out)
    return out
  }

  private func send(
    _ server: TestServer, _ target: String, _ body: [UInt8], _ headers: [String]
  ) async throws -> Reply {
    let head =
      ["POST \(target) HTTP/1.1", "Host: x", "Connection: close", "Content-Length: \(body.count)"]
      + headers
    return try Reply(
      try await server.exchange(Array((head.joined(separator: "\r\n") + "\r\n\r\n").utf8) + body))
  }

  private func post(
    _ server: TestServer, _ body: [UInt8], encoding: String, id: String = "b-1"
  ) async throws -> Reply {
    try await send(
      server, "/api/v1/observations", body,
      ["X-Batch-ID: \(id)", "Content-Encoding: \(encoding)"])
  }

  @Test func zstdIsUnpackedAndStoredOnce() async throws {
    let packed = try zstd(Array(EncodedBodyTests.rows.utf8))
    try await TestServer.serving(MemoryStore()) { server in
      let first = try await post(server, packed, encoding: "zstd")
      #expect(first.status == 200 && first.last("stored") == "2")
      let again = try await post(server, packed, encoding: "zstd")
      #expect(again.last("duplicate") == "true")
      let rows = try await server.get("/pdns/query/www.example.com")
      #expect(rows.body.contains("\"count\":3,"))
    }
  }

  @Test func gzipIsUnpacked() async throws {
    try await TestServer.serving(MemoryStore()) { server in
      let reply = try await post(server, GzipSample.cof, encoding: "gzip")
      #expect(reply.status == 200 && reply.last("stored") == "1")
      let rows = try await server.get("/pdns/query/www.example.com")
      #expect(rows.body.contains("192.0.2.1"))
    }
  }

  @Test func aBombIsRefusedAndStoresNothing() async throws {
    var body = Array(EncodedBodyTests.rows.utf8)
    body += [UInt8](repeating: 0x0A, count: ServerLimits.bodyOctetsMax)
    let packed = try zstd(body)
    #expect(packed.count < 1 << 20)
    let store = MemoryStore()
    try await TestServer.serving(store) { server in
      let reply = try await post(server, packed, encoding: "zstd")
      #expect(reply.status == 413)
      let rows = try await server.get("/pdns/query/www.example.com")
      #expect(rows.octets.isEmpty)
    }
    #expect(try store.state(try #require(BatchID("b-1")).stateKey) == nil)
  }

  @Test func aPackedBodyThatIsCutOrDamagedStoresNothing() async throws {
    let packed = try zstd(Array(EncodedBodyTests.rows.utf8))
    let cutInside = try zstd(Array(EncodedBodyTests.rows.utf8.dropLast(30)))
    try await TestServer.serving(MemoryStore()) { server in
      for body in [Array(packed.dropLast()), [], Array(EncodedBodyTests.rows.utf8), cutInside] {
        let reply = try await post(server, body, encoding: "zstd")
        #expect(reply.status == 400)
      }
      let rows = try await server.get("/pdns/query/www.example.com")
      #expect(rows.octets.isEmpty)
      let whole = try await post(server, packed, encoding: "zstd")
      #expect(whole.last("duplicate") == "false")
    }
  }

  @Test func datasetsOfRowsAreNotFollowed() async throws {
    let store = MemoryStore()
    let row = "{\"dataset\":\"secret\"," + cof("www.example.com", "A", "192.0.2.1").dropFirst()
    try await TestServer.serving(store) { server in
      let reply = try await send(
        server, "/api/v1/observations?dataset=feed", Array(row.utf8), ["X-Batch-ID: b"])
      #expect(reply.last("stored") == "1")
    }
    #expect(try Registry(store: store).datasets.map(\.name) == ["main", "feed"])
  }

  // MARK: /submit

  private static func aggregate(_ name: String, sensor: String = "f1") -> String {
    """
    {"timestamp_start":"2024-05-01T00:00:00+00:00","timestamp_end":"2024-05-01T00:01:00+00:00",\
    "sensor_id":"\(sensor)","dns":{"\(name)":{"rdata":[{"answering_host":"198.51.100.7",\
    "rrtype":"A","rdata":"192.0.2.1","rcode":"NOERROR","type":"answer","count":2}]}}}

    """
  }

  @Test func submitTakesAggregatesUnderTheSensorOfTheHeader() async throws {
    let store = MemoryStore()
    try await TestServer.serving(store) { server in
      let body =
        EncodedBodyTests.aggregate("a.example.com")
        + EncodedBodyTests.aggregate("b.example.com")
      let reply = try await send(server, "/submit", Array(body.utf8), ["X-Sensor-ID: s9"])
      #expect(reply.status == 200)
      #expect(reply.last("stored") == "2" && reply.last("offered") == "2")
      let rows = try await server.get("/pdns/query/a.example.com")
      #expect(rows.body.contains("\"count\":2,\"time_first\":1714521600") || rows.lines.count == 1)
      #expect(!rows.body.contains("198.51.100.7"))
    }
    #expect(try Registry(store: store).sensors.map(\.name) == ["s9"])
  }

  @Test func submitWithoutHeaderTakesTheSensorOfTheAggregate() async throws {
    let store = MemoryStore()
    try await TestServer.serving(store) { server in
      let body = Array(EncodedBodyTests.aggregate("a.example.com", sensor: "f2").utf8)
      let reply = try await send(
        server, "/submit", try zstd(body), ["Content-Encoding: zstd"])
      #expect(reply.last("stored") == "1")
      let again = try await send(server, "/submit", body, [])
      #expect(again.last("merged") == "1")
    }
    #expect(try Registry(store: store).sensors.map(\.name) == ["f2"])
  }

  @Test func submitAnswers200WhateverComesAndCountsIt() async throws {
    try await TestServer.serving(MemoryStore()) { server in
      let good = EncodedBodyTests.aggregate("a.example.com")
      let cut = try await send(
        server, "/submit", Array((good + good.dropLast(40)).utf8), [])
      #expect(cut.status == 200 && cut.last("stored") == "1")
      #expect(cut.body.contains("\"malformed\":{\"truncated\":1}"))
      for body in ["nonsense\n", ""] {
        let reply = try await send(server, "/submit", Array(body.utf8), [])
        #expect(reply.status == 200 && reply.last("stored") == "0")
      }
      let damaged = try await send(
        server, "/submit", Array(good.utf8), ["Content-Encoding: gzip"])
      #expect(damaged.status == 200)
      #expect(damaged.body.contains("\"malformed\":{\"damaged-encoding\":1}"))
    }
  }

  @Test func submitRefusesWhatIsNoBody() async throws {
    try await TestServer.serving(MemoryStore()) { server in
      let get = try await server.get("/submit")
      #expect(get.status == 405 && get.headers["allow"] == "POST")
      let unknown = try await send(server, "/submit?colour=red", [], [])
      #expect(unknown.status == 400)
      let encoding = try await send(server, "/submit", [1], ["Content-Encoding: br"])
      #expect(encoding.status == 415 && encoding.headers["accept-encoding"] == "gzip, zstd")
    }
  }
}

/// One COF row of www.example.com, packed by `gzip -n`.
enum GzipSample {
  static let cof: [UInt8] = [
    0x1F, 0x8B, 0x08, 0x00, 0x00, 0x00, 0x00, 0x00, 0x02, 0x03, 0xAB, 0x56, 0x2A, 0x2A,
    0xCA, 0x4B, 0xCC, 0x4D, 0x55, 0xB2, 0x52, 0x2A, 0x2F, 0x2F, 0xD7, 0x4B, 0xAD, 0x48,
    0xCC, 0x2D, 0xC8, 0x49, 0xD5, 0x4B, 0xCE, 0xCF, 0x55, 0xD2, 0x01, 0x4A, 0x95, 0x54,
    0x16, 0x80, 0xA4, 0x1C, 0x41, 0x9C, 0x94, 0xC4, 0x92, 0x44, 0x20, 0xDB, 0xD0, 0xD2,
    0x48, 0xCF, 0x40, 0xCF, 0x48, 0xCF, 0x10, 0x28, 0x56, 0x92, 0x99, 0x9B, 0x1A, 0x9F,
    0x96, 0x59, 0x54, 0x5C, 0xA2, 0x64, 0x65, 0x68, 0x6E, 0x00, 0x05, 0x50, 0xF1, 0x9C,
    0x44, 0x24, 0x61, 0x43, 0x90, 0x70, 0x72, 0x7E, 0x69, 0x1E, 0x50, 0xC8, 0xB8, 0x96,
    0x0B, 0x00, 0x24, 0xD5, 0xF3, 0x1C, 0x77, 0x00, 0x00, 0x00,
  ]
}
