import DNSWire
import Testing
import TidemarkIngest
import TidemarkModel

/// What a zone file leaves in a batch, and where the rest went.
struct ZoneDecoderTests {
  private static let zone = """
    $TTL 60
    $ORIGIN example.com.
    @ IN SOA ns1 host 7 1 1 1 1
    @ NS ns1
    ns1 A 192.0.2.1
    child NS ns.child
    child DS 1 13 2 abcd
    ns.child AAAA 2001:db8::53
    """

  /// Decodes a text in chunks.
  private func decode(
    _ text: String, takesDNSSEC: Bool = false, firstItem: UInt64 = 0, chunk: Int = .max,
    file: ZoneFileSettings = ZoneFileSettings()
  ) throws -> (lines: [String], account: Accounting, rejections: [ZoneRejection]) {
    var snapshot = ZoneSnapshot(
      apex: try DomainName(text: "example.com"), serial: 7, time: 1_700_000_000)
    snapshot.takesDNSSEC = takesDNSSEC
    var settings = SourceSettings(
      origin: ObservationOrigin(dataset: .main, sensor: 3, vantage: .zone), now: 1_700_100_000)
    settings.firstItem = firstItem
    var decoder = ZoneDecoder(snapshot: snapshot, file: file, settings: settings)
    let batch = RecordBatch()
    var window = Array(text.utf8)
    var rest = window[...]
    var step = DecodeStep.needsInput
    while step == .needsInput {
      window = Array(rest.prefix(chunk))
      rest = rest.dropFirst(chunk)
      var offset = 0
      step = try decoder.decode(
        window.span, at: &offset, isFinal: rest.isEmpty, into: batch)
    }
    var account = Accounting()
    decoder.account(into: &account)
    account.stored = UInt64(batch.count)
    account.merged = batch.observations - account.stored
    return (lines(of: batch), account, decoder.rejections)
  }

  private func lines(of batch: RecordBatch) -> [String] {
    batch.sort()
    return batch.entries.compactMap { entry in
      batch.withKey(of: entry) { key -> String? in
        guard let view = RecordKeyView(key) else { return nil }
        var name: [UInt8] = []
        guard RecordKeyView.appendWireName(reversed: key.extracting(view.reversedName), to: &name)
        else { return nil }
        var rdata: [UInt8] = []
        RDataText.append(
          key.extracting(view.rdata), type: view.rrtype, style: .circl, to: &rdata)
        let owner = DomainName(canonicalWire: name).text(finalDot: false)
        return "\(owner) \(view.rrtype) \(String(decoding: rdata, as: UTF8.self)) "
          + "\(view.vantage) \(view.bailiwick.rawValue) \(entry.timeFirst) \(entry.count)"
      }
    }
  }

  private func reasons(_ reasons: [Accounting.Reason]) -> [String: UInt64] {
    Dictionary(uniqueKeysWithValues: reasons.map { ($0.name, $0.count) })
  }

  @Test(arguments: [Int.max, 1, 13])
  func givesDelegationsAndGlueTheZonesBailiwick(_ chunk: Int) throws {
    let result = try decode(Self.zone, chunk: chunk)
    #expect(
      result.lines == [
        "example.com NS ns1.example.com zone 2 1700000000 1",
        "example.com SOA ns1.example.com host.example.com 7 1 1 1 1 zone 2 1700000000 1",
        "child.example.com NS ns.child.example.com zone 2 1700000000 1",
        "child.example.com DS 1 13 2 ABCD zone 2 1700000000 1",
        "ns.child.example.com AAAA 2001:db8::53 zone 2 1700000000 1",
        "ns1.example.com A 192.0.2.1 zone 2 1700000000 1",
      ])
    #expect(result.account.read == 6)
    #expect(result.account.isBalanced)
  }

  @Test func countsEveryReason() throws {
    let result = try decode(
      Self.zone + """

        ns1 A 192.0.2.1
        x A 192.0.2.300
        \t TXT "ok"
        y CH TXT z
        out.example.org. A 192.0.2.1
        k RRSIG A 13 2 300 1704067200 1701388800 1 example.com. YWJj
        k NSEC a A
        @ SOA ns1 host 8 1 1 1 1
        @ TYPE252 \\# 0
        $GENERATE 1-2 a$ A 192.0.2.$
        """)
    let account = result.account
    #expect(account.isBalanced)
    #expect(account.offered == 16)
    #expect(account.stored == 7)
    #expect(
      reasons(account.filtered) == [
        "repeated-in-snapshot": 1, "class-not-in": 1, "dnssec-not-taken": 2, "second-soa": 1,
        "never-stored": 1,
      ])
    #expect(reasons(account.malformed) == ["bad-rdata": 1])
    #expect(reasons(account.dropped) == ["out-of-zone": 1, "generate-refused": 1])
    #expect(result.rejections.map(\.line) == [10, 18])
  }

  @Test func takesDNSSECRecordsWhenTold() throws {
    let text = Self.zone + "\nk NSEC a A\n"
    #expect(try decode(text).account.stored == 6)
    #expect(try decode(text, takesDNSSEC: true).account.stored == 7)
  }

  @Test func goesOnBehindTheItemsStored() throws {
    let all = try decode(Self.zone).lines
    let rest = try decode(Self.zone, firstItem: 4)
    #expect(rest.lines.count == 2)
    #expect(Set(rest.lines).isSubset(of: all))
    #expect(rest.account.read == 2)
    #expect(rest.account.isBalanced)
  }

  @Test func noticesACopyOfARecordThatIsStored() throws {
    let copy = Self.zone + "\nns1 A 192.0.2.1\n"
    let rest = try decode(copy, firstItem: 6)
    #expect(rest.lines.isEmpty)
    #expect(reasons(rest.account.filtered) == ["repeated-in-snapshot": 1])
  }

  @Test func stopsAtAnIncludeThatIsNotAllowed() {
    #expect(throws: ImportError.self) { try decode(Self.zone + "\n$INCLUDE x\n") }
  }

  @Test(arguments: [Int.max, 5])
  func readsIncludedFiles(_ chunk: Int) throws {
    var file = ZoneFileSettings()
    file.includer = { path in
      let isFirst = path == Array("a".utf8)
      return IncludedText(isFirst ? "w A 192.0.2.7\n$INCLUDE b" : "v A 192.0.2.8")
    }
    let result = try decode(
      Self.zone + "\n$INCLUDE a sub\nlast A 192.0.2.9\n", chunk: chunk, file: file)
    #expect(result.account.read == 9)
    let names = result.lines.map { $0.prefix { $0 != " " } }
    #expect(names.contains("w.sub.example.com"))
    #expect(names.contains("v.sub.example.com"))
    #expect(names.contains("last.example.com"))
  }

  @Test func refusesFilesThatIncludeThemselves() {
    var file = ZoneFileSettings()
    file.includer = { _ in IncludedText("$INCLUDE me") }
    #expect(throws: ImportError.self) { try decode("$INCLUDE me", file: file) }
  }

  @Test func refusesToGoOnWithAnotherIncludedFile() throws {
    var file = ZoneFileSettings()
    file.includer = { _ in IncludedText("w A 192.0.2.7\nv A 192.0.2.8") }
    file.includedDigest = 1
    let text = "$ORIGIN example.com.\n$INCLUDE x\nlast A 192.0.2.9\n"
    #expect(throws: ImportError.self) { try decode(text, firstItem: 1, file: file) }
  }

  @Test func findsTheSOARecordWhereverItStands() throws {
    var file = ZoneFileSettings()
    file.origin = try DomainName(text: "example.com").wire
    for text in ["@ SOA a b 9 1 1 1 1\n", "a 1 A 192.0.2.1\nx BAD\n@ IN SOA a b 9 1 1 1 1"] {
      var finder = ZoneStartFinder(file: file)
      let start = try finder.take(Array(text.utf8).span, isFinal: true)
      #expect(start == ZoneStart(apex: try DomainName(text: "example.com"), serial: 9))
    }
    var finder = ZoneStartFinder(file: file)
    #expect(try finder.take(Array("a 1 A 192.0.2.1\n".utf8).span, isFinal: true) == nil)
  }

  @Test(arguments: [
    ("$TTL 1d\n@ SOA a", true), ("; x\n\n$ORIGIN example.\n", true),
    ("example. 1 in soa a. b. 1 2 3 4 5\nexample.", true),
    ("@ IN SOA ns host (\n 1 2 3 4 5 )\n", true), ("$TTL\n", false), ("$TTL x\n", false),
    ("$money\n", false), ("", false), ("; only a comment", false),
    ("example. 1 in a 192.0.2.1", false),
    ("{\"rrname\":\"example.com\"}", false), ("1322849924.4||192.0.2.1||", false),
    ("#fields\tts\n", false),
  ])
  func recognisesMasterFiles(_ head: String, _ isZone: Bool) {
    #expect(ZoneDecoder.recognises(Array(head.utf8).span) == isZone)
  }
}

/// A file in memory, given octet by octet.
private final class IncludedText: ZoneIncludedFile {
  private var octets: ArraySlice<UInt8>

  init(_ text: String) {
    octets = Array(text.utf8)[...]
  }

  func next(into chunk: inout [UInt8]) -> Bool {
    chunk = Array(octets.prefix(1))
    octets = octets.dropFirst()
    return !chunk.isEmpty
  }
}
