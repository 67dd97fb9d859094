import TidemarkHTTP
import TidemarkModel
import TidemarkStore
import Testing

/// No reply ever has a shape at which a known client fails, loses rows or aborts: a test for each
/// that was measured, over replies of every kind.
@Suite(.timeLimit(.minutes(10)))
struct CirclShapeTests {
  private static let sample =
    cof("www.example.com", "A", "192.0.2.1", count: .max)
    + cof("www.example.com", "TXT", "\\\\000\\\\255 \\\"gr\\u00fcn\\\" \\u2028")
    + cof("www.example.com", "TYPE65280", "\\\\# 2 abcd")
    + cof("www.example.com", "NSAP-PTR", "www.example.com")
    + cof("xn--mnchen-3ya.example.com", "A", "192.0.2.1")
    + (0..<600).map { cof("n\($0).example.com", "CNAME", "www.example.com") }.joined()

  private static let targets = [
    "/pdns/query/www.example.com", "/pdns/query/192.0.2.0,24", "/pdns/query/*.example.com",
    "/pdns/query/none.example.org", "/pdns/query/zone.example.org", "/query/192.0.2.1",
    "/fquery/www.example.com", "/query/none.example.org",
  ]
  private static let refusals = [
    "/pdns/query/", "/pdns/query/a..b", "/pdns/query/%zz", "/query/a..b", "/fquery/%f",
  ]
  private static let requests: [[String]] = [
    [], ["User-Agent: PyPDNS / 2.3.2"], ["dribble-paginate-count: 7"],
    ["dribble-filter-rrtype: CNAME"],
  ]

  /// Every kind of reply.
  private func each(
    _ targets: [String] = CirclShapeTests.targets,
    _ check: @escaping @Sendable (Reply, _ isPyPDNS: Bool) throws -> Void
  ) async throws {
    let store = try MemoryStore.holding(CirclShapeTests.sample)
    let settings = [
      CirclSettings(),
      { settings in
        var settings = settings
        settings.orientation = .swapped
        settings.repeatsRData = true
        settings.expandsAddresses = true
        settings.setRowsMax = 50
        return settings
      }(CirclSettings()),
    ]
    for setting in settings {
      try await TestServer.servingCircl(store, setting) { server in
        let zone = """
          {"rrname":"zone.example.org","rrtype":"NS","rdata":"ns1.example.net",\
          "zone_time_first":1700000000,"zone_time_last":1700000500}

          """
        _ = try await server.post(zone, id: "zone")
        for target in targets {
          for headers in CirclShapeTests.requests {
            let reply = try await server.get(target, headers: headers)
            try check(reply, headers.first?.contains("PyPDNS") == true)
          }
        }
      }
    }
  }

  /// The members of a row as text, in their order; nil when the line is anything but one flat
  /// object without blanks.
  private static func members(_ line: String) -> [(name: String, value: String)]? {
    guard line.hasPrefix("{"), line.hasSuffix("}") else { return nil }
    var members: [(name: String, value: String)] = []
    var rest = line.dropFirst().dropLast()
    let member = #/"([a-z_]+)":("(?:[^"\\]|\\["\\/bfnrt]|\\u[0-9a-f]{4})*"|[0-9]+)(,|$)/#
    while !rest.isEmpty {
      guard let found = try? member.prefixMatch(in: rest) else { return nil }
      members.append((String(found.1), String(found.2)))
      rest = rest[found.range.upperBound...]
    }
    return members
  }

  private static func value(_ name: String, _ line: String) -> String? {
    members(line)?.first { $0.name == name }?.value
  }

  @Test("concatenated, pretty-printed, array: one object is one line")
  func oneObjectIsOneLine() async throws {
    try await each { reply, _ in
      for line in reply.lines { #expect(CirclShapeTests.members(line) != nil, "\(line)") }
    }
  }

  @Test("blank line, no final LF, CRLF: lines end with LF and nothing else")
  func linesEndWithLF() async throws {
    try await each { reply, _ in
      #expect(!reply.octets.contains(13))
      #expect(!reply.body.contains("\n\n") && !reply.body.hasPrefix("\n"))
      #expect(reply.octets.isEmpty || reply.octets.last == 10)
    }
  }

  @Test("string numbers, float times, null count, above 2^63: numbers are whole and fit")
  func numbersAreWhole() async throws {
    try await each { reply, _ in
      for line in reply.lines {
        for name in ["count", "time_first", "time_last"] {
          #expect(CirclShapeTests.value(name, line).flatMap { Int64($0) } != nil, "\(line)")
        }
      }
    }
  }

  @Test("array rdata: it is one string, and the sides are strings")
  func rdataIsAString() async throws {
    try await each { reply, _ in
      for line in reply.lines {
        for name in ["rrname", "rdata"] {
          #expect(CirclShapeTests.value(name, line)?.hasPrefix("\"") == true)
        }
      }
    }
  }

  @Test("numeric rrtype, TYPE65280: a number for PyPDNS alone, and only where it needs one")
  func typesAreWhatTheClientReads() async throws {
    try await each { reply, isPyPDNS in
      for line in reply.lines {
        let type = CirclShapeTests.value("rrtype", line) ?? ""
        let isRare = ["65280", "23", "\"TYPE65280\"", "\"NSAP-PTR\""].contains(type)
        #expect(type.hasPrefix("\"") == !(isRare && isPyPDNS), "\(line)")
      }
    }
  }

  @Test("no origin, no count, zone-only: every row has every field")
  func everyFieldIsThere() async throws {
    try await each { reply, _ in
      for line in reply.lines {
        let names = Set((CirclShapeTests.members(line) ?? []).map(\.name))
        #expect(
          names.isSuperset(of: [
            "rrname", "rrtype", "rdata", "count", "time_first", "time_last", "origin",
          ]))
        #expect(CirclShapeTests.value("origin", line) == "\"https://pdns.example.com/\"")
      }
    }
  }

  @Test("invalid UTF-8: the text is ASCII")
  func textIsASCII() async throws {
    try await each { reply, _ in
      #expect(reply.octets.allSatisfy { $0 == 10 || (0x20...0x7E).contains($0) })
    }
  }

  @Test("204, 404: nothing found is 200 and empty")
  func nothingFoundIs200() async throws {
    try await each(["/pdns/query/none.example.org", "/query/203.0.113.1"]) { reply, _ in
      #expect(reply.status == 200 && reply.octets.isEmpty)
      #expect(reply.headers["content-type"] == "application/x-ndjson")
    }
  }

  @Test("JSON errors: a refusal is one line of text, with its LF")
  func refusalsAreText() async throws {
    try await each(CirclShapeTests.refusals) { reply, _ in
      #expect(reply.status == 400)
      #expect(!reply.body.hasPrefix("{") && !reply.body.hasPrefix("["))
      #expect(reply.lines.count == 1 && reply.octets.last == 10)
    }
  }

  @Test("x-dribble-errors that is no JSON array, x-dribble-cursor that is no positive number")
  func headersAreReadable() async throws {
    try await each { reply, _ in
      if let errors = reply.headers["x-dribble-errors"] {
        #expect(errors.hasPrefix("[") && errors.hasSuffix("]"))
        for element in errors.dropFirst().dropLast().split(separator: "}, ") {
          let whole = element.hasSuffix("}") ? String(element) : element + "}"
          #expect(CirclShapeTests.members(whole) != nil, "\(errors)")
        }
      }
      if let cursor = reply.headers["x-dribble-cursor"] {
        #expect((Int64(cursor) ?? 0) > 0)
      }
    }
  }
}
