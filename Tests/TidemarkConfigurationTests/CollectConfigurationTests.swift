import Testing
import TidemarkCollectors
import TidemarkConfiguration
import TidemarkIngest
import TidemarkModel

@Suite struct CollectConfigurationTests {
  private func read(_ text: String) throws -> CollectConfiguration {
    try CollectConfiguration(yaml: text)
  }

  private func source(_ lines: String) throws -> SourceConfiguration {
    let indented = lines.split(separator: "\n").map { "    " + $0 }.joined(separator: "\n")
    let configuration = try read("sources:\n  - name: s\n" + indented + "\n")
    return try #require(configuration.sources.first)
  }

  @Test func readsAWholeConfiguration() throws {
    let configuration = try read(
      """
      store: /var/lib/tidemark
      user: tidemark
      flush_seconds: 30
      strict_bailiwick: yes
      http:
        listen: 127.0.0.1:8053
      filter:
        exclude: [corp.example]
        types: [A, AAAA]
      relay:
        to: https://c.example.net
        spool: /var/spool/tidemark
        spool_max_octets: 2G
      sources:
        - name: resolver
          format: dnstap
          listen: unix:/run/dnstap.sock
          mode: 0660
          group: unbound
          messages: [resolver, forwarder]
        - name: tap
          format: pcap
          interface: [eth1, eth2]
          vantage: authority
          buffer_octets: 128M
          bpf: not host 192.0.2.1
      """)
    #expect(configuration.store == "/var/lib/tidemark")
    #expect(configuration.flushSeconds == 30)
    #expect(configuration.isStrict)
    #expect(configuration.http?.listen == "127.0.0.1:8053")
    #expect(configuration.filter.exclude == ["corp.example"])
    #expect(configuration.relay?.spoolOctetsMax == 2 << 30)
    #expect(configuration.sources.count == 2)
    let first = configuration.sources[0]
    #expect(first.transport == .listen(.unix(path: "/run/dnstap.sock")))
    #expect(first.socketFile.mode == 0o660)
    #expect(first.options.dnstap == [.resolver, .forwarder, .queryZone])
    let second = configuration.sources[1]
    #expect(second.transport == .interfaces(["eth1", "eth2"]))
    #expect(second.vantage == .authority)
    #expect(second.capture.bufferOctets == 128 << 20)
    #expect(second.capture.filter == "not host 192.0.2.1")
  }

  @Test(
    arguments: [
      ("store: x\n", "sources"),
      ("http:\n  listen: 127.0.0.1:1\n  tls_key: /k\n", "need each other"),
      ("sources:\n  - name: s\n    format: dnstap\n", "exactly one of listen"),
      (
        "sources:\n  - name: s\n    format: dnstap\n    listen: unix:/x\n    follow: /y\n",
        "exactly one of listen"
      ),
      ("sources:\n  - name: s\n    format: nope\n    follow: /y\n", "must be one of pcap"),
      ("sources:\n  - name: 10.0.0.1\n    format: eve\n    follow: /y\n", "a-z, 0-9"),
      ("sources:\n  - name: s\n    format: eve\n    follow: /y\n    messages: [x]\n", "dnstap"),
      ("sources:\n  - name: s\n    format: csv\n    follow: /y\n", "layout is missing"),
      ("sources:\n  - name: s\n    format: dnstap\n    listen: tcp:0.0.0.0:1\n", "allow_remote"),
      ("sources:\n  - name: s\n    format: dnstap\n    listen: tls:127.0.0.1:1\n", "certificate"),
      ("sources:\n  - name: s\n    format: eve\n    interface: eth0\n", "packets"),
      ("sources:\n  - name: s\n    format: pcap\n    listen: unix:/x\n", "comes from files"),
      (
        "sources:\n  - {name: s, format: eve, follow: /y}\n  - {name: s, format: cof, follow: /z}\n",
        "two sources are named s"
      ),
      ("flush_second: 3\nhttp: {listen: '127.0.0.1:1'}\n", "there is no setting flush_second"),
      ("http: {listen: '127.0.0.1:1'}\nhttp: {listen: '127.0.0.1:2'}\n", ""),
      ("flush_seconds: 0\nhttp: {listen: '127.0.0.1:1'}\n", "number from 1 to 3600"),
      ("relay: {to: ftp://x, spool: /s}\nhttp: {listen: '127.0.0.1:1'}\n", "https://"),
      ("- a\n- b\n", "must be a mapping"),
      ("a: [b\n", ""),
      ("", "empty"),
    ])
  func refusesWithAReason(_ text: String, _ reason: String) {
    #expect {
      try read(text)
    } throws: { error in
      (error as? ConfigurationError).map { $0.description.contains(reason) } ?? false
    }
  }

  @Test func readsTheCertificateOfAServer() throws {
    let text = "http:\n  listen: '[::1]:1'\n  tls_certificate: /c.pem\n  tls_key: /k.pem\n"
    let http = try #require(try read(text).http)
    #expect(http.tlsCertificate == "/c.pem" && http.tlsKey == "/k.pem")
  }

  @Test func readsWhoIsServed() throws {
    let plain = try #require(try read("http: {listen: '127.0.0.1:1'}\n").http)
    #expect(plain.requiresTokens == nil && plain.control == nil && plain.tokenField == nil)
    #expect(!plain.isInsecure)
    let full = try #require(
      try read(
        """
        http:
          listen: 192.0.2.1:8053
          require_tokens: no
          control: /var/lib/tidemark/tokens.sqlite
          auth_header: X-Sensor-Token
          insecure: true

        """
      ).http)
    #expect(full.requiresTokens == false && full.isInsecure)
    #expect(full.control == "/var/lib/tidemark/tokens.sqlite")
    #expect(full.tokenField == "X-Sensor-Token")
  }

  @Test func errorsNameLineAndPath() throws {
    let error = try #require(throws: ConfigurationError.self) {
      try read("store: x\nsources:\n  - name: s\n    format: eve\n    follow: /y\n    mode: 999\n")
    }
    #expect(error.line == 6)
    #expect(error.path == "sources[0].mode")
  }

  @Test(
    arguments: [
      ("unix:/run/x.sock", SocketEndpoint.unix(path: "/run/x.sock")),
      ("tcp:127.0.0.1:6000", .tcp(host: "127.0.0.1", port: 6_000)),
      ("tls:[::1]:6000", .tls(host: "::1", port: 6_000)),
      ("tcp:collector.example.net:1", .tcp(host: "collector.example.net", port: 1)),
    ])
  func readsAndPrintsEndpoints(_ text: String, _ endpoint: SocketEndpoint) {
    #expect(SocketEndpoint(text) == endpoint)
    #expect(endpoint.description == text)
  }

  @Test(
    arguments: [
      "", "unix:", "unix:relative", "tcp:127.0.0.1", "tcp::1", "tcp:::1:5", "udp:127.0.0.1:1",
      "tcp:127.0.0.1:65536", "tls:[::1]", "unix:/" + String(repeating: "x", count: 107),
    ])
  func refusesEndpoints(_ text: String) {
    #expect(SocketEndpoint(text) == nil)
  }

  @Test func onlyThisMachineIsLocal() {
    #expect(SocketEndpoint("tcp:127.9.9.9:1")?.isLocal == true)
    #expect(SocketEndpoint("tcp:[::1]:1")?.isLocal == true)
    #expect(SocketEndpoint("unix:/x")?.isLocal == true)
    #expect(SocketEndpoint("tcp:127.0.0.1.example.net:1")?.isLocal == false)
    #expect(SocketEndpoint("tcp:192.0.2.1:1")?.isLocal == false)
  }
}
