import TidemarkEnrichment
import TidemarkModel
import TidemarkProviders
import TidemarkRegistration
import Testing

/// RDAP first, WHOIS second.
@Suite(.timeLimit(.minutes(10)))
struct RegistrationClientTests {
  private func client(
    rdap: LoopbackServer, whois: LoopbackServer, folder: LoopbackFolder
  ) -> RegistrationClient {
    let outbound = OutboundClient(environment: [:], addresses: .test())
    let now: @Sendable () -> UnixSeconds = { 1_700_000_000 }
    var settings = WHOISClient.Settings()
    settings.root = WHOISServer(host: "127.0.0.1", port: whois.port)
    return RegistrationClient(
      rdap: RDAPClient(
        client: outbound,
        servers: RDAPServers(folder: folder.path, origin: nil, client: outbound, now: now),
        base: "http://127.0.0.1:\(rdap.port)/rdap", now: now),
      whois: WHOISClient(settings, addresses: .test(), now: now))
  }

  private static let object =
    #"{"objectClassName":"domain","ldhName":"example.com","status":["active"]}"#

  @Test(arguments: [
    ("200 OK", object, RegistrationSource.Kind.rdapRegistry, 0),
    ("500 Oops", "", .whois, 1), ("400 Bad", "", .whois, 1), ("200 OK", "<html>", .whois, 1),
    ("429 Slow", "", .whois, 1),
  ])
  func whoisIsAskedWhenRDAPHasNoAnswer(
    _ status: String, _ body: String, _ kind: RegistrationSource.Kind, _ whoisCount: Int
  ) async throws {
    let folder = try LoopbackFolder()
    let rdap = try await LoopbackServer(
      LoopbackServer.saying(LoopbackServer.answer(status, [], body)))
    let whois = try await LoopbackServer(
      end: .line, LoopbackServer.saying(WHOISClientTests.registryText))
    let fetcher: any RegistrationFetching = client(rdap: rdap, whois: whois, folder: folder)
    let fetched = try await fetcher.fetch(
      .domain(name: "example.com"), limits: FetchLimits())
    #expect(fetched.merged.source.kind == kind && whois.connectionCount == whoisCount)
    #expect(rdap.requests[0].hasPrefix("GET /rdap/domain/example.com HTTP/1.1\r\n"))
    await rdap.close()
    await whois.close()
  }

  @Test(arguments: [
    ("404 None", "", FailureKind.notFound, 0), ("500 Oops", "No match\r\n", .notFound, 1),
    ("400 Bad", "LIMIT EXCEEDED\r\n", .notFound, 1), ("500 Oops", "", .unavailable, 1),
  ])
  func failuresAreToldTogether(
    _ status: String, _ text: String, _ kind: FailureKind, _ whoisCount: Int
  ) async throws {
    let folder = try LoopbackFolder()
    let rdap = try await LoopbackServer(LoopbackServer.saying(LoopbackServer.answer(status)))
    let whois = try await LoopbackServer(end: .line, LoopbackServer.saying(text))
    let client = client(rdap: rdap, whois: whois, folder: folder)
    do throws(ActionFailure) {
      _ = try await client.fetch(.domain(name: "example.com"), limits: FetchLimits())
      Issue.record("an answer from nobody")
    } catch {
      #expect(error.kind == kind && whois.connectionCount == whoisCount)
      if kind == .unavailable { #expect(error.message.hasPrefix("RDAP: 127.0.0.1: HTTP status")) }
    }
    await rdap.close()
    await whois.close()
  }
}
