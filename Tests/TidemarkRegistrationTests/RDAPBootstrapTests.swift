import Testing
import TidemarkRegistration
import TidemarkTesting

struct RDAPBootstrapTests {
  private func bootstrap(
    _ file: RDAPBootstrap.File, _ services: String
  ) throws -> RDAPBootstrap {
    var bootstrap = RDAPBootstrap()
    let text = "{\"version\": \"1.0\", \"publication\": \"p\", \"services\": \(services)}"
    try bootstrap.load(Array(text.utf8), as: file)
    return bootstrap
  }

  @Test func takesTheLongestSuffix() throws {
    let found = try bootstrap(
      .domains,
      #"[[[""],["https://root.example"]],[["com"],["http://c.example","https://c.example/x"]],"#
        + #"[["sub.example.com"],["https://s.example/"]]]"#)
    let below = found.urls(for: .domain("a.sub.example.com"))
    #expect(below == ["https://s.example/domain/a.sub.example.com"])
    #expect(
      found.urls(for: .domain("EXAMPLE.com")) == [
        "https://c.example/x/domain/EXAMPLE.com", "http://c.example/domain/EXAMPLE.com",
      ])
    #expect(found.urls(for: .domain("bsub.example.com")).first?.hasPrefix("https://c.") == true)
    #expect(found.urls(for: .nameServer("ns.example.org")).first?.hasPrefix("https://root") == true)
    #expect(found.publications["dns"] == "p")
  }

  @Test func takesTheLongestPrefix() throws {
    var found = try bootstrap(
      .ipv4,
      #"[[["192.0.0.0/8"],["https://a.example/"]],[["192.0.2.0/24"],["https://b.example/"]]]"#)
    #expect(found.urls(for: .address("192.0.2.7")) == ["https://b.example/ip/192.0.2.7"])
    let network = found.urls(for: .network("192.0.0.0", length: 16))
    #expect(network == ["https://a.example/ip/192.0.0.0/16"])
    #expect(found.urls(for: .address("193.0.2.7")).isEmpty)
    let text = #"{"services": [[["2001:db8::/32"],["https://six.example/"]]]}"#
    try found.load(Array(text.utf8), as: .ipv6)
    #expect(found.urls(for: .address("2001:db8::1")) == ["https://six.example/ip/2001:db8::1"])
    #expect(!found.urls(for: .address("192.0.2.7")).isEmpty)
  }

  @Test func findsSystemsAndTags() throws {
    let found = try bootstrap(
      .autonomousSystems,
      #"[[["64496-64500","64511"],["https://a.example/"]],[["5-3","x"],["https://b.example/"]]]"#)
    #expect(found.urls(for: .autonomousSystem(64_500)) == ["https://a.example/autnum/64500"])
    #expect(found.urls(for: .autonomousSystem(64_511)).count == 1)
    #expect(found.urls(for: .autonomousSystem(64_501)).isEmpty)
    #expect(found.malformedCounts["asn"] == 2)
    let tags = try bootstrap(
      .objectTags, #"[[["x@example.com"],["EXMPL"],["https://t.example/"]]]"#)
    #expect(tags.urls(for: .entity("A/1-exmpl")) == ["https://t.example/entity/A%2F1-exmpl"])
  }

  @Test func leavesOutWhatHasNoMeaning() throws {
    let found = try bootstrap(
      .domains,
      #"[[],[["a"],["ftp://x/","https://","http://example.org/%%"]],[["b"],["https://b.example"]]]"#
    )
    #expect(found.urls(for: .domain("x.a")).isEmpty)
    #expect(found.urls(for: .domain("x.b")).count == 1)
    #expect(found.malformedCounts["dns"] == 4)
  }

  @Test func keepsWhatItHadWhenAFileIsBroken() throws {
    var found = try bootstrap(.domains, #"[[["b"],["https://b.example"]]]"#)
    let before = found
    for text in ["", "{", "{}", "[]", "{\"services\": 1}"] {
      #expect(throws: RDAPError.self) { try found.load(Array(text.utf8), as: .domains) }
    }
    #expect(found == before)
  }
}

@Suite(.enabled(if: SharedData.isThere))
struct RDAPBootstrapFixtureTests {
  @Test func readsFilesOfIANA() throws {
    var found = RDAPBootstrap()
    for file in RDAPBootstrap.File.allCases {
      let octets = try SharedData.rdap("openrdap__bootstrap-\(file.rawValue).json")
      try found.load(octets, as: file)
    }
    #expect(found.urls(for: .domain("example.cz")) == ["https://rdap.nic.cz/domain/example.cz"])
    #expect(found.urls(for: .address("2001:4200::1")).first?.contains("afrinic") == true)
    #expect(found.urls(for: .autonomousSystem(1_230)).first?.contains("afrinic") == true)
    #expect(found.urls(for: .entity("GOGL-ARIN")).first?.contains("arin") == true)
  }
}
