import FoundationEssentials
import TidemarkEnrichment

/// What a module found, as MISP takes it: the attribute that was asked about again, further ones,
/// and objects.
struct MISPAnswer: Encodable {
  private var results: Results
  /// What went wrong, or that nothing was found.
  var error: String?

  private struct Results: Encodable {
    var attributes: [Entry]
    var objects: [MISPObject] = []

    enum CodingKeys: String, CodingKey {
      case attributes = "Attribute"
      case objects = "Object"
    }
  }

  private enum Entry: Encodable {
    case echo(MISPAttribute)
    case text(MISPText)

    func encode(to encoder: any Encoder) throws {
      switch self {
      case .echo(let attribute): try attribute.encode(to: encoder)
      case .text(let text): try text.encode(to: encoder)
      }
    }
  }

  /// Starts without objects. Without the attribute MISP would read the answer in an old form.
  init(to attribute: MISPAttribute) { results = Results(attributes: [.echo(attribute)]) }

  mutating func add(_ object: MISPObject) { results.objects.append(object) }

  /// Adds an attribute of free text.
  mutating func add(text: String, type: String = "text") {
    results.attributes.append(.text(MISPText(type: type, value: text)))
  }

  /// The answer as one JSON object.
  var octets: [UInt8] {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    // Text and flags can always be written.
    return (try? Array(encoder.encode(self))) ?? MISPAnswer.refusal("the answer was not written")
  }

  /// An answer that says only why there is none.
  static func refusal(_ text: String) -> [UInt8] {
    var json = JSONLine()
    json.add("error", text)
    return json.finished()
  }
}

/// An attribute of free text. Its UUID is new every time: MISP refuses those that it has.
struct MISPText: Encodable {
  let type: String
  let value: String
  private let uuid = UUID().uuidString.lowercased()
  private let category = "Other"
  private let isForDetection = false
  private let isUncorrelated = true

  init(type: String, value: String) {
    self.type = type
    self.value = value
  }

  private enum CodingKeys: String, CodingKey {
    case uuid, type, category, value
    case isForDetection = "to_ids"
    case isUncorrelated = "disable_correlation"
  }
}
