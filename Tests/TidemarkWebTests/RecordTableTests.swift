import DNSWire
import Testing
import TidemarkModel
import TidemarkQuery
import TidemarkStore
import TidemarkTesting
import TidemarkWeb

/// Rows as markup.
@Suite struct RecordTableTests {
  private func rows(
    _ samples: [StoreSample], of owner: String = "example.com", merging: Bool = true
  ) throws -> [RecordRow] {
    let store = MemoryStore()
    _ = try store.apply(StoreSample.batch(samples))
    var query = RecordQuery(.ownerAtOrBelow(StoreSample.name(owner)))
    query.mergesTriples = merging
    let cursor = RecordCursor(query, store: store)
    var rows: [RecordRow] = []
    while try cursor.next({ row in
      rows.append(copy row)
      return true
    }) == .paused {}
    return rows
  }

  private func markup(
    _ samples: [StoreSample], current: String = "example.com", trail: PivotTrail = PivotTrail(),
    sensors: [SensorNumber: String] = [:], datasets: [DatasetNumber: String] = [:]
  ) throws -> String {
    var table = RecordTable(
      .records, current: current, trail: trail, sensors: sensors, datasets: datasets)
    for row in try rows(samples) { table.append(row) }
    return table.html.string
  }

  @Test func aRowHasItsCells() throws {
    let html = try markup([
      StoreSample("www.example.com", .a, [192, 0, 2, 1], time: 1_750_000_000, count: 1_234)
    ])
    #expect(
      html == """
        <tr><td class="mono wrap"><a data-main href="/ui/search?q=www.example.com&amp;\
        trail=example.com">www.example.com</a> <span class="hint" \
        data-hint="www.example.com"></span></td><td class="type">A</td><td class="mono wrap">\
        <a href="/ui/search?q=192.0.2.1&amp;trail=example.com">192.0.2.1</a> \
        <span class="hint" data-hint="192.0.2.1"></span></td>\
        <td class="time"><time datetime="2025-06-15T15:06:40Z">2025-06-15 15:06</time></td>\
        <td class="time"><time datetime="2025-06-15T15:06:40Z">2025-06-15 15:06</time></td>\
        <td class="num">1,234</td><td>authority <span class="quiet mono">example.com</span></td>\
        </tr>

        """)
  }

  @Test func theValueOfThePageIsNoPivot() throws {
    let html = try markup([StoreSample("example.com", .a, [192, 0, 2, 1])])
    #expect(html.contains("<a href=\"/ui/search?q=example.com\">example.com</a></td>"))
    #expect(html.contains("<a data-main href=\"/ui/search?q=192.0.2.1&amp;trail=example.com\">"))
    #expect(!html.contains("data-hint=\"example.com\""))
  }

  @Test func linksCarryTheTrail() throws {
    let trail = PivotTrail(text: "a.example~b.example")
    let html = try markup([StoreSample("example.com", .a, [192, 0, 2, 1])], trail: trail)
    #expect(html.contains("q=192.0.2.1&amp;trail=a.example~b.example~example.com\">"))
    #expect(html.contains("q=example.com&amp;trail=a.example~b.example\">"))
  }

  @Test(
    "names and addresses inside rdata are links",
    arguments: [
      (RRType.mx, [0, 10], "mail.example.net", ["mail.example.net"], "10 <a"),
      (.srv, [0, 1, 0, 2, 0x01, 0xBB], "s.example.net", ["s.example.net"], "1 2 443 <a"),
      (.ns, [], "ns1.example.net", ["ns1.example.net"], "wrap\"><a"),
      (.https, [0, 1], "svc.example.net", ["svc.example.net"], "1 <a"),
    ] as [(RRType, [UInt8], String, [String], String)])
  func linksNames(
    _ type: RRType, _ start: [UInt8], _ name: String, _ values: [String], _ text: String
  ) throws {
    let html = try markup([StoreSample("example.com", type, start + StoreSample.wire(name))])
    for value in values { #expect(html.contains("data-hint=\"\(value)\"")) }
    #expect(html.contains(text))
  }

  @Test func linksSeveralNamesAndHints() throws {
    let soa =
      StoreSample.wire("ns1.example.net") + StoreSample.wire("host.example.net")
      + [UInt8](repeating: 1, count: 20)
    let hints: [UInt8] = [0, 1, 0, 0, 4, 0, 8, 192, 0, 2, 1, 192, 0, 2, 2]
    let naptr: [UInt8] = [0, 1, 0, 2, 1, 0x53, 3, 0x61, 0x20, 0x62, 0]
    let html = try markup([
      StoreSample("example.com", .soa, soa), StoreSample("example.com", .https, hints),
      StoreSample("example.com", .naptr, naptr + StoreSample.wire("n.example.net")),
    ])
    for value in [
      "ns1.example.net", "host.example.net", "192.0.2.1", "192.0.2.2", "n.example.net",
    ] {
      #expect(html.contains("<span class=\"hint\" data-hint=\"\(value)\"></span>"), "\(value)")
    }
  }

  @Test func textIsALinkToTheSameText() throws {
    let html = try markup([StoreSample("example.com", .txt, [4] + Array("a<b\"".utf8))])
    #expect(
      html.contains(
        "<a data-main href=\"/ui/search?q=%22a%3Cb%5C%22%22&amp;as=text&amp;trail=example.com\">"
          + "&quot;a&lt;b\\&quot;&quot;</a>"))
  }

  @Test func namesWithStarsAreNoWildcards() throws {
    let html = try markup([StoreSample("\\*.example.com", .a, [192, 0, 2, 1])])
    #expect(html.contains("href=\"/ui/search?q=%5C%2A.example.com&amp;"))
    #expect(html.contains("data-hint=\"\\*.example.com\""))
    #expect(html.contains(">*.example.com</a>"))
    let odd = try markup([StoreSample("a=b.example.com", .a, [192, 0, 2, 1])])
    #expect(odd.contains("href=\"/ui/search?q=a%3Db.example.com&amp;as=name&amp;"))
  }

  @Test func sensorsAndDatasetsAreNamed() throws {
    var samples = (0..<5).map {
      StoreSample("example.com", .a, [192, 0, 2, 1], sensor: SensorNumber($0))
    }
    samples.append(StoreSample("example.com", .a, [192, 0, 2, 1], vantage: .client))
    let names = Dictionary(uniqueKeysWithValues: (0..<5).map { (SensorNumber($0), "s<\($0)>") })
    let html = try markup(samples, sensors: names, datasets: [.main: "main&"])
    #expect(html.contains("s&lt;0&gt;, s&lt;1&gt;, s&lt;2&gt; <span class=\"quiet\">and 2 more"))
    #expect(html.contains("<td>main&amp;</td>"))
    #expect(html.contains("authority, client"))
  }

  @Test func showsBothFormsAndWarns() throws {
    let html = try markup([
      StoreSample("xn--bcher-kva.example.com", .cname, StoreSample.wire("xn--pypal-4ve.example"))
    ])
    #expect(html.contains("<span class=\"quiet\" lang=\"und\">b\u{FC}cher.example.com</span>"))
    #expect(html.contains("<span class=\"badge warn\">mixes Cyrillic and Latin letters</span>"))
  }

  /// Foreign octets are text wherever they stand: the tags are ours, whatever the record.
  @Test func hostileRecordsStayInTheirCells() throws {
    let payloads = [
      "<script>alert(1)</script>", "\"><img src=x onerror=alert(1)>", "' onmouseover='alert(1)",
      "</td></tr></table><h1>", "&lt;b&gt;", "javascript:alert(1)", "\u{0}\u{1B}[31m", "<!--",
      "]]>",
      "\u{202E}moc.elpmaxe", "{{{x}}}", "\u{301}\"onload=x",
    ]
    for payload in payloads {
      let octets = Array(payload.utf8.prefix(60))
      let label = [UInt8(octets.count)] + octets
      let name = label + StoreSample.wire("example.com")
      let html = try markup(
        [
          StoreSample("example.com", .txt, label), StoreSample("example.com", .cname, name),
          StoreSample("example.com", .mx, [0, 1] + name),
          StoreSample("example.com", RRType(rawValue: 65_280), octets),
          StoreSample("example.com", .naptr, [0, 1, 0, 1] + label + label + label + name),
          StoreSample("example.com", .txt, octets, vantage: .text),
        ], current: payload, trail: PivotTrail(text: payload), sensors: [0: payload],
        datasets: [.main: payload])
      #expect(RecordTableTests.foreignTags(html).isEmpty, "\(payload)")
      #expect(html.utf8.allSatisfy { $0 >= 0x20 || $0 == 0x0A })
      #expect(!html.contains("\u{202E}"))
    }
  }

  /// Tags that the table does not write. By octets: a quote before a combining mark is one
  /// character to Swift, and two to a browser.
  private static func foreignTags(_ html: String) -> [String] {
    let ours = [
      "<tr>", "</tr>", "<td class=\"", "<td>", "</td>", "</a>", "</span>", "</time>",
      "<span class=\"", "<a href=\"/ui/search?q=", "<a data-main href=\"/ui/search?q=",
      "<time datetime=\"",
    ]
    var foreign: [String] = []
    for piece in html.utf8.split(separator: UInt8(ascii: "<")) where piece.first != 0x0A {
      guard let end = piece.firstIndex(of: UInt8(ascii: ">")) else {
        foreign.append(String(decoding: piece, as: UTF8.self))
        continue
      }
      let tag = "<" + String(decoding: piece[...end], as: UTF8.self)
      let start = ours.first { tag.utf8.starts(with: $0.utf8) }
      // Behind the start of an attribute its value and its end follow, and no further quote but
      // those of the second attribute that some have.
      let quotes = tag.utf8.count { $0 == UInt8(ascii: "\"") }
      let hasTwo =
        tag.hasPrefix("<span class=\"hint\" data-") || tag.hasPrefix("<span class=\"quiet\" l")
      let isOurs = start.map {
        $0.utf8.last == UInt8(ascii: ">") ? tag == $0 : quotes == (hasTwo ? 4 : 2)
      }
      if isOurs != true { foreign.append(tag) }
    }
    return foreign
  }

  @Test func writesAThousandRows() throws {
    let samples = (0..<1_000).map { index in
      StoreSample(
        "host\(index).example.com", .mx,
        [0, 10] + StoreSample.wire("mail\(index).example.net"), count: UInt64(index * 7_919 + 1))
    }
    let rows = try rows(samples)
    #expect(rows.count == 1_000)
    var table = RecordTable(
      .records, current: "*.example.com", trail: PivotTrail(text: "a.example~b.example"),
      capacity: rows.count)
    for row in rows { table.append(row) }
    #expect(table.rows == 1_000 && table.html.octets.count > 300_000)
  }

  @Test func cutsLongRData() throws {
    let long = [UInt8](repeating: 0xAB, count: 20_000)
    let html = try markup([StoreSample("example.com", RRType(rawValue: 65_280), long)])
    #expect(html.utf8.count < 6_000)
    #expect(html.contains("octets</span>"))
  }
}
