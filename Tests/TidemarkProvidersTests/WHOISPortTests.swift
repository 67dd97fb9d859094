import NIOCore
import NIOPosix
import TidemarkEnrichment
import TidemarkModel
import TidemarkProviders
import TidemarkRegistration
import Testing

/// The WHOIS port, asked over TCP.
@Suite(.timeLimit(.minutes(10)))
struct WHOISPortTests {
  /// Sends octets and reads to the end.
  private func ask(_ port: Int, _ octets: [UInt8]) async throws -> String {
    let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
      .connect(host: "127.0.0.1", port: port) { channel in
        channel.eventLoop.makeCompletedFuture {
          try NIOAsyncChannel<ByteBuffer, ByteBuffer>(wrappingChannelSynchronously: channel)
        }
      }
    return try await channel.executeThenClose { inbound, outbound in
      try? await outbound.write(ByteBuffer(bytes: octets))
      var text = ""
      do { for try await part in inbound { text += String(buffer: part) } } catch {}
      return text
    }
  }

  private func start(
    _ limits: WHOISPort.Limits = .init(), _ answer: @escaping WHOISPort.Answer
  ) async throws -> (WHOISPort, Int) {
    let port = WHOISPort(limits: limits, answer: answer)
    let address = try await port.start(host: "127.0.0.1", port: 0)
    return (port, try #require(address?.port))
  }

  @Test func answersALine() async throws {
    let (port, number) = try await start { query in
      query == "none" ? nil : "asked: \(query)\n\nlast"
    }
    for line in ["example.com\r\n", "example.com\n", "  example.com  \r\nmore\r\nlines\r\n"] {
      #expect(try await ask(number, Array(line.utf8)) == "asked: example.com\r\n\r\nlast\r\n")
    }
    #expect(try await ask(number, Array("none\r\n".utf8)) == "% No match\r\n")
    let longest = String(repeating: "a", count: 255)
    #expect(try await ask(number, Array("\(longest)\r\n".utf8)).hasPrefix("asked: aaa"))
    await port.stop()
  }

  @Test func refusesWhatIsNoQuestion() async throws {
    let (port, number) = try await start { _ in "answered" }
    let questions: [[UInt8]] = [
      Array("\r\n".utf8), Array("   \r\n".utf8), [0xFF, 0xFE, 10], [0, 13, 10],
      Array("a\u{1B}[2Jb\r\n".utf8), Array("a\rb\r\n".utf8), Array("\u{85}\r\n".utf8),
      Array((String(repeating: "a", count: 256) + "\r\n").utf8),
      Array(String(repeating: "a", count: 100_000).utf8),
    ]
    for question in questions {
      #expect(try await ask(number, question) == "% Bad query\r\n", "\(question.prefix(9))")
    }
    await port.stop()
  }

  @Test func sendsAwayWhoIsSilentOrOneTooMany() async throws {
    var limits = WHOISPort.Limits()
    limits.queryTime = .milliseconds(100)
    limits.connectionsMax = 2
    let (port, number) = try await start(limits) { _ in "answered" }
    #expect(try await ask(number, Array("never ends".utf8)) == "")
    limits.queryTime = .seconds(60)
    let (full, fullNumber) = try await start(limits) { _ in "answered" }
    let bootstrap = ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
    var idle: [any Channel] = []
    for _ in 0..<2 {
      idle.append(try await bootstrap.connect(host: "127.0.0.1", port: fullNumber).get())
    }
    while full.connectionCount < 2 { await Task.yield() }
    #expect(try await ask(fullNumber, Array("example.com\r\n".utf8)) == "")
    for channel in idle { try await channel.close() }
    while full.connectionCount > 0 { await Task.yield() }
    #expect(try await ask(fullNumber, Array("example.com\r\n".utf8)) == "answered\r\n")
    await port.stop()
    await full.stop()
    await #expect(throws: (any Error).self) { try await ask(fullNumber, [10]) }
  }

  @Test func aLongAnswerIsCutAtALine() async throws {
    for (octetsMax, expected) in [(100, "one\r\ntwo\r\nthree\r\n"), (11, "one\r\ntwo\r\n")] {
      var limits = WHOISPort.Limits()
      limits.answerOctetsMax = octetsMax
      let (port, number) = try await start(limits) { _ in "one\ntwo\r\nthree" }
      #expect(try await ask(number, Array("x\r\n".utf8)) == expected)
      await port.stop()
    }
  }

  @Test func textOfStrangersDrivesNoTerminal() async throws {
    let (port, number) = try await start { _ in "a\tb\u{1B}[2Jc\r\nd\re\u{7F}\u{9B}f\u{E9}\r\n" }
    let answer = try await ask(number, Array("x\r\n".utf8))
    #expect(answer == "a\tb[2Jc\r\ndef\u{E9}\r\n")
    await port.stop()
  }

  @Test func snapshotsComeBackAsTheyWere() async throws {
    let folder = try LoopbackFolder()
    let library = try Library(path: folder.path + "/library.sqlite", create: true)
    let source = RegistrationSource(kind: .rdapRegistry, server: "rdap.example.net", time: 1)
    var registration = Registration(subject: .domain(name: "example.com"), source: source)
    registration.created = RegistrationTime(seconds: 808_372_800, precision: .second, text: "x")
    registration.registrar = Registrar(name: "Example\r\nRegistrar: Forged")
    registration.statuses = ["clientHold"]
    registration.nameServers = [NameServer(name: "ns1.example.net")]
    var holder = RegistrationContact(roles: [.registrant])
    holder.name = "Somebody"
    holder.emails = ["somebody@example.com"]
    registration.contacts = [holder]
    let json = RawAnswer(contentType: "application/rdap+json", octets: Array("{}".utf8))
    try library.keep(
      FetchedRegistration(
        merged: registration, parts: [registration], texts: [json], source: "rdap.example.net"),
      of: registration.subject, at: 1_700_000_000)
    var plain = registration
    plain.subject = .domain(name: "example.org")
    let text = RawAnswer(contentType: "text/plain", octets: Array("As it came\r\n".utf8))
    try library.keep(
      FetchedRegistration(merged: plain, parts: [plain], texts: [text], source: "x"),
      of: plain.subject, at: 1_700_000_000)
    let snapshots = WHOISSnapshots(library: library) {
      $0.hasSuffix(".example.com") ? "example.com" : nil
    }
    let (port, number) = try await start { snapshots.answer(to: $0) }
    var settings = WHOISClient.Settings()
    settings.root = WHOISServer(host: "127.0.0.1", port: number)
    let client = WHOISClient(settings, addresses: .test()) { 1_700_000_000 }
    let fetched = try await client.fetch(.domain(name: "example.com"), limits: FetchLimits())
    #expect(fetched.merged.created == registration.created)
    #expect(fetched.merged.registrar?.name == "Example Registrar: Forged")
    #expect(fetched.merged.statuses == ["clientHold"])
    #expect(fetched.merged.nameServers == registration.nameServers)
    #expect(fetched.merged.contact(.registrant)?.emails == ["somebody@example.com"])
    let host = try await ask(number, Array("WWW.Example.com.\r\n".utf8))
    #expect(host.hasPrefix("% Snapshot of 2023-11-14T22:13:20Z, from rdap.example.net\r\n"))
    let asItCame = try await ask(number, Array("example.org\r\n".utf8))
    #expect(asItCame.hasSuffix("\r\n\r\nAs it came\r\n"))
    #expect(try await ask(number, Array("example.net\r\n".utf8)) == "% No match\r\n")
    #expect(try await ask(number, Array("192.0.2.1\r\n".utf8)) == "% No match\r\n")
    await port.stop()
  }
}
