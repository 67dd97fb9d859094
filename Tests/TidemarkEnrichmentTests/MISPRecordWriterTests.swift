import DNSWire
import Foundation
import TidemarkEnrichment
import TidemarkModel
import Testing

struct MISPRecordWriterTests {
  private func event(_ records: [SampleRecord]) throws -> [String: Any] {
    var writer = MISPRecordWriter(now: 1_700_000_000)
    var out: [UInt8] = []
    for record in records {
      writer.append(record.row, rrname: record.rrname.span, rdata: record.rdata.span, to: &out)
    }
    writer.finish(to: &out)
    let read = try JSONSerialization.jsonObject(with: Data(out)) as? [String: [String: Any]]
    return try #require(read?["Event"])
  }

  private func values(_ object: [String: Any]) -> [String: [String]] {
    let attributes = object["Attribute"] as? [[String: Any]] ?? []
    return Dictionary(
      grouping: attributes, by: { $0["object_relation"] as? String ?? "" }
    ).mapValues { $0.compactMap { $0["value"] as? String } }
  }

  @Test func recordsBecomeObjectsOfTheTemplate() throws {
    let event = try event([
      SampleRecord(
        "threatsketch.com.", .ns, "dns04.gpn.register.com.", vantage: .zone,
        bailiwick: Bailiwick(rawValue: 1)),
      SampleRecord("www.threatq.com", .a, "104.196.175.197", bailiwick: Bailiwick(rawValue: 2)),
    ])
    #expect(event["date"] as? String == "2023-11-14")
    let objects = try #require(event["Object"] as? [[String: Any]])
    #expect(objects.count == 2)
    let first = objects[0]
    #expect(first["name"] as? String == "passive-dns")
    #expect(first["meta-category"] as? String == "network")
    #expect(first["template_uuid"] as? String == "b77b7b1c-66ab-4a41-8da4-83810f6d2d6c")
    #expect(first["template_version"] as? String == "5")
    #expect((first["description"] as? String)?.isEmpty == false)
    #expect(first["first_seen"] as? String == "2017-05-23T07:19:43Z")
    #expect(
      values(first) == [
        "rrname": ["threatsketch.com"], "rrtype": ["NS"], "rdata": ["dns04.gpn.register.com"],
        "count": ["3"], "time_first": ["2017-05-23T07:19:43Z"],
        "time_last": ["2017-05-23T10:02:48Z"], "zone_time_first": ["2017-05-23T07:19:43Z"],
        "zone_time_last": ["2017-05-23T10:02:48Z"],
      ])
    #expect(values(objects[1])["bailiwick"] == ["threatq.com"])
    let attributes = try #require(first["Attribute"] as? [[String: Any]])
    #expect(attributes.allSatisfy { $0["to_ids"] as? Bool == false })
    let types = attributes.map { ($0["object_relation"] as? String, $0["type"] as? String) }
    #expect(types.contains { $0 == ("count", "counter") })
    #expect(types.contains { $0 == ("time_last", "datetime") })
  }

  /// MISP refuses an object that it has seen.
  @Test func identifiersAreFreshEveryTime() throws {
    let record = try SampleRecord("example.com", .a, "192.0.2.1")
    var ids: [String] = []
    for _ in 0..<2 {
      let object = try #require((try event([record])["Object"] as? [[String: Any]])?.first)
      ids.append(try #require(object["uuid"] as? String))
      ids += (object["Attribute"] as? [[String: Any]] ?? []).compactMap { $0["uuid"] as? String }
    }
    #expect(ids.count == 14 && Set(ids).count == 14)
    #expect(ids.allSatisfy { UUID(uuidString: $0) != nil && $0.dropFirst(14).first == "4" })
  }

  @Test func anObjectPointsToWhatItAnswers() throws {
    let input = "5e9f5a7c-2b53-4b13-9d02-0c1a6c7d8e9f"
    let object = MISPObject(
      rrname: "example.com", rrtype: "A", rdata: ["192.0.2.1", "192.0.2.2"], timeFirst: 1,
      timeLast: 2, bailiwick: "com", origin: "https://example.org/", relatedTo: input)
    let read = try JSONSerialization.jsonObject(with: JSONEncoder().encode(object))
    let members = try #require(read as? [String: Any])
    #expect(values(members)["rdata"] == ["192.0.2.1", "192.0.2.2"])
    #expect(values(members)["bailiwick"] == nil && values(members)["count"] == nil)
    #expect(values(members)["origin"] == ["https://example.org/"])
    let reference = try #require((members["ObjectReference"] as? [[String: String]])?.first)
    #expect(reference["referenced_uuid"] == input)
    #expect(reference["object_uuid"] == members["uuid"] as? String)
    #expect(reference["relationship_type"] == "related-to")
  }

  @Test func nothingIsAnEventWithoutObjects() throws {
    #expect((try event([])["Object"] as? [Any])?.isEmpty == true)
  }
}
