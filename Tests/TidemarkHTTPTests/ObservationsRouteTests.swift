import NIOCore
import TidemarkHTTP
import TidemarkModel
import TidemarkStore
import Testing

@Suite(.timeLimit(.minutes(10)))
struct ObservationsRouteTests {
  private static let body =
    cof("www.example.com", "A", "192.0.2.1", count: 2)
    + cof("www.example.com", "A", "192.0.2.1", count: 3)
    + cof("example.com", "NS", "ns1.example.net") + "{\"rrname\":\"x\"}\nnonsense\n"

  @Test func accountsForEveryRow() async throws {
    try await TestServer.serving(MemoryStore()) { server in
      let reply = try await server.post(ObservationsRouteTests.body, id: "b-1")
      #expect(reply.status == 200)
      #expect(
        reply.body == """
          {"duplicate":false,"read":5,"offered":5,"observations":3,"stored":2,"merged":1,\
          "filtered":{},"malformed":{"missing-field":1,"malformed-json":1},"dropped":{}}

          """)
      let rows = try await server.get("/pdns/query/www.example.com")
      #expect(rows.body.contains("\"count\":5,"))
    }
  }

  @Test func aRepeatedBatchStoresNothing() async throws {
    try await TestServer.serving(MemoryStore()) { server in
      _ = try await server.post(ObservationsRouteTests.body, id: "b-1")
      let again = try await server.post(ObservationsRouteTests.body, id: "b-1")
      #expect(again.status == 200)
      #expect(again.last("duplicate") == "true")
      #expect(again.last("observations") == "3")
      #expect(again.last("stored") == "0" && again.last("merged") == "0")
      let other = try await server.post(ObservationsRouteTests.body, id: "b-2")
      #expect(other.last("duplicate") == "false" && other.last("merged") == "3")
      let rows = try await server.get("/pdns/query/www.example.com")
      #expect(rows.body.contains("\"count\":10,"))
    }
  }

  @Test func simultaneousPostsOfOneBatchStoreItOnce() async throws {
    try await TestServer.serving(MemoryStore()) { server in
      for round in 0..<10 {
        let name = "r\(round).example.com"
        let replies = try await withThrowingTaskGroup(of: Reply.self) { group in
          for _ in 0..<4 {
            group.addTask { try await server.post(cof(name, "A", "192.0.2.1"), id: "c\(round)") }
          }
          return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(replies.filter { $0.last("duplicate") == "false" }.count == 1)
        let rows = try await server.get("/pdns/query/\(name)")
        #expect(rows.body.contains("\"count\":3,"))
      }
    }
  }

  @Test func theIdIsWrittenWithTheRecords() async throws {
    let store = MemoryStore()
    try await TestServer.serving(store) { server in
      _ = try await server.post(ObservationsRouteTests.body, id: "b-1")
    }
    let id = try #require(BatchID("b-1"))
    #expect(id.stateKey == Array("bb-1".utf8))
    #expect(
      try store.state(id.stateKey)
        == [0, 0, 0, 0, 0, 0, 0, 3] + StoreFormat.encode(TestServer.now))
  }

  @Test func aFailedWriteLeavesNeitherRecordsNorId() async throws {
    let store = FailingStore(MemoryStore(), scans: 10)
    try await TestServer.serving(store) { server in
      let reply = try await server.post(ObservationsRouteTests.body, id: "b-1")
      #expect(reply.status == 503)
      #expect(reply.headers["content-type"] == "application/json")
    }
    #expect(try store.base.state(try #require(BatchID("b-1")).stateKey) == nil)
  }

  @Test func aBodyCutInsideAnObjectStoresNothing() async throws {
    try await TestServer.serving(MemoryStore()) { server in
      let cut = String(ObservationsRouteTests.body.prefix(150))
      let reply = try await server.post(cut, id: "b-1")
      #expect(reply.status == 400)
      let rows = try await server.get("/pdns/query/www.example.com")
      #expect(rows.octets.isEmpty)
      let whole = try await server.post(ObservationsRouteTests.body, id: "b-1")
      #expect(whole.last("duplicate") == "false")
    }
  }

  @Test func aConnectionLostInTheBodyStoresNothing() async throws {
    let store = MemoryStore()
    try await TestServer.serving(store) { server in
      let head = "POST /api/v1/observations HTTP/1.1\r\nHost: x\r\nX-Batch-ID: b\r\n"
      let body = cof("www.example.com", "A", "192.0.2.1")
      try await server.connect { _, writer in
        try await writer.write(
          ByteBuffer(string: head + "Content-Length: \(body.utf8.count * 2)\r\n\r\n" + body))
        writer.finish()
      }
      let reply1 = try await server.get("/pdns/query/www.example.com")
      #expect(reply1.octets.isEmpty)
    }
    #expect(try store.state(try #require(BatchID("b")).stateKey) == nil)
  }

  @Test func chunksMayEndAnywhere() async throws {
    try await TestServer.serving(MemoryStore()) { server in
      let rows = (0..<40).map { cof("n\($0).example.com", "A", "192.0.2.1") }.joined()
      var request =
        "POST /api/v1/observations HTTP/1.1\r\nHost: x\r\nConnection: close\r\nX-Batch-ID: b\r\n"
        + "Transfer-Encoding: chunked\r\n\r\n"
      var rest = rows[...]
      var size = 1
      while !rest.isEmpty {
        let piece = rest.prefix(size)
        request += String(piece.utf8.count, radix: 16) + "\r\n" + piece + "\r\n"
        rest = rest.dropFirst(size)
        size = size % 37 + 1
      }
      let reply = try Reply(try await server.exchange(Array((request + "0\r\n\r\n").utf8)))
      #expect(reply.last("stored") == "40")
    }
  }

  @Test func sensorsAndVantagesComeFromRowsAndParameters() async throws {
    let store = MemoryStore()
    try await TestServer.serving(store) { server in
      let body =
        cof("www.example.com", "A", "192.0.2.1")
        + "{\"sensor_id\":\"s2\"," + cof("www.example.com", "A", "192.0.2.1").dropFirst()
      let reply = try await server.post(body, id: "b", query: "?vantage=client&sensor=s1")
      #expect(reply.last("merged") == "1")
      let rows = try await server.get("/api/v1/records?owner=www.example.com")
      #expect(rows.body.contains("\"vantage\":\"client\",\"sensors\":2,"))
    }
    let registry = try Registry(store: store)
    #expect(registry.sensors.map(\.name) == ["s1", "s2"])
  }

  @Test(
    "refuses",
    arguments: [
      (String?.none, "", [], 400), ("", "", [], 400), ("a b", "", [], 400),
      (String(repeating: "x", count: 129), "", [], 400), ("b", "?vantage=moon", [], 400),
      ("b", "?colour=red", [], 400), ("b", "?dataset=", [], 422),
      ("b", "", ["Content-Encoding: br"], 415),
    ])
  func refuses(_ id: String?, _ query: String, _ headers: [String], _ status: Int) async throws {
    try await TestServer.serving(MemoryStore()) { server in
      let reply = try await server.post(
        ObservationsRouteTests.body, id: id, query: query, headers: headers)
      #expect(reply.status == status)
      #expect(reply.body.hasPrefix("{\"error\":\"") && reply.lines.count == 1)
      let reply2 = try await server.get("/pdns/query/www.example.com")
      #expect(reply2.octets.isEmpty)
    }
  }

  @Test func longestIdIsTaken() async throws {
    try await TestServer.serving(MemoryStore()) { server in
      let reply = try await server.post(
        ObservationsRouteTests.body, id: String(repeating: "x", count: 128))
      #expect(reply.status == 200)
    }
  }

  @Test func announcedBodiesThatAreTooLongAreNotRead() async throws {
    try await TestServer.serving(MemoryStore()) { server in
      let head =
        "POST /api/v1/observations HTTP/1.1\r\nHost: x\r\nX-Batch-ID: b\r\n"
        + "Content-Length: \(ServerLimits.bodyOctetsMax + 1)\r\n\r\n"
      let start = try await server.connect { reader, writer in
        try await writer.write(ByteBuffer(string: head))
        for try await buffer in reader { return String(buffer: buffer) }
        return ""
      }
      #expect(start.hasPrefix("HTTP/1.1 413 "))
    }
  }

  @Test func getIsRefused() async throws {
    try await TestServer.serving(MemoryStore()) { server in
      let reply = try await server.get("/api/v1/observations")
      #expect(reply.status == 405 && reply.headers["allow"] == "POST")
    }
  }
}
