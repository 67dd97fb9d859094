import Testing
import D4Wire
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
      ("sources:\n  - {name: s, format: eve, fetch: 'https://h/x'}\n", "what is fetched is cof"),
      ("sources:\n  - {name: s, format: cof, fetch: 'ftp://h/x'}\n", "must be an address like"),
      (
        "sources:\n  - {name: s, format: dnscap, queue: 'redis://h', list: l}\n",
        "a queue holds single lines"
      ),
      ("sources:\n  - {name: s, format: cof, follow: /x, token_file: /t}\n", "belongs to fetch"),
      (
        "sources:\n  - {name: s, format: cof, fetch: 'ws://h/x', token_file: /t}\n", "by TLS only"
      ),
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

  @Test func readsWhatIsFetched() throws {
    let source = try source(
      """
      format: cof
      fetch: wss://h.example.net/api/v1/share/s/ws
      token_file: /t
      positions: true
      idle_seconds: 40
      tls:
        ca: /ca.pem
      """)
    #expect(source.transport == .pull(url: "wss://h.example.net/api/v1/share/s/ws"))
    #expect(source.pull.tokenFile == "/t" && source.pull.sendsPositions == true)
    #expect(source.pull.idleSeconds == 40 && source.tls.authority == "/ca.pem")
  }

  @Test func whatOthersShareIsNotSentOnByD4() throws {
    let followed = "sources:\n  - {name: s, format: cof, follow: /x}\n"
    #expect(try read(followed).obstacleToD4 == nil)
    let fetched = followed + "  - {name: p, format: cof, fetch: 'https://h.example.net/x'}\n"
    #expect(try read(fetched).obstacleToD4?.contains("source p:") == true)
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

  @Test func readsHowLookUpsAreAnswered() throws {
    let plain = try #require(try read("http: {listen: '127.0.0.1:1'}\n").http)
    #expect(plain.origin == nil && plain.circl == nil && plain.active == nil)
    let http = try #require(
      try read(
        """
        http:
          listen: 127.0.0.1:8053
          origin: https://pdns.example.com/
          circl:
            orientation: swapped
            ip_expand: yes
            rrdata: yes
            number_max: 2147483647
            set_rows: 50
          active:
            resolver: 192.0.2.53@5353
            wait: 0.5
            per_minute: 60
            per_token: 12

        """
      ).http)
    #expect(http.origin == "https://pdns.example.com/")
    let circl = try #require(http.circl)
    #expect(circl.isSwapped && circl.expandsAddresses && circl.repeatsRData)
    #expect(circl.numberMax == 2_147_483_647 && circl.setRowsMax == 50)
    let active = try #require(http.active)
    #expect(active.forwarders == ["192.0.2.53@5353"] && active.waitSeconds == 0.5)
    #expect(active.perMinute == 60 && active.perToken == 12)
  }

  @Test func whatIsNotSaidOfAnswersIsStandard() throws {
    let text = "http: {listen: '[::1]:1', circl: {orientation: cof}, active: {resolver: recurse}}\n"
    let http = try #require(try read(text).http)
    #expect(http.circl == CollectConfiguration.Circl())
    #expect(http.active == CollectConfiguration.Active(resolver: "recurse"))
    #expect(http.active?.forwarders == [])
    #expect(http.active?.waitSeconds == 2 && http.active?.perMinute == 600)
    #expect(http.active?.perToken == 300)
  }

  @Test(
    arguments: [
      ("circl: {orientation: back}", "http.circl.orientation", "cof or swapped"),
      ("circl: {number_max: 0}", "http.circl.number_max", "from 1"),
      ("circl: {set_rows: many}", "http.circl.set_rows", "number"),
      ("circl: {swapped: yes}", "http.circl", "no setting swapped"),
      ("active: {wait: 1}", "http.active", "resolver is missing"),
      ("active: {resolver: ns1.example.com}", "http.active.resolver", "address@port"),
      ("active: {resolver: 192.0.2.53@0}", "http.active.resolver", "address@port"),
      ("active: {resolver: 192.0.2.53@}", "http.active.resolver", "address@port"),
      ("active: {resolver: '::1', wait: 61}", "http.active.wait", "0 to 60"),
      ("active: {resolver: '::1', wait: nan}", "http.active.wait", "0 to 60"),
      ("active: {resolver: '::1', per_minute: 0}", "http.active.per_minute", "from 1"),
      ("active: {resolver: '::1', per_token: 1e9}", "http.active.per_token", "from 1"),
      ("origin: a b", "http.origin", "without blanks"),
    ])
  func refusesAnswersThatCannotBe(_ line: String, _ path: String, _ reason: String) throws {
    let error = try #require(throws: ConfigurationError.self) {
      try read("http:\n  listen: 127.0.0.1:1\n  \(line)\n")
    }
    #expect(error.path == path && error.line == 3 && error.reason.contains(reason))
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

  private let sensors =
    "format: d4\nlisten: tls:0.0.0.0:4443\ntls: {certificate: /c, key: /k}\n"

  @Test func readsASourceOfD4Sensors() throws {
    let standard = try source(sensors)
    #expect(standard.transport == .listen(.tls(host: "0.0.0.0", port: 4443)))
    #expect(standard.d4 == SourceConfiguration.D4() && standard.d4.options.mode == .registration)
    #expect(standard.d4.options.payloadOctetsMax == 1_000_000)
    #expect(standard.d4.options.idleSeconds == nil && !standard.d4.options.acceptsSampleKey)
    #expect(standard.connectionsMax == D4Limits.connectionsMax)
    let full = try source(
      sensors + """
        connections: 10
        d4:
          mode: shared-secret
          key_file: /etc/key
          types: [passivedns, 1, extended]
          max_packet_octets: 4096
          idle_seconds: 60
          dead_peer_seconds: 10
          connection_octets_per_second: 1000000
          sensor_octets_per_second: 2000000
          replay_seconds: 300
          accepts_sample_key: yes
        """)
    let options = full.d4.options
    #expect(options.mode == .sharedSecret && full.d4.keyFile == "/etc/key")
    #expect(options.types == [.passivedns, .pcap, .extended, .metaHeader])
    #expect(options.payloadOctetsMax == 4_096 && options.idleSeconds == 60)
    #expect(options.deadPeerSeconds == 10 && options.replaySeconds == 300)
    #expect(options.connectionOctetsPerSecond == 1_000_000)
    #expect(options.sensorOctetsPerSecond == 2_000_000 && options.acceptsSampleKey)
    #expect(full.connectionsMax == 10)
  }

  @Test(
    arguments: [
      ("format: d4\nfollow: /x\n", "say listen"),
      ("format: d4\nlisten: tcp:0.0.0.0:4443\n", "allow_remote"),
      ("format: dnstap\nlisten: unix:/x\nd4: {mode: registration}\n", "format d4"),
      ("format: d4\nlisten: unix:/x\nsensor: s\n", "each sensor"),
      ("format: d4\nlisten: unix:/x\ndataset: s\n", "each sensor"),
      ("format: d4\nlisten: unix:/x\nd4: {mode: open}\n", "registration or shared-secret"),
      ("format: d4\nlisten: unix:/x\nd4: {mode: shared-secret}\n", "needs key_file"),
      ("format: d4\nlisten: unix:/x\nd4: {types: [yaf]}\n", "must be some of"),
      ("format: d4\nlisten: unix:/x\nd4: {types: []}\n", "at least one"),
      ("format: d4\nlisten: unix:/x\nd4: {max_packet_octets: 1}\n", "62 to"),
      ("format: d4\nlisten: unix:/x\nd4: {nope: 1}\n", "no setting nope"),
    ])
  func refusesSourcesOfD4SensorsThatCannotBe(_ text: String, _ reason: String) throws {
    do {
      _ = try source(text)
      Issue.record("\(text) was taken")
    } catch {
      #expect("\(error)".contains(reason), "\(error)")
    }
  }

  @Test func plainSocketsOfD4SensorsAreForThisMachineUnlessSaidSo() throws {
    for listen in ["unix:/x", "tcp:127.0.0.1:4443", "tcp:0.0.0.0:4443\nallow_remote: true"] {
      #expect(try source("format: d4\nlisten: \(listen)\n").format == .d4)
    }
  }
}
