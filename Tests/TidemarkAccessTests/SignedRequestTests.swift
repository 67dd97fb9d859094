import Synchronization
import TidemarkAccess
import Testing

/// Requests that are signed with a key which they do not hold.
struct SignedRequestTests {
  let directory = TestDirectory()
  let clock = TestClock()

  private func control() throws -> AccessControl {
    let clock = clock
    return try AccessControl(directory: directory) { clock.now }
  }

  private static func octets(_ hexadecimal: String) -> [UInt8] {
    let digits = hexadecimal.utf8.map { UInt8($0 > 0x60 ? $0 - 0x57 : $0 - 0x30) }
    return stride(from: 0, to: digits.count, by: 2).map { digits[$0] << 4 | digits[$0 + 1] }
  }

  @Test(arguments: [
    "8aa69375bc9b37241bf9e49ea68a180fcc25b295a7359b341a18db00d722c510",
    "518569acf598c1a3b03030d4ce45b4648ec7cfba", "a3a89df00dd0c3434513cd8b06900071",
  ])
  func knowsEachHashByItsLength(_ signature: String) {
    let message = Array("alice2026-01-01T00:00:00Z/v1/example.com/whois".utf8)
    let key = SigningKey("s3cret-key")
    var octets = SignedRequestTests.octets(signature)
    #expect(key.hasSigned(message, as: octets))
    #expect(!key.hasSigned(message + [0x2F], as: octets))
    #expect(!SigningKey("s3cret-kez").hasSigned(message, as: octets))
    #expect(!key.hasSigned(message, as: Array(octets.dropLast())))
    octets[octets.count - 1] ^= 1
    #expect(!key.hasSigned(message, as: octets))
    #expect(!key.hasSigned(message, as: []))
  }

  @Test func keysAreNotPrinted() {
    let key = SigningKey("s3cret-key")
    let record = TokenRecord(
      id: 1, digest: TokenDigest(of: "a"), signingKey: key, grant: TokenGrant(name: "a"),
      created: 0)
    var dumped = ""
    dump(record, to: &dumped)
    for text in ["\(key)", "\(record)", String(reflecting: record), dumped] {
      #expect(!text.contains("s3cret"))
    }
  }

  /// HMAC-SHA-256 with the test vector's key cannot be had for a token, whose text is random; so a
  /// record is made with that key.
  private func control(_ name: String, revoked: Int64? = nil) throws -> AccessControl {
    directory.state.withLock { state in
      state.tokens.append(
        TokenRecord(
          id: Int64(state.tokens.count + 1), digest: TokenDigest(of: "\(state.tokens.count)"),
          signingKey: SigningKey("s3cret-key"), grant: TokenGrant(name: name, perDay: 2),
          created: 0, revoked: revoked))
      state.version += 1
    }
    return try control()
  }

  private func request(name: String = "alice", messages: [[UInt8]]? = nil) -> SignedRequest {
    SignedRequest(
      name: name, time: TestClock.start,
      messages: messages ?? [
        Array("something else".utf8),
        Array("alice2026-01-01T00:00:00Z/v1/example.com/whois".utf8),
      ],
      signature: SignedRequestTests.octets("518569acf598c1a3b03030d4ce45b4648ec7cfba"))
  }

  @Test func aSignatureOpensWhatTheTokenOpensAndCounts() throws {
    let access = try control("alice")
    let admission = try access.admit(.signed(request()), for: .scope(.query))
    #expect(admission.caller.name == "alice" && admission.quota?.remaining == 1)
    #expect(throws: AccessDenial.forbidden(.ingest)) {
      try access.admit(.signed(request()), for: .scope(.ingest))
    }
    _ = try access.admit(.signed(request()), for: .scope(.query))
    #expect(throws: AccessDenial.self) {
      try access.admit(.signed(request()), for: .scope(.query))
    }
    #expect(access.counts.quota == 1)
  }

  @Test func anotherNameMessageOrTimeIsUnknown() throws {
    let access = try control("alice")
    for wrong in [request(name: "bob"), request(messages: []), request(messages: [[1]])] {
      #expect(throws: AccessDenial.unknown) { try access.admit(.signed(wrong), for: .token) }
    }
    for age in [-SignedRequest.ageMax, 0, SignedRequest.ageMax] {
      clock.now = TestClock.start + age
      _ = try access.admit(.signed(request()), for: .token)
    }
    for age in [-SignedRequest.ageMax - 1, SignedRequest.ageMax + 1] {
      clock.now = TestClock.start + age
      #expect(throws: AccessDenial.unknown) { try access.admit(.signed(request()), for: .token) }
    }
    var extreme = request()
    extreme.time = .min
    #expect(throws: AccessDenial.unknown) { try access.admit(.signed(extreme), for: .token) }
  }

  @Test func aRevokedTokenSignsNothing() throws {
    let access = try control("alice", revoked: 1)
    #expect(throws: AccessDenial.unknown) { try access.admit(.signed(request()), for: .token) }
  }

  @Test func aTokenWithoutKeySignsNothingAndNamesCount() throws {
    let (_, secret) = directory.add(TokenGrant(name: "alice"))
    let access = try control()
    #expect(throws: AccessDenial.unknown) { try access.admit(.signed(request()), for: .token) }
    _ = try access.admit(.named("alice", token: secret), for: .token)
    #expect(throws: AccessDenial.unknown) {
      try access.admit(.named("bob", token: secret), for: .token)
    }
    #expect(throws: AccessDenial.unknown) {
      try access.admit(.named("alice", token: TokenSecret().text), for: .token)
    }
    #expect(throws: AccessDenial.missing) { try access.admit(.nothing, for: .token) }
  }
}
