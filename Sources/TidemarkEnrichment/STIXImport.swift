import FoundationEssentials
import TidemarkModel

/// Reads STIX 2.1 bundles: observables, indicators with patterns of one comparison, relationships,
/// and notes as attributes. Further kinds of objects are passed over.
enum STIXImport {
  private struct Bundle: Decodable {
    let objects: RowList<Object>
  }

  /// An object with all members that are of use here.
  private struct Object: Decodable {
    let type: String
    let id: String
    let value: String?
    let number: Int64?
    let hashes: [String: String]?
    let pattern: String?
    let relationshipType: String?
    let sourceRef: String?
    let targetRef: String?
    let description: String?
    let startTime: TimeValue?
    let stopTime: TimeValue?
    let abstract: String?
    let content: String?
    let authors: [String]?
    let objectRefs: [String]?
    let created: TimeValue?
    let modified: TimeValue?

    enum CodingKeys: String, CodingKey {
      case type, id, value, number, hashes, pattern, description, abstract, content, authors
      case created, modified
      case relationshipType = "relationship_type"
      case sourceRef = "source_ref"
      case targetRef = "target_ref"
      case startTime = "start_time"
      case stopTime = "stop_time"
      case objectRefs = "object_refs"
    }
  }

  /// Kinds that say nothing about an indicator by themselves.
  private static let passedOver: Set<String> = [
    "identity", "marking-definition", "extension-definition", "observed-data", "report",
    "grouping", "language-content", "sighting",
  ]

  static func entries(
    _ octets: [UInt8]
  ) throws(ImportError) -> [Result<LibraryEntry, RowRefusal>] {
    guard let bundle = try? JSONDecoder().decode(Bundle.self, from: Data(octets)) else {
      throw .unreadable("it is no STIX bundle")
    }
    var keys: [String: IndicatorKey] = [:]
    for case let object? in bundle.objects.elements where !passedOver.contains(object.type) {
      if let key = try? key(of: object) { keys[object.id] = key }
    }
    var entries: [Result<LibraryEntry, RowRefusal>] = []
    for object in bundle.objects.elements {
      guard entries.count <= LibraryImport.rowsMax else { break }
      guard let object else {
        entries.append(.failure(RowRefusal("an object without type and id, or of bad members")))
        continue
      }
      guard !passedOver.contains(object.type) else { continue }
      do throws(RowRefusal) {
        switch object.type {
        case "relationship": entries.append(.success(try relation(object, keys)))
        case "note": try appendNote(object, keys, to: &entries)
        default: entries.append(.success(LibraryEntry(try key(of: object))))
        }
      } catch {
        entries.append(.failure(error))
      }
    }
    return entries
  }

  private static func relation(
    _ object: Object, _ keys: [String: IndicatorKey]
  ) throws(RowRefusal) -> LibraryEntry {
    guard let from = object.sourceRef.flatMap({ keys[$0] }),
      let to = object.targetRef.flatMap({ keys[$0] })
    else { throw RowRefusal("a relationship of something that is no indicator here") }
    let said = object.description.flatMap { RelationKind(rawValue: $0) }
    let resolves = object.relationshipType == "resolves-to"
    guard let kind = said ?? (resolves ? (to.type == .fqdn ? .alias : .resolvesTo) : nil) else {
      throw RowRefusal("a relationship of a kind that is not kept")
    }
    var entry = LibraryEntry(from)
    entry.relations = [
      RelationEntry(
        kind, to, seen: try ImportField.span(object.startTime?.time, object.stopTime?.time))
    ]
    return entry
  }

  /// A note is an attribute of everything that it refers to.
  private static func appendNote(
    _ object: Object, _ keys: [String: IndicatorKey],
    to entries: inout [Result<LibraryEntry, RowRefusal>]
  ) throws(RowRefusal) {
    guard let content = object.content else { throw RowRefusal("a note without content") }
    let found = (object.objectRefs ?? []).compactMap { keys[$0] }
    guard !found.isEmpty else { throw RowRefusal("a note about nothing that is an indicator here") }
    let seen = try ImportField.span(object.created?.time, object.modified?.time)
    for key in found.prefix(LibraryImport.rowsMax) {
      var entry = LibraryEntry(key)
      entry.attributes = [
        AttributeEntry(
          object.abstract ?? "Note", content, source: object.authors?.first, seen: seen)
      ]
      entries.append(.success(entry))
    }
  }

  private static func key(of object: Object) throws(RowRefusal) -> IndicatorKey {
    if object.type == "indicator" {
      guard let pattern = object.pattern.flatMap({ STIXPattern($0) }) else {
        throw RowRefusal("a pattern that is not one comparison with =")
      }
      return try key(pattern.path, pattern.value)
    }
    if object.type == "autonomous-system", let number = object.number {
      return try key("autonomous-system:number", String(number))
    }
    if object.type == "file", let hashes = object.hashes {
      // The strongest digest names the file best.
      for name in ["SHA-512", "SHA-256", "SHA-1", "MD5"] {
        if let value = hashes[name] { return try key("file:hashes.\(name)", value) }
      }
    }
    return try key("\(object.type):value", object.value ?? "")
  }

  private static func key(_ path: String, _ value: String) throws(RowRefusal) -> IndicatorKey {
    let types: Set<IndicatorType>
    switch path {
    case "domain-name:value": types = [.fqdn]
    // Networks are addresses in CIDR notation there (STIX 2.1 sections 6.9 and 6.10).
    case "ipv4-addr:value": types = [.ipv4, .cidr]
    case "ipv6-addr:value": types = [.ipv6, .cidr]
    case "url:value": types = [.url]
    case "email-addr:value": types = [.email]
    case "autonomous-system:number": types = [.asn]
    case "file:hashes.MD5": types = [.md5]
    case "file:hashes.SHA-1": types = [.sha1]
    case "file:hashes.SHA-256": types = [.sha256]
    case "file:hashes.SHA-512": types = [.sha512]
    default: throw RowRefusal("an object of a kind that is not kept")
    }
    do throws(IndicatorFault) {
      return try IndicatorKey(oneOf: types, value)
    } catch {
      throw RowRefusal(error.description)
    }
  }
}

/// A pattern of one comparison: `[domain-name:value = 'example.com']` (STIX 2.1 section 9).
struct STIXPattern: Equatable {
  /// The kind of object and its member; quotes around parts of it are gone.
  let path: String
  /// What it is compared with.
  let value: String

  /// Reads a pattern; nil when it is anything else.
  init?(_ text: String) {
    var octets = Array(text.utf8).filter { $0 >= 0x20 }[...]
    func trim() {
      while octets.first == UInt8(ascii: " ") { octets.removeFirst() }
      while octets.last == UInt8(ascii: " ") { octets.removeLast() }
    }
    trim()
    guard octets.count > 2, octets.first == UInt8(ascii: "["), octets.last == UInt8(ascii: "]")
    else { return nil }
    octets = octets.dropFirst().dropLast()
    guard let equals = octets.firstIndex(of: UInt8(ascii: "=")) else { return nil }
    let left = octets[..<equals].filter { !" '".utf8.contains($0) }
    octets = octets[(equals + 1)...]
    trim()
    let quote = UInt8(ascii: "'")
    var value: [UInt8] = []
    if octets.count >= 2, octets.first == quote, octets.last == quote {
      var isEscaped = false
      for octet in octets.dropFirst().dropLast() {
        if !isEscaped, octet == quote { return nil }
        if !isEscaped, octet == UInt8(ascii: "\\") {
          isEscaped = true
        } else {
          value.append(octet)
          isEscaped = false
        }
      }
      guard !isEscaped else { return nil }
    } else {
      guard !octets.isEmpty, octets.allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
      value = Array(octets)
    }
    path = String(decoding: left, as: UTF8.self)
    self.value = String(decoding: value, as: UTF8.self)
  }
}
