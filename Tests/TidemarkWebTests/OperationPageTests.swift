import TidemarkEnrichment
import TidemarkWeb
import Testing

struct OperationPageTests {
  private static let admin: PageValues = ["may_admin": true, "form_token": "f0rm"]

  private static func changes(
    _ world: LibraryWorld, _ id: String, _ form: [(String, String)]
  ) throws -> OperationChanges {
    OperationChanges(try world.registry.shownParameters(id)) { name in
      form.filter { $0.0 == name }.map(\.1)
    }
  }

  @Test func secretsAreNeverShown() throws {
    let world = try LibraryWorld()
    try world.registry.configure("circl", ["token": "user:s3cret"])
    var page = OperationPage(try OperationState("circl", in: world.registry))
    page.draft = ["token": "an0ther"]
    let frames: [PageValues] = [Self.admin, ["may_admin": false]]
    for values in frames {
      let html = page.page.main(values)
      #expect(!html.contains("s3cret") && !html.contains("an0ther"))
      #expect(html.contains("set; leave empty to keep it") || html.contains("set, not shown"))
    }
    let changes = try Self.changes(world, "circl", [("set.token", "abc"), ("set.port", "x")])
    #expect(changes.draft["token"] == nil && changes.draft["port"] == "x")
    #expect(changes.faults.keys.sorted() == ["port", "token"])
    #expect(!changes.faults.values.contains { $0.contains("abc") })
  }

  @Test func onlyAdministratorsGetAForm() throws {
    let world = try LibraryWorld()
    let page = OperationPage(try OperationState("circl", in: world.registry)).page
    let form = page.main(Self.admin)
    #expect(form.contains("name=\"set.token\"") && form.contains("type=\"password\""))
    #expect(form.contains("value=\"enable\"") && form.contains("not configured"))
    #expect(form.contains("Standard: <span class=\"mono\">www.circl.lu</span>"))
    let shown = page.main(["may_admin": false])
    #expect(!shown.contains("<form") && shown.contains("scope admin"))
    #expect(shown.contains("www.circl.lu"))
  }

  @Test func aFormChangesWhatDiffers() throws {
    let world = try LibraryWorld()
    try world.registry.configure("circl", ["token": "s3cret", "max_rows": "7"])
    let same: [(String, String)] = [
      ("set.token", ""), ("set.host", "www.circl.lu"), ("set.port", ""), ("set.max_rows", "7"),
      ("set.use_http", "false"), ("set.verify_tls", "false"), ("set.verify_tls", "true"),
    ]
    #expect(try Self.changes(world, "circl", same).isEmpty)
    let form = [
      ("set.token", "n3w-one"), ("set.port", "8443"), ("set.max_rows", "500"),
      ("set.verify_tls", "false"), ("set.nonsense", "x"),
    ]
    let changes = try Self.changes(world, "circl", form)
    // What is the standard is taken back, so that it stays the standard.
    #expect(
      changes.values == [
        "token": "n3w-one", "port": "8443", "max_rows": nil, "verify_tls": "false",
      ]
    )
    #expect(changes.faults.isEmpty)
    let back = try Self.changes(world, "circl", [("unset.token", "1")])
    #expect(back.values == ["token": nil] && back.takenBack == ["token"])
  }

  @Test func faultsStandBesideTheirFields() throws {
    let world = try LibraryWorld()
    try world.registry.configure("circl", ["token": "s3cret"])
    var changes = try Self.changes(world, "circl", [("set.host", "pdns.example")])
    do throws(OperationError) {
      try world.registry.configure("circl", changes.values)
      Issue.record("the secret went elsewhere")
    } catch {
      let isAboutFields = changes.add(error)
      #expect(isAboutFields)
    }
    #expect(changes.faults.keys.sorted() == ["host", "token"])
    var page = OperationPage(try OperationState("circl", in: world.registry))
    page.draft = changes.draft
    page.faults = changes.faults
    let html = page.page.main(Self.admin)
    #expect(html.count(of: "aria-invalid=\"true\"") == 2)
    #expect(html.contains("value=\"pdns.example\""))
  }

  @Test func saysPlainlyWhatLeavesThisMachine() throws {
    let world = try LibraryWorld()
    func state(_ id: String) throws -> OperationState { try OperationState(id, in: world.registry) }
    let own = try state("tidemark")
    #expect(!own.asksOutside && own.reach.hasPrefix("Nothing leaves this machine"))
    try world.registry.configure("tidemark", ["registration": "live"])
    let live = try state("tidemark")
    #expect(live.asksOutside && live.reach.contains("registries"))
    let circl = try state("circl")
    #expect(circl.reach.contains("your token to www.circl.lu over HTTPS") && circl.warnings.isEmpty)
    try world.registry.configure(
      "circl", ["use_http": "true", "port": "8080", "verify_tls": "false"])
    let risky = try state("circl")
    #expect(risky.reach.contains("www.circl.lu:8080 over HTTP.") && risky.warnings.count == 2)
    let tools = try state("domaintools")
    #expect(tools.reach.contains("https://api.domaintools.com"))
    #expect(tools.reach.contains("The API key itself is not sent."))
    let list = OperationListPage([live, risky, tools]).page.main()
    #expect(list.contains("Requests are not encrypted") && list.contains("not configured"))
    #expect(!list.contains("<form"))
  }

  @Test func typedTextIsEscaped() throws {
    let world = try LibraryWorld()
    let form = [("set.host", LibraryWorld.hostile)]
    let changes = try Self.changes(world, "dnsdb", form)
    var page = OperationPage(try OperationState("dnsdb", in: world.registry))
    page.draft = changes.draft
    page.faults = changes.faults
    let html = page.page.main(Self.admin)
    #expect(!html.isBrokenOpen && html.contains("value=\"&lt;script&gt;"))
  }
}
