import FoundationEssentials
package import TidemarkModel

/// An object of one of MISP's templates.
///
/// Identifiers are fresh in every object: MISP refuses those that it has seen. Times are RFC 3339.
public struct MISPObject: Sendable, Encodable {
  /// What the objects of one template share.
  package struct Template: Sendable {
    let name: String
    let uuid: String
    let version: String
    let description: String

    package init(name: String, uuid: String, version: String, description: String) {
      self.name = name
      self.uuid = uuid
      self.version = version
      self.description = description
    }
  }

  private let uuid = MISPObject.freshUUID()
  private let name: String
  private let category = "network"
  private let template: String
  private let version: String
  private let description: String
  private let comment: String?
  private let firstSeen: String
  private let lastSeen: String
  private var attributes: [Attribute] = []
  private let references: [Reference]?

  private enum CodingKeys: String, CodingKey {
    case uuid, name, description, comment
    case category = "meta-category"
    case template = "template_uuid"
    case version = "template_version"
    case firstSeen = "first_seen"
    case lastSeen = "last_seen"
    case attributes = "Attribute"
    case references = "ObjectReference"
  }

  private struct Attribute: Sendable, Encodable {
    let uuid = MISPObject.freshUUID()
    let relation: String
    let type: String
    let category: String
    let value: String
    let isForDetection = false
    let isUncorrelated: Bool?

    enum CodingKeys: String, CodingKey {
      case uuid, type, category, value
      case relation = "object_relation"
      case isForDetection = "to_ids"
      case isUncorrelated = "disable_correlation"
    }
  }

  private struct Reference: Sendable, Encodable {
    let uuid = MISPObject.freshUUID()
    let object: String
    let referenced: String
    let relationship = "related-to"

    enum CodingKeys: String, CodingKey {
      case uuid
      case object = "object_uuid"
      case referenced = "referenced_uuid"
      case relationship = "relationship_type"
    }
  }

  /// Makes an object without attributes.
  ///
  /// - Parameter attribute: the UUID of the attribute that the object is an answer to.
  package init(
    _ template: Template, firstSeen: UnixSeconds, lastSeen: UnixSeconds, comment: String? = nil,
    relatedTo attribute: String? = nil
  ) {
    name = template.name
    self.template = template.uuid
    version = template.version
    description = template.description
    self.comment = comment
    self.firstSeen = ISOTime.text(firstSeen)
    self.lastSeen = ISOTime.text(lastSeen)
    let id = uuid
    references = attribute.map { [Reference(object: id, referenced: $0)] }
  }

  /// Adds an attribute.
  ///
  /// - Parameter isUncorrelated: nil leaves it to MISP.
  package mutating func add(
    _ relation: String, _ value: String, type: String, category: String,
    isUncorrelated: Bool? = nil
  ) {
    attributes.append(
      Attribute(
        relation: relation, type: type, category: category, value: value,
        isUncorrelated: isUncorrelated))
  }

  static func freshUUID() -> String { UUID().uuidString.lowercased() }

  /// Appends the beginning of an event, open for its lists.
  static func appendEvent(_ title: String, now: UnixSeconds, to out: inout [UInt8]) {
    let date = ISOTime.text(now).prefix(10)
    out.append(
      contentsOf: (#"{"Event":{"uuid":"\#(freshUUID())","info":"\#(title)","date":"\#(date)","#
        + #""threat_level_id":"4","analysis":"0","distribution":"0""#).utf8)
  }
}
