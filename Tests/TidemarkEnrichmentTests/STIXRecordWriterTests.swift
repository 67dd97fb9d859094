import DNSWire
import Foundation
import Testing
import TidemarkEnrichment
import TidemarkModel

/// A record by its texts, for tests of writers.
struct SampleRecord {
  let row: TextRow
  let rrname: [UInt8]
  let rdata: [UInt8]

  init(
    _ owner: String, _ type: RRType, _ data: String, first: UnixSeconds = 1_495_523_983,
    last: UnixSeconds = 1_495_533_768, count: UInt64 = 3, vantage: Vantage? = nil,
    bailiwick: Bailiwick = .unknown
  ) throws {
    row = TextRow(
      rrtype: type, timeFirst: first, timeLast: last, count: count, vantage: vantage,
      bailiwick: bailiwick)
    rrname = try DomainName(text: owner).wire
    let text = Array(data.utf8)
    var octets: [UInt8] = []
    if vantage == .text {
      octets = text
    } else {
      try RDataParser.parse(text.span, type: type, into: &octets)
    }
    rdata = octets
  }
}

struct STIXRecordWriterTests {
  private func bundle(
    _ records: [SampleRecord]
  ) throws -> (objects: [[String: Any]], writer: STIXRecordWriter) {
    var writer = STIXRecordWriter()
    var out: [UInt8] = []
    for record in records {
      try writer.append(record.row, rrname: record.rrname.span, rdata: record.rdata.span, to: &out)
    }
    let end = writer
    writer.finish(to: &out)
    return (try objects(out), end)
  }

  private func objects(_ out: [UInt8]) throws -> [[String: Any]] {
    let read = try JSONSerialization.jsonObject(with: Data(out))
    let bundle = try #require(read as? [String: Any])
    #expect(bundle["type"] as? String == "bundle" && bundle["spec_version"] == nil)
    return bundle["objects"] as? [[String: Any]] ?? []
  }

  private func one(_ type: String, in objects: [[String: Any]]) throws -> [String: Any] {
    let found = objects.filter { $0["type"] as? String == type }
    #expect(found.count == 1, "\(type)")
    return try #require(found.first)
  }

  /// The identifiers of the standard, as its own library makes them.
  @Test func observablesHaveTheStandardsIdentifiers() throws {
    let (objects, _) = try bundle([
      SampleRecord("threatsketch.com", .a, "104.196.175.197"),
      SampleRecord("ThreatSketch.com.", .aaaa, "2001:0610:148:DEAD::6"),
    ])
    let ids = Set(objects.compactMap { $0["id"] as? String })
    #expect(ids.contains("domain-name--7bcfb597-d3c8-55a9-8d0f-ce23dae62461"))
    #expect(ids.contains("ipv4-addr--63705d4a-e16e-57d3-8738-2338aff3e1fe"))
    #expect(ids.contains("ipv6-addr--da988d3c-1c14-5cae-8317-00661c2181ae"))
    // Author and definition, a name, two addresses, two of each for the records.
    #expect(objects.count == 9 && ids.count == 9)
  }

  @Test(arguments: [
    (RRType.a, "192.0.2.1", "resolves-to"), (.aaaa, "2001:db8::1", "resolves-to"),
    (.cname, "other.example.net.", "resolves-to"), (.dname, "example.net", "resolves-to"),
    (.ns, "NS1.example.net", "related-to"), (.mx, "10 mail.example.net", "related-to"),
    (.ptr, "host.example.net", "related-to"), (.srv, "0 5 443 host.example.net", "related-to"),
  ])
  func linksByType(_ type: RRType, _ data: String, _ kind: String) throws {
    let (objects, _) = try bundle([SampleRecord("www.example.com", type, data)])
    let link = try one("relationship", in: objects)
    #expect(link["relationship_type"] as? String == kind)
    #expect(link["description"] as? String == "DNS \(type.mnemonic)")
    #expect(link["start_time"] as? String == "2017-05-23T07:19:43.000Z")
    #expect(link["stop_time"] as? String == "2017-05-23T10:02:48.000Z")
    let ids = Set(objects.compactMap { $0["id"] as? String })
    for member in ["source_ref", "target_ref", "created_by_ref"] {
      #expect(ids.contains(link[member] as? String ?? ""))
    }
    let observed = try one("observed-data", in: objects)
    #expect((observed["object_refs"] as? [String])?.count == 3)
    #expect(ids.isSuperset(of: observed["object_refs"] as? [String] ?? []))
  }

  @Test(arguments: [
    (RRType.txt, "\"v=spf1 -all\""), (.soa, "a.example b.example 1 2 3 4 5"),
    (.ns, "."), (.cname, "_x.example.net"), (.mx, "0 ."), (.ptr, "192.0.2.1"),
  ])
  func otherDataHasNoLink(_ type: RRType, _ data: String) throws {
    let (objects, _) = try bundle([SampleRecord("www.example.com", type, data)])
    #expect(!objects.contains { $0["type"] as? String == "relationship" })
    #expect(try one("observed-data", in: objects)["object_refs"] as? [String] != [])
  }

  /// The root has no observable; others stand as the nearest host name above them.
  @Test(arguments: [
    ("_dmarc.circl.lu", "circl.lu"), ("*.example.com", "example.com"),
    ("_sip._tcp.example.com", "example.com"), ("a\\.b.example.com", "example.com"),
    ("-x.example.com", "example.com"), ("a._b.c.example.com", "c.example.com"),
  ])
  func ownersThatAreNoHostNames(_ owner: String, _ shown: String) throws {
    let (objects, _) = try bundle([SampleRecord(owner, .a, "192.0.2.1")])
    #expect(try one("domain-name", in: objects)["value"] as? String == shown)
    #expect(!objects.contains { $0["type"] as? String == "relationship" })
    let observed = try one("observed-data", in: objects)
    let extensions = try #require(observed["extensions"] as? [String: [String: Any]])
    let member = try #require(extensions.values.first)
    let text = try DomainName(text: owner).text(finalDot: false)
    #expect(member["rrname"] as? String == text)
    #expect(member["extension_type"] as? String == "property-extension")
  }

  @Test func ownersWithoutAnyHostNameAreCounted() throws {
    let (objects, writer) = try bundle([
      SampleRecord(".", .ns, "a.root-servers.net"), SampleRecord("_tcp", .a, "192.0.2.1"),
      SampleRecord("1.2.3.4", .a, "192.0.2.1"),
    ])
    #expect(objects.count == 2 && writer.leftOut == 3)
  }

  @Test(arguments: [
    (UInt64(0), 1), (1, 1), (999_999_999, 999_999_999), (1_000_000_000, 999_999_999),
    (UInt64.max, 999_999_999),
  ])
  func countsStayWithinTheStandardsBounds(_ count: UInt64, _ shown: Int) throws {
    let (objects, _) = try bundle([
      SampleRecord("example.com", .a, "192.0.2.1", first: 7, last: 7, count: count)
    ])
    let observed = try one("observed-data", in: objects)
    #expect(observed["number_observed"] as? Int == shown)
    #expect(observed["first_observed"] as? String == "1970-01-01T00:00:07.000Z")
    // The same moment is no span.
    #expect(try one("relationship", in: objects)["stop_time"] == nil)
  }

  /// Later times make newer versions of the same objects; other records make other objects.
  @Test func identifiersDependOnTheRecordOnly() throws {
    func ids(_ record: SampleRecord) throws -> Set<String> {
      Set(try bundle([record]).objects.compactMap { $0["id"] as? String })
    }
    let earlier = try ids(SampleRecord("example.com", .mx, "10 a.example.net", last: 1_600_000_000))
    let later = try ids(SampleRecord("example.com", .mx, "10 a.example.net", last: 1_700_000_000))
    #expect(earlier == later)
    let other = try ids(SampleRecord("example.com", .mx, "20 a.example.net"))
    #expect(earlier.subtracting(other).count == 2)
    let zone = try ids(SampleRecord("example.com", .mx, "10 a.example.net", vantage: .zone))
    #expect(earlier.subtracting(zone).count == 2)
  }

  /// The standard's validator takes no dotted end.
  @Test func mappedAddressesAreWrittenInGroups() throws {
    let (objects, _) = try bundle([SampleRecord("example.com", .aaaa, "::ffff:192.0.2.1")])
    let address = try one("ipv6-addr", in: objects)
    #expect(address["value"] as? String == "::ffff:c000:201")
    #expect(address["id"] as? String == "ipv6-addr--c1779296-0795-5825-8d9c-883ce3b8c8d3")
    for (text, value) in [
      ("::ffff:192.0.2.1", "::ffff:c000:201"), ("2001:DB8::1", "2001:db8::1"),
    ] {
      #expect(STIXIdentifier.value(of: try IndicatorKey(.ipv6, text)) == value)
    }
    let block = try IndicatorKey(.cidr, "::ffff:192.0.2.0/120")
    #expect(STIXIdentifier.value(of: block) == "::ffff:c000:200/120")
  }

  @Test func lossyRowsPointToTheirLastWord() throws {
    let (objects, _) = try bundle([
      SampleRecord("example.com", .mx, "mail.example.net", vantage: .text),
      SampleRecord("example.com", .a, "\"not \u{1}an address", vantage: .text),
    ])
    let link = try one("relationship", in: objects)
    #expect(link["description"] as? String == "DNS MX")
  }

  @Test func fullBundlesCanBeFinished() throws {
    var writer = STIXRecordWriter(objectsMax: 10)
    var out: [UInt8] = []
    var written = 0
    for number in 0..<10 {
      let record = try SampleRecord("h\(number).example.com", .a, "192.0.2.\(number)")
      do throws(STIXRecordWriter.Full) {
        try writer.append(
          record.row, rrname: record.rrname.span, rdata: record.rdata.span, to: &out)
        written += 1
      } catch {
        break
      }
    }
    writer.finish(to: &out)
    #expect(written == 2)
    #expect(try objects(out).count == 10)
  }

  /// Some readers refuse a bundle without objects.
  @Test func nothingIsABundleWithItsAuthor() throws {
    let (objects, _) = try bundle([])
    #expect(
      objects.compactMap { $0["type"] as? String } == ["identity", "extension-definition"])
  }
}
