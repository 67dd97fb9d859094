import TidemarkAccess
import TidemarkEnrichment
import TidemarkHTTP
import TidemarkStore
import Testing

@Suite(.timeLimit(.minutes(10)))
struct OperationsRouteTests {
  @Test func listsEveryOperationWithItsSettings() async throws {
    let world = try EnrichmentWorld()
    try await world.serving { server in
      let reply = try await server.get("/api/v1/operations")
      #expect(reply.status == 200 && reply.headers["cache-control"] == "no-store")
      let operations = try reply.json()["operations"].list
      #expect(operations.compactMap(\.["id"].text) == world.registry.operations.map(\.id))
      let circl = try await server.get("/api/v1/operations/circl").json()
      #expect(operations.contains(circl))
      #expect(circl["display_name"] == "CIRCL Passive DNS" && circl["enabled"] == false)
      #expect(circl["configured"] == false)
      let token = circl["parameters"].list.first { $0["key"] == "token" } ?? .null
      #expect(token["kind"] == "secret" && token["required"] == true && token["set"] == false)
      #expect(token["value"] == .null)
      let timeout = circl["parameters"].list.first { $0["key"] == "timeout_s" } ?? .null
      #expect(timeout["kind"] == "int" && timeout["least"] == 1 && timeout["value"] == "30")
    }
  }

  @Test func secretsAreTakenAndNeverShown() async throws {
    let world = try EnrichmentWorld { request throws(ActionFailure) in
      // The service sends back what it was sent.
      let secret = request.configuration.secret("token")?.revealed ?? ""
      var answer = EnrichmentWorld.fill(request)
      answer.source = "https://\(secret)@www.circl.lu/"
      answer.raw = RawAnswer(contentType: "text/plain", octets: Array("you: \(secret)".utf8))
      answer.notes = [ResultNote("You", secret)]
      return answer
    }
    try await world.serving { server in
      let secret = "user:s3cret-of-mine"
      let set = try await server.send(
        "PUT", "/api/v1/operations/circl/config",
        #"{"token":"\#(secret)","port":8443,"use_http":true,"host":"pdns.example"}"#)
      #expect(set.status == 200 && !set.body.contains("s3cret"))
      let circl = try set.json()
      let values = circl["parameters"].list.map { ($0["key"].text, $0["value"], $0["set"]) }
      #expect(values.contains { $0 == ("token", .null, true) })
      #expect(values.contains { $0 == ("port", "8443", true) })
      #expect(values.contains { $0 == ("use_http", "true", true) })
      #expect(circl["configured"] == true)
      #expect(
        try await server.send("POST", "/api/v1/operations/circl/enabled", #"{"enabled":true}"#)
          .json()["enabled"] == true)
      let result = try await server.run("circl", "passive-dns", "fqdn", "www.example.com")
      #expect(result.status == 200 && !result.body.contains("s3cret"))
      let id = try #require(try result.json()["id"].text)
      for target in ["/api/v1/results/\(id)", "/api/v1/results/\(id)/raw", "/api/v1/operations"] {
        let reply = try await server.get(target)
        #expect(reply.status == 200 && !reply.body.contains("s3cret"), "\(target)")
      }
    }
  }

  @Test func withoutTokensNobodySendsTheSecretElsewhere() async throws {
    let world = try EnrichmentWorld()
    try world.enable("circl")
    try await world.serving { server in
      let target = "/api/v1/operations/circl/config"
      let moved = try await server.send("PUT", target, #"{"host":"thief.example"}"#)
      #expect(moved.status == 403)
      #expect(try world.registry.shownParameters("circl").contains { $0.value == "www.circl.lu" })
      // Whoever brings a secret along may say where it goes.
      let own = try await server.send(
        "PUT", target, #"{"host":"pdns.example","token":"another"}"#)
      #expect(own.status == 200)
      let removed = try await server.send("PUT", target, #"{"token":null}"#)
      #expect(removed.status == 200)
      #expect(try removed.json()["configured"] == false)
    }
    let book = TokenBook()
    let secret = book.add(TokenGrant(name: "chief", scopes: [.admin]))
    try world.enable("circl")
    try await world.serving(access: book.control()) { server in
      func put(_ body: String) async throws -> Reply {
        try await server.send(
          "PUT", "/api/v1/operations/circl/config", body, headers: ["X-API-Key: \(secret)"])
      }
      #expect(try await put(#"{"max_rows":7}"#).status == 200)
      // Not even an administrator, who may not know it.
      for (key, value) in [
        ("host", #""thief.example""#), ("port", "8443"), ("use_http", "true"),
        ("verify_tls", "false"), ("bypass_proxy", "true"),
      ] {
        let moved = try await put(#"{"\#(key)":\#(value),"max_rows":8}"#)
        #expect(moved.status == 422 && moved.body.contains("\(key): "), "\(key)")
        #expect(try await put(#"{"\#(key)":\#(value),"token":"another"}"#).status == 200)
      }
      #expect(try await put(#"{"host":null}"#).status == 422)
      let shown = try world.registry.shownParameters("circl")
      #expect(shown.first { $0.spec.key == "host" }?.value == "thief.example")
      #expect(shown.first { $0.spec.key == "max_rows" }?.value == "7")
    }
  }

  @Test func changesAreToldWithTheTokenThatMadeThem() async throws {
    let world = try EnrichmentWorld()
    try world.enable("circl")
    let book = TokenBook()
    let desk = book.add(TokenGrant(name: "desk", scopes: [.enrich]))
    let chief = book.add(TokenGrant(name: "chief", scopes: [.admin]))
    try await world.serving(access: book.control()) { server in
      let (desk, chief) = (["X-API-Key: \(desk)"], ["X-API-Key: \(chief)"])
      let place = "/api/v1/operations/circl"
      _ = try await server.send(
        "PUT", "\(place)/config", #"{"port":8443,"token":"s3cret"}"#, headers: chief)
      for word in ["false", "true"] {
        _ = try await server.send(
          "POST", "\(place)/enabled", #"{"enabled":\#(word)}"#, headers: chief)
      }
      let result = try await server.run(
        "circl", "passive-dns", "fqdn", "www.example.com", headers: desk)
      let id = try #require(try result.json()["id"].text)
      _ = try await server.send(
        "POST", "/api/v1/results/\(id)/selections",
        #"{"tables":[{"table":"records","rows":"all"}]}"#, headers: desk)
      // What is refused changes nothing.
      for (method, target, body, headers) in [
        ("PUT", "\(place)/config", #"{"host":"thief.example"}"#, chief),
        ("PUT", "\(place)/config", #"{"no such\nsetting":1}"#, chief),
        ("PUT", "\(place)/config", #"{"max_rows":9}"#, desk),
        ("POST", "\(place)/enabled", #"{"enabled":false}"#, desk),
        ("POST", "/api/v1/operations/none/enabled", #"{"enabled":true}"#, chief),
        ("POST", "/api/v1/results/none/selections", #"{"tables":[]}"#, desk),
      ] {
        let reply = try await server.send(method, target, body, headers: headers)
        #expect(reply.status >= 400, "\(target)")
      }
      #expect(
        world.changes.map(\.description) == [
          "audit token=2 action=configure operation=circl settings=port,token",
          "audit token=2 action=disable operation=circl",
          "audit token=2 action=enable operation=circl",
          "audit token=1 action=add result=\(id) rows=1",
        ])
    }
    try await world.serving { server in
      _ = try await server.send(
        "POST", "/api/v1/operations/circl/enabled", #"{"enabled":false}"#)
      #expect(world.changes.last?.description == "audit token=none action=disable operation=circl")
    }
  }

  @Test func badSettingsChangeNothing() async throws {
    let world = try EnrichmentWorld()
    try await world.serving { server in
      for (body, status) in [
        (#"{"nonsense":"a"}"#, 422), (#"{"port":"70000","max_rows":10}"#, 422),
        (#"{"use_http":"maybe"}"#, 422), (#"{"port":[1]}"#, 400), ("[]", 400), ("", 400),
        (#"{"token":"abc"}"#, 422), (String(repeating: " ", count: 1 << 20) + "{}", 413),
      ] {
        let reply = try await server.send("PUT", "/api/v1/operations/circl/config", body)
        #expect(reply.status == status, "\(body.prefix(40))")
        #expect(!reply.body.contains("70000") && !reply.body.contains("abc"))
      }
      let shown = try world.registry.shownParameters("circl")
      #expect(shown.allSatisfy { !$0.isSet })
      for target in ["/api/v1/operations/none/config", "/api/v1/operations/none/enabled"] {
        let method = target.hasSuffix("config") ? "PUT" : "POST"
        let reply = try await server.send(method, target, #"{"enabled":true}"#)
        #expect(reply.status == 404, "\(target)")
      }
      #expect(try await server.get("/api/v1/operations/none").status == 404)
      #expect(try await server.get("/api/v1/operations?a=b").status == 400)
      #expect(try await server.get("/api/v1/operations/circl/").status == 404)
      #expect(try await server.get("/api/v1/operationsx").status == 404)
    }
  }

  @Test func settingsNeedAnAdministrator() async throws {
    let world = try EnrichmentWorld()
    let book = TokenBook()
    let desk = book.add(TokenGrant(name: "desk", scopes: [.enrich]))
    let bound = book.add(TokenGrant(name: "bound", scopes: [.enrich], datasets: ["main"]))
    try await world.serving(access: book.control()) { server in
      let header = ["Authorization: Bearer \(desk)"]
      let put = try await server.send(
        "PUT", "/api/v1/operations/circl/config", "{}", headers: header)
      #expect(put.status == 403)
      let post = try await server.send(
        "POST", "/api/v1/operations/circl/enabled", #"{"enabled":true}"#, headers: header)
      #expect(post.status == 403)
      #expect(try await server.get("/api/v1/operations", headers: header).status == 200)
      // Actions read every dataset.
      let some = ["Authorization: Bearer \(bound)"]
      #expect(try await server.get("/api/v1/operations", headers: some).status == 403)
      let run = try await server.run(
        "tidemark", "passive-dns", "fqdn", "www.example.com", headers: some)
      #expect(run.status == 403)
    }
  }

  @Test func withoutALibraryTheyAllSaySo() async throws {
    try await TestServer.serving(MemoryStore()) { server in
      for target in [
        "/api/v1/operations", "/api/v1/indicators", "/api/v1/indicators/fqdn/example.com",
        "/api/v1/results/a", "/api/v1/results/a/raw", "/api/v1/indicators/export?format=csv",
      ] {
        let reply = try await server.get(target)
        #expect(reply.status == 503 && reply.body.contains("no library"), "\(target)")
      }
    }
  }
}
