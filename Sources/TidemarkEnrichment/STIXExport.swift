import FoundationEssentials
import TidemarkModel

/// A STIX 2.1 bundle: observables with the standard's own identifiers (section 2.9), relationships,
/// and attributes as notes. No member is ours alone, so that every reader takes it.
struct STIXExport: LibraryEncoder {
  /// The version of the standard.
  private static let version = "2.1"

  private(set) var leftOut = 0
  private let encoder = JSONLineEncoder()
  private var isFirst = true

  private struct Observable: Encodable {
    let type: String
    let version = STIXExport.version
    let id: String
    var value: String?
    var number: Int?
    var hashes: [String: String]?

    enum CodingKeys: String, CodingKey {
      case type, id, value, number, hashes
      case version = "spec_version"
    }
  }

  private struct Relationship: Encodable {
    let type = "relationship"
    let version = STIXExport.version
    let id: String
    let created: String
    let modified: String
    let kind: String
    let description: String
    let source: String
    let target: String
    let start: String
    /// Only when it lies behind the start.
    let stop: String?

    enum CodingKeys: String, CodingKey {
      case type, id, created, modified, description
      case version = "spec_version"
      case kind = "relationship_type"
      case source = "source_ref"
      case target = "target_ref"
      case start = "start_time"
      case stop = "stop_time"
    }
  }

  private struct Note: Encodable {
    let type = "note"
    let version = STIXExport.version
    let id: String
    let created: String
    let modified: String
    let abstract: String
    let content: String
    let authors: [String]
    let objects: [String]

    enum CodingKeys: String, CodingKey {
      case type, id, created, modified, abstract, content, authors
      case version = "spec_version"
      case objects = "object_refs"
    }
  }

  mutating func begin(_ out: inout [UInt8]) {
    let id = UUID().uuidString.lowercased()
    out.append(contentsOf: #"{"type":"bundle","id":"bundle--\#(id)","objects":["#.utf8)
  }

  mutating func append(_ row: LibraryPageRow, to out: inout [UInt8]) throws {
    let key = row.indicator.key
    guard let kind = STIXIdentifier.kind(of: key), let id = STIXIdentifier.observable(key) else {
      leftOut += (row.isFirst ? 1 : 0) + row.relations.count
      return
    }
    if row.isFirst { try appendObject(observable(key, kind, id: id), to: &out) }
    for attribute in row.attributes { try append(attribute, of: id, to: &out) }
    for relation in row.relations { try append(relation, from: id, to: &out) }
  }

  mutating func end(_ out: inout [UInt8]) { out.append(contentsOf: "]}".utf8) }

  private func observable(_ key: IndicatorKey, _ kind: String, id: String) -> Observable {
    var object = Observable(type: kind, id: id)
    switch key.type {
    case .asn: object.number = Int(key.value.dropFirst(2))
    case .md5, .sha1, .sha256, .sha512:
      object.hashes = [STIXIdentifier.digestName(key.type): key.value]
    default: object.value = STIXIdentifier.value(of: key)
    }
    return object
  }

  private mutating func append(
    _ attribute: Attribute, of id: String, to out: inout [UInt8]
  ) throws {
    let name = STIXIdentifier.own(
      "note", [id, attribute.name, attribute.value, attribute.source])
    try appendObject(
      Note(
        id: name, created: ISOTime.milliseconds(attribute.firstSeen),
        modified: ISOTime.milliseconds(attribute.lastSeen), abstract: attribute.name,
        content: attribute.value, authors: [attribute.source], objects: [id]), to: &out)
  }

  private mutating func append(
    _ relation: Relation, from id: String, to out: inout [UInt8]
  ) throws {
    guard let target = STIXIdentifier.observable(relation.to) else {
      leftOut += 1
      return
    }
    // The standard has resolves-to for names only (section 6.4).
    let resolves =
      relation.from.type == .fqdn && [.resolvesTo, .alias].contains(relation.kind)
      && [.fqdn, .ipv4, .ipv6].contains(relation.to.type)
    let isSpan = relation.lastSeen > relation.firstSeen
    try appendObject(
      Relationship(
        id: STIXIdentifier.own(
          "relationship", [id, relation.kind.rawValue, target, relation.source]),
        created: ISOTime.milliseconds(relation.firstSeen),
        modified: ISOTime.milliseconds(relation.lastSeen),
        kind: resolves ? "resolves-to" : "related-to",
        description: relation.kind.rawValue, source: id, target: target,
        start: ISOTime.milliseconds(relation.firstSeen),
        stop: isSpan ? ISOTime.milliseconds(relation.lastSeen) : nil), to: &out)
  }

  private mutating func appendObject(_ object: some Encodable, to out: inout [UInt8]) throws {
    if !isFirst { out.append(UInt8(ascii: ",")) }
    isFirst = false
    try encoder.append(object, to: &out)
  }
}
