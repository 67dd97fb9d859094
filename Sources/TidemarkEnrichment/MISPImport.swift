import FoundationEssentials
import TidemarkModel

/// Reads events in MISP's JSON: one event, a list of them, or the answer of a search. Taken are
/// attributes whose type is a type of indicator, `passive-dns` objects with their relations, and
/// the attributes of all other objects.
enum MISPImport {
  private struct Event: Decodable {
    let attributes: RowList<Attribute>?
    let objects: RowList<Object>?

    enum CodingKeys: String, CodingKey {
      case attributes = "Attribute"
      case objects = "Object"
    }
  }

  private struct Wrapped: Decodable {
    let event: Event

    enum CodingKeys: String, CodingKey { case event = "Event" }
  }

  private struct Answer: Decodable {
    let response: RowList<Wrapped>
  }

  private struct Object: Decodable {
    let name: String?
    let attributes: RowList<Attribute>?

    enum CodingKeys: String, CodingKey {
      case name
      case attributes = "Attribute"
    }
  }

  private struct Attribute: Decodable {
    let type: String
    let value: LooseText
    let relation: String?
    let tags: RowList<Tag>?
    let firstSeen: TimeValue?
    let lastSeen: TimeValue?

    enum CodingKeys: String, CodingKey {
      case type, value
      case relation = "object_relation"
      case tags = "Tag"
      case firstSeen = "first_seen"
      case lastSeen = "last_seen"
    }
  }

  private struct Tag: Decodable { let name: String }

  private typealias Entry = Result<LibraryEntry, RowRefusal>

  static func entries(
    _ octets: [UInt8]
  ) throws(ImportError) -> [Result<LibraryEntry, RowRefusal>] {
    var entries: [Entry] = []
    for event in try events(Data(octets)) {
      guard let event else {
        entries.append(.failure(RowRefusal("an event that cannot be read")))
        continue
      }
      for attribute in event.attributes?.elements ?? [] {
        guard entries.count <= LibraryImport.rowsMax else { return entries }
        entries.append(entry { () throws(RowRefusal) in try one(attribute) })
      }
      for object in event.objects?.elements ?? [] {
        guard entries.count <= LibraryImport.rowsMax else { return entries }
        append(object, to: &entries)
      }
    }
    return entries
  }

  private static func events(_ data: Data) throws(ImportError) -> [Event?] {
    let decoder = JSONDecoder()
    if let one = try? decoder.decode(Wrapped.self, from: data) { return [one.event] }
    if let answer = try? decoder.decode(Answer.self, from: data) {
      return answer.response.elements.map { $0?.event }
    }
    if let list = try? decoder.decode(RowList<Wrapped>.self, from: data) {
      return list.elements.map { $0?.event }
    }
    throw .unreadable("it is no MISP event")
  }

  private static func entry(
    _ body: () throws(RowRefusal) -> LibraryEntry
  ) -> Entry {
    do throws(RowRefusal) { return .success(try body()) } catch { return .failure(error) }
  }

  private static func append(_ object: Object?, to entries: inout [Entry]) {
    guard let object else {
      entries.append(.failure(RowRefusal("an object that cannot be read")))
      return
    }
    if object.name == "passive-dns" {
      entries.append(entry { () throws(RowRefusal) in try record(object) })
      return
    }
    for case let attribute? in object.attributes?.elements ?? [] {
      // Most members of objects describe the others.
      guard !parts(attribute.type, attribute.value.text).isEmpty else { continue }
      entries.append(entry { () throws(RowRefusal) in try one(attribute) })
    }
  }

  /// An attribute with one value, or with a name and its address.
  private static func one(_ attribute: Attribute?) throws(RowRefusal) -> LibraryEntry {
    guard let attribute else { throw RowRefusal("an attribute that cannot be read") }
    let parts = parts(attribute.type, attribute.value.text)
    guard let first = parts.first else {
      throw RowRefusal("an attribute of a type that is not kept")
    }
    let seen = try ImportField.span(attribute.firstSeen?.time, attribute.lastSeen?.time)
    var entry = LibraryEntry(try ImportField.indicator(first.type, first.value))
    entry.tags = (attribute.tags?.elements ?? []).compactMap { $0?.name }
    for part in parts.dropFirst() {
      entry.relations.append(
        RelationEntry(
          .resolvesTo, try ImportField.indicator(part.type, part.value), seen: seen))
    }
    return entry
  }

  /// The indicators that an attribute holds; empty for types that are none.
  private static func parts(_ type: String, _ text: String) -> [(type: String, value: String)] {
    let values = text.split(separator: "|", omittingEmptySubsequences: false).map(String.init)
    switch type {
    case "domain|ip": return values.count == 2 ? [("fqdn", values[0]), ("ip", values[1])] : []
    case "ip-src|port", "ip-dst|port": return [("ip", values[0])]
    case "hostname|port":
      // Older events have a colon there.
      return [("fqdn", String(values[0].prefix { $0 != ":" }))]
    case "filename|md5", "filename|sha1", "filename|sha256", "filename|sha512":
      return values.count == 2 ? [(String(type.dropFirst(9)), values[1])] : []
    case "ip-src", "ip-dst":
      return [(text.contains("/") ? "cidr" : "ip", text)]
    case "domain", "hostname", "url", "email", "email-src", "email-dst", "AS", "md5", "sha1",
      "sha256", "sha512":
      return [(type, text)]
    default: return []
    }
  }

  /// A `passive-dns` object: attributes of the owner, and what the record relates it to.
  private static func record(_ object: Object) throws(RowRefusal) -> LibraryEntry {
    var members: [String: [String]] = [:]
    for case let attribute? in object.attributes?.elements ?? [] {
      members[attribute.relation ?? "", default: []].append(attribute.value.text)
    }
    guard let rrname = members["rrname"]?.first, let rrtype = members["rrtype"]?.first,
      let rdata = members["rdata"]
    else { throw RowRefusal("a passive-dns object without rrname, rrtype or rdata") }
    func time(_ name: String) -> UnixSeconds? {
      members[name]?.first.flatMap { TimeText.parse($0) }
    }
    let seen = try ImportField.span(time("time_first"), time("time_last"))
    var entry = LibraryEntry(try ImportField.indicator("fqdn", rrname))
    let type = rrtype.uppercased()
    for data in rdata {
      guard let kind = RelationKind(rrtype: type) else {
        entry.attributes.append(AttributeEntry("Resource Type", type, seen: seen))
        entry.attributes.append(AttributeEntry("Resource Data", data, seen: seen))
        continue
      }
      // Behind the preference of an MX record.
      let target = kind == .mailExchanger ? String(data.split(separator: " ").last ?? "") : data
      entry.relations.append(
        RelationEntry(
          kind, try ImportField.indicator(kind == .resolvesTo ? "ip" : "fqdn", target),
          seen: seen))
    }
    return entry
  }
}
