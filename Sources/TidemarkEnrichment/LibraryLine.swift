import DNSWire
import FoundationEssentials
import TidemarkModel

/// An indicator as one line of ndjson. Times are RFC 3339 or seconds since 1970.
///
///     {"type":"fqdn","value":"example.com","status":"active","tags":["a"],"sources":["b"],
///      "attributes":[{"name":"n","value":"v","source":"b","first_seen":"…","last_seen":"…"}],
///      "relations":[{"kind":"resolves-to","type":"ipv4","value":"192.0.2.1","source":"b",…}]}
///
/// Relations that lead to the indicator stand in the line of their other end; a reader also takes
/// `"incoming": true`.
struct LibraryLine: Codable {
  var type: String
  var value: String
  var status: IndicatorStatus?
  var tags: [String]?
  var sources: [String]?
  var attributes: [AttributeLine]?
  var relations: [RelationLine]?

  struct AttributeLine: Codable {
    var name: String
    var value: String
    var source: String?
    var firstSeen: TimeValue?
    var lastSeen: TimeValue?

    private enum CodingKeys: String, CodingKey {
      case name, value, source
      case firstSeen = "first_seen"
      case lastSeen = "last_seen"
    }
  }

  struct RelationLine: Codable {
    var kind: RelationKind
    var type: String
    var value: String
    var incoming: Bool?
    var source: String?
    var firstSeen: TimeValue?
    var lastSeen: TimeValue?

    private enum CodingKeys: String, CodingKey {
      case kind, type, value, incoming, source
      case firstSeen = "first_seen"
      case lastSeen = "last_seen"
    }
  }

  /// Longest line, octets.
  static let lineOctetsMax = 4 << 20

  /// The lines of a file; blank ones are passed over.
  static func entries(_ octets: [UInt8]) -> [Result<LibraryEntry, RowRefusal>] {
    let decoder = JSONDecoder()
    return lines(octets).map { line in
      Result { () throws(RowRefusal) in try entry(line, decoder) }
    }
  }

  /// Lines that are not blank, one more than are read so that too many are noticed.
  static func lines(_ octets: [UInt8]) -> [ArraySlice<UInt8>] {
    var lines: [ArraySlice<UInt8>] = []
    var start = 0
    while start < octets.count, lines.count <= LibraryImport.rowsMax {
      let end = octets[start...].firstIndex(of: ASCII.lineFeed) ?? octets.count
      let line = octets[start..<end]
      start = end + 1
      if line.contains(where: { $0 > ASCII.space }) { lines.append(line) }
    }
    return lines
  }

  private static func entry(
    _ line: ArraySlice<UInt8>, _ decoder: JSONDecoder
  ) throws(RowRefusal) -> LibraryEntry {
    guard line.count <= lineOctetsMax else {
      throw RowRefusal("a line of more than \(lineOctetsMax) octets")
    }
    guard let read = try? decoder.decode(LibraryLine.self, from: Data(line)) else {
      throw RowRefusal("the line is no JSON object with type and value")
    }
    return try read.entry()
  }

  private func entry() throws(RowRefusal) -> LibraryEntry {
    var entry = LibraryEntry(try ImportField.indicator(type, value))
    entry.status = status ?? .active
    entry.tags = tags ?? []
    entry.sources = sources ?? []
    for attribute in attributes ?? [] {
      entry.attributes.append(
        AttributeEntry(
          attribute.name, attribute.value, source: attribute.source,
          seen: try ImportField.span(attribute.firstSeen?.time, attribute.lastSeen?.time)))
    }
    for relation in relations ?? [] {
      entry.relations.append(
        RelationEntry(
          relation.kind, try ImportField.indicator(relation.type, relation.value),
          isIncoming: relation.incoming ?? false, source: relation.source,
          seen: try ImportField.span(relation.firstSeen?.time, relation.lastSeen?.time)))
    }
    return entry
  }
}

/// A time of a file: RFC 3339, or a number of seconds since 1970.
struct TimeValue: Codable, Equatable {
  let time: UnixSeconds

  init(_ time: UnixSeconds) { self.time = time }

  init(from decoder: any Decoder) throws {
    let value = try decoder.singleValueContainer()
    if let seconds = try? value.decode(UInt32.self) {
      time = seconds
    } else if let parsed = TimeText.parse(try value.decode(String.self)) {
      time = parsed
    } else {
      throw DecodingError.dataCorruptedError(in: value, debugDescription: "no time")
    }
  }

  func encode(to encoder: any Encoder) throws {
    var value = encoder.singleValueContainer()
    try value.encode(ISOTime.text(time))
  }
}

/// Fields that several formats share.
enum ImportField {
  /// An indicator of a word for its type and a text.
  static func indicator(_ type: String, _ text: String) throws(RowRefusal) -> IndicatorKey {
    let types = IndicatorType.named(type)
    guard !types.isEmpty else { throw RowRefusal("a type of indicator that is not known") }
    do throws(IndicatorFault) {
      return try IndicatorKey(oneOf: types, text)
    } catch {
      throw RowRefusal(error.description)
    }
  }

  /// A span of two times, of which either stands in for the other one; nil for none.
  static func span(
    _ first: UnixSeconds?, _ last: UnixSeconds?
  ) throws(RowRefusal) -> ClosedRange<UnixSeconds>? {
    guard let begin = first ?? last, let end = last ?? first else { return nil }
    guard begin <= end else { throw RowRefusal("the first time lies behind the last one") }
    return begin...end
  }
}
