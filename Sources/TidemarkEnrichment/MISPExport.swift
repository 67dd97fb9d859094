import FoundationEssentials
import TidemarkModel

/// An event in MISP's JSON: indicators as attributes, relations that are DNS records as objects of
/// the template `passive-dns` (version 5).
///
/// Identifiers are fresh in every export: MISP refuses those that it has seen.
struct MISPExport: LibraryEncoder {
  /// Objects stand behind all attributes, and are held until then, octets.
  static let objectOctetsMax = 64 << 20

  private(set) var leftOut = 0
  private let now: UnixSeconds
  private let encoder = JSONLineEncoder()
  private var isFirst = true
  private var objects: [UInt8] = []

  init(now: UnixSeconds) { self.now = now }

  private struct Attribute: Encodable {
    let uuid = MISPObject.freshUUID()
    let type: String
    let category: String
    let value: String
    let tags: [Tag]
    let comment: String
    let isForDetection: Bool

    enum CodingKeys: String, CodingKey {
      case uuid, type, category, value, comment
      case tags = "Tag"
      case isForDetection = "to_ids"
    }
  }

  private struct Tag: Encodable { let name: String }

  mutating func begin(_ out: inout [UInt8]) {
    MISPObject.appendEvent("Tidemark library", now: now, to: &out)
    out.append(contentsOf: #","Attribute":["#.utf8)
  }

  mutating func append(_ row: LibraryPageRow, to out: inout [UInt8]) throws {
    if row.isFirst { try append(row.indicator, to: &out) }
    for relation in row.relations {
      guard let rrtype = relation.kind.rrtype(to: relation.to.type),
        objects.count < MISPExport.objectOctetsMax
      else {
        leftOut += 1
        continue
      }
      if !objects.isEmpty { objects.append(UInt8(ascii: ",")) }
      try encoder.append(object(relation, rrtype), to: &objects)
    }
  }

  private mutating func append(_ indicator: Indicator, to out: inout [UInt8]) throws {
    if !isFirst { out.append(UInt8(ascii: ",")) }
    isFirst = false
    let kind = MISPExport.kind(of: indicator.key.type)
    try encoder.append(
      Attribute(
        type: kind.type, category: kind.category, value: indicator.key.value,
        tags: indicator.tags.map { Tag(name: $0) },
        comment: indicator.sources.joined(separator: "; "),
        isForDetection: indicator.status == .active), to: &out)
  }

  mutating func end(_ out: inout [UInt8]) {
    out.append(contentsOf: #"],"Object":["#.utf8)
    out.append(contentsOf: objects)
    out.append(contentsOf: "]}}".utf8)
    objects = []
  }

  private func object(_ relation: Relation, _ rrtype: String) -> MISPObject {
    MISPObject(
      rrname: relation.from.value, rrtype: rrtype, rdata: [relation.to.value],
      timeFirst: relation.firstSeen, timeLast: relation.lastSeen, comment: relation.source)
  }

  /// MISP's type, and the category that it puts it into.
  private static func kind(of type: IndicatorType) -> (type: String, category: String) {
    switch type {
    case .fqdn: ("domain", "Network activity")
    case .ipv4, .ipv6, .cidr: ("ip-dst", "Network activity")
    case .url: ("url", "Network activity")
    case .email: ("email", "Payload delivery")
    case .asn: ("AS", "Network activity")
    case .md5, .sha1, .sha256, .sha512: (type.rawValue, "Payload delivery")
    }
  }
}
