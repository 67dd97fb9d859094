import FoundationEssentials
import TidemarkEnrichment

/// The body of `POST /query`, as far as it means something here.
struct MISPQuestion: Decodable {
  let module: MISPModule
  let attribute: MISPAttribute
  /// The module's setting for a token; MISP sends null for one that is not set.
  let token: String?

  private enum Member: String, CodingKey {
    case module, attribute, config
  }

  private enum Setting: String, CodingKey {
    case token
  }

  /// Reads a body.
  ///
  /// - Throws: ``MISPFault``.
  init(_ body: [UInt8]) throws(MISPFault) {
    do {
      self = try JSONDecoder().decode(MISPQuestion.self, from: Data(body))
    } catch let fault as MISPFault {
      throw fault
    } catch {
      throw MISPFault("the request is not a JSON object that MISP sends")
    }
  }

  init(from decoder: any Decoder) throws {
    let members = try decoder.container(keyedBy: Member.self)
    guard let name = try? members.decode(String.self, forKey: .module),
      let module = MISPModule(rawValue: name)
    else { throw MISPFault("there is no such module here") }
    self.module = module
    guard let attribute = try? members.decode(MISPAttribute.self, forKey: .attribute) else {
      throw MISPFault("the request has no attribute with type, value and uuid")
    }
    self.attribute = attribute
    let settings = try? members.nestedContainer(keyedBy: Setting.self, forKey: .config)
    token = try? settings?.decode(String.self, forKey: .token)
    guard module.input.contains(attribute.type) else {
      throw MISPFault("the module does not take attributes of this type")
    }
  }
}

/// An attribute that MISP asks about; the answer has it again.
struct MISPAttribute: Codable {
  let uuid: String
  let type: String
  let value: String
  let category: String?
  let comment: String?

  private enum CodingKeys: String, CodingKey {
    case uuid, type, value, category, comment
  }

  init(from decoder: any Decoder) throws {
    let members = try decoder.container(keyedBy: CodingKeys.self)
    let id = try members.decode(String.self, forKey: .uuid)
    guard let uuid = UUID(uuidString: id) else { throw MISPFault("uuid") }
    self.uuid = uuid.uuidString.lowercased()
    type = try members.decode(String.self, forKey: .type)
    value = try members.decode(String.self, forKey: .value)
    category = try? members.decode(String.self, forKey: .category)
    comment = try? members.decode(String.self, forKey: .comment)
  }

  /// The name or the address in the value: of `domain|ip` the name, in front of a port the
  /// address.
  ///
  /// - Throws: ``MISPFault``.
  func indicator() throws(MISPFault) -> IndicatorKey {
    let part = value.split(separator: "|", maxSplits: 1).first.map(String.init) ?? ""
    let types: Set<IndicatorType> =
      type.hasPrefix("ip-") ? IndicatorType.addresses : [.fqdn]
    do {
      return try IndicatorKey(oneOf: types, part)
    } catch {
      throw MISPFault(error.description)
    }
  }
}

/// Why a question of MISP has no answer: a line for people, which MISP shows.
struct MISPFault: Error {
  let text: String

  init(_ text: String) { self.text = text }
}
