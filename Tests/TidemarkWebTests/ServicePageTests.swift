import TidemarkModel
import TidemarkSharing
import TidemarkStore
import TidemarkWeb
import Testing

/// The state of the service in words, and nothing that helps to get in.
struct ServicePageTests {
  private static let now: UnixSeconds = 1_800_000_000
  private static let hostile = "<img src=x onerror=alert(1)>\"'\u{202E}"

  private static func html(_ content: ServiceContent) -> String {
    let page = ServicePage.page(content, now: now)
    return String(decoding: PageTemplates.shared.render(page, in: PageFrame()), as: UTF8.self)
  }

  private static func sensors(_ adjust: (inout ServiceSensor) -> Void) -> String {
    var sensor = ServiceSensor(
      name: "roof", uuid: "3f0c2f9e-5a1b-4c7d-9e21-7b8a6d5c4e3f", state: .approved)
    adjust(&sensor)
    return html(.sensors(ServiceSensors([sensor], unknownAttempts: 0)))
  }

  @Test func everyPartHasATab() {
    for part in ServicePart.allCases {
      let html = Self.html(.withheld(part))
      #expect(html.contains("aria-current=\"page\">\(part.title)</a>"), "\(part)")
      #expect(html.contains("the scope admin only"))
    }
  }

  @Test func saysInWordsWhatASensorDoes() {
    #expect(Self.sensors { $0.lastSeen = Self.now - 60 }.contains(">sends</span>"))
    #expect(Self.sensors { $0.lastSeen = Self.now - 900 }.contains(">silent</span>"))
    // A clock that went back makes nobody silent.
    #expect(Self.sensors { $0.lastSeen = Self.now + 60 }.contains(">sends</span>"))
    #expect(Self.sensors { _ in }.contains(">never seen</span>"))
    #expect(Self.sensors { $0.state = .pending }.contains(">waits for approval</span>"))
    #expect(Self.sensors { $0.state = .blocked }.contains(">blocked</span>"))
    #expect(Self.sensors { $0.clockOffset = -61 }.contains("−61 s <span class=\"badge warn\">"))
    #expect(!Self.sensors { $0.clockOffset = 60 }.contains("clock off"))
  }

  @Test func showsLossesWithTheirShare() {
    let html = Self.sensors {
      $0.records = 999_000
      $0.losses = 1_000
      $0.recordsPerMinute = 1_234.56
    }
    #expect(html.contains("1,000 (0.1 %)") && html.contains(">1,234.6<"))
  }

  @Test func showsSensorsThatNeedHelpFirst() throws {
    var good = ServiceSensor(name: "a-good", uuid: "1", state: .approved)
    good.lastSeen = Self.now
    let silent = ServiceSensor(name: "b-silent", uuid: "2", state: .blocked)
    let html = Self.html(.sensors(ServiceSensors([good, silent], unknownAttempts: 7)))
    let first = try #require(html.firstRange(of: "b-silent"))
    let second = try #require(html.firstRange(of: "a-good"))
    #expect(first.lowerBound < second.lowerBound)
    #expect(html.contains("7 attempts"))
  }

  @Test func escapesForeignWords() {
    let sensor = Self.sensors {
      $0.name = Self.hostile
      $0.owner = Self.hostile
      $0.dataset = Self.hostile
      $0.lastError = Self.hostile
    }
    var source = ServiceSource(name: Self.hostile)
    source.offered = 10
    source.reasons = [.init(outcome: "dropped", reason: Self.hostile, count: 1)]
    source.events = [(name: Self.hostile, count: 2)]
    var overview = ServiceOverview(version: "1", uptimeSeconds: 1)
    overview.datasets = [Self.hostile]
    overview.failure = Self.hostile
    for html in [sensor, Self.html(.sources([source])), Self.html(.overview(overview))] {
      #expect(!html.contains("<img") && !html.contains("\u{202E}"))
      #expect(html.contains("&lt;img src=x onerror=alert(1)&gt;&quot;&#39;\\u{202E}"))
    }
  }

  @Test func sourcesSayWhereRecordsWent() {
    var source = ServiceSource(name: "dnstap")
    source.read = 5
    source.offered = 2_000
    source.outcomes = [
      "stored": 1_500, "merged": 400, "filtered": 60, "malformed": 30, "dropped": 10,
    ]
    source.reasons = [.init(outcome: "malformed", reason: "bad-pointer", count: 30)]
    let html = Self.html(.sources([source]))
    for text in [">1,500<", ">400<", ">60<", ">30<", ">10<", ">2.0 %<", "bad-pointer", ">1.5 %<"] {
      #expect(html.contains(text), "\(text)")
    }
    #expect(Self.html(.sources([])).contains("Nothing is collected"))
  }

  @Test func outlinesHoldNoSizes() {
    var overview = ServiceOverview(version: "0.1.0", uptimeSeconds: 93_600)
    overview.records = 1_234_567
    let outlines = Self.html(.overview(overview))
    #expect(outlines.contains("about 1,234,567") && outlines.contains("1 d 2 h"))
    #expect(outlines.contains("the scope admin only") && !outlines.contains("Disk free"))
    var details = ServiceOverview.Details()
    details.statistics = StoreStatistics(
      format: 3,
      families: [
        .init(
          family: .records, keys: 42, octetsOnDisk: 8 << 30, octetsInMemory: 2_048,
          levels: [.init(level: 6, files: 3, octets: 8 << 30)])
      ], octetsFree: 1 << 30)
    details.connections = 12
    overview.details = details
    let whole = Self.html(.overview(overview))
    for text in ["8.0 GiB", "Disk free", "1.0 GiB", "L6: 3 files", "Little disk is free"] {
      #expect(whole.contains(text), "\(text)")
    }
  }

  @Test func partnersShowTheirRulesAndNoSecrets() {
    var policy = PartnerPolicy(stream: "community")
    policy.include = ["example.com"]
    policy.maxAgeSeconds = 172_800
    var outlets = PartnerOutlets()
    outlets.push = PartnerPush(
      url: "d4://user:secret@d4.example.net:4443", keyFile: "/etc/keys/partner", uuid: "u")
    let partner = Partner(
      id: 1, name: Self.hostile, token: 1, tokenDigest: [UInt8](repeating: 0xAB, count: 32),
      policy: policy, outlets: outlets, created: 0, revoked: nil, expires: 10)
    var receiver = ServiceSharing.Receiver(partner)
    receiver.releases = [
      Release(partner: 1, rule: .released, rows: 7_000), Release(partner: 1, rule: .tlp, rows: 30),
    ]
    var stream = ServiceSharing.Stream(name: "community")
    stream.numbers = ["pending_records": 55, "released_records_total": 66]
    stream.dropped = [("too-few-sensors", 77), ("nothing", 0)]
    let html = Self.html(
      .sharing(ServiceSharing(streams: [stream], receivers: [receiver], isOn: true)))
    for text in [
      ">expired</span>", "7,000 rows", "30 rows", ">tlp<", "up to 2 d 0 h", "example.com",
      "d4://d4.example.net:4443", ">55<", ">66<", "too-few-sensors",
    ] { #expect(html.contains(text), "\(text)") }
    for text in ["secret", "/etc/keys", "abab", "<img"] { #expect(!html.contains(text), "\(text)") }
  }
}
