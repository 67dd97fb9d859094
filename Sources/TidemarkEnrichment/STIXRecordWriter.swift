import DNSWire
import FoundationEssentials
public import TidemarkModel

/// Writes passive DNS records as a STIX 2.1 bundle, object by object.
///
/// | record | objects |
/// | --- | --- |
/// | any | `observed-data` with the record itself in a property extension |
/// | A, AAAA | `domain-name` resolves-to `ipv4-addr`, `ipv6-addr` |
/// | CNAME, DNAME | `domain-name` resolves-to `domain-name` |
/// | NS, MX, PTR, SRV | `domain-name` related-to `domain-name` |
/// | others | `domain-name` |
///
/// Observables have the standard's own identifiers. Those of relationships and `observed-data`
/// depend on the record only, so that writing it again later gives newer versions of the same
/// objects. An owner that is no host name stands as the nearest one above it, without relationship.
///
/// Call ``finish(to:)`` at the end.
public struct STIXRecordWriter: Sendable {
  /// More objects than a bundle may have.
  public struct Full: Error, Equatable, CustomStringConvertible {
    /// One line for people.
    public var description: String {
      "more than \(STIXRecordWriter.objectsMax) objects in one bundle; ask for less"
    }
  }

  /// Most objects of a bundle. Their identifiers are held, because no object may stand there twice.
  public static let objectsMax = 1_000_000
  /// The standard's bound on `number_observed` (STIX 2.1 section 4.14).
  static let observedMax: UInt64 = 999_999_999
  /// When the objects that stand in every bundle were made.
  private static let made = "2026-01-01T00:00:00.000Z"
  private static let author = STIXIdentifier.own("identity", ["Tidemark"])
  private static let definition = STIXIdentifier.own("extension-definition", ["DNS record"])

  /// Records whose owner is the root, or has no host name above it: STIX cannot name them.
  public private(set) var leftOut: UInt64 = 0

  private let objectsMax: Int
  private var identifiers: Set<UInt128> = []

  /// Starts a bundle.
  public init(objectsMax: Int = STIXRecordWriter.objectsMax) { self.objectsMax = objectsMax }

  /// Appends the objects of a record that the bundle does not have yet.
  ///
  /// - Parameters:
  ///   - rrname: canonical wire octets.
  ///   - rdata: wire octets, or text when the row's vantage is ``Vantage/text``.
  /// - Throws: ``Full``; the bundle can be finished then, without the record.
  public mutating func append(
    _ row: TextRow, rrname: Span<UInt8>, rdata: Span<UInt8>, to out: inout [UInt8]
  ) throws(Full) {
    guard let owner = HostNameText.nearest(to: rrname) else {
      leftOut += 1
      return
    }
    // At most four objects come of a record.
    guard identifiers.count + 4 <= objectsMax else { throw Full() }
    if identifiers.isEmpty { begin(&out) }
    let record = RecordText(row, rrname: rrname, rdata: rdata)
    let source = observable("domain-name", owner.text, to: &out)
    var references = [source]
    if owner.isWhole, let target = STIXRecordWriter.target(row.rrtype, record.rdata) {
      let id = observable(target.kind, target.value, to: &out)
      if id != source { references.append(id) }
      references.append(relationship(record, target.link, source, id, to: &out))
    }
    observation(record, references, to: &out)
  }

  /// Appends what closes the bundle.
  public mutating func finish(to out: inout [UInt8]) {
    if identifiers.isEmpty { begin(&out) }
    ASCII.append("]}\n", to: &out)
    identifiers = []
  }

  /// What a record points to, and how; nil for types that point to nothing, and for data that is
  /// neither address nor host name.
  private static func target(
    _ type: RRType, _ rdata: [UInt8]
  ) -> (kind: String, value: [UInt8], link: String)? {
    // Numbers stand in front of the target, and none of these types has anything behind it.
    let word = Array(rdata[(rdata.lastIndex(of: ASCII.space).map { $0 + 1 } ?? 0)...])
    switch type {
    case .a, .aaaa:
      guard let address = IPAddressText.parse(word.span) else { return nil }
      let kind = if case .v4 = address { "ipv4-addr" } else { "ipv6-addr" }
      return (kind, STIXIdentifier.value(of: address), "resolves-to")
    case .cname, .dname:
      return HostNameText.normal(word).map { ("domain-name", $0, "resolves-to") }
    case .ns, .mx, .ptr, .srv:
      return HostNameText.normal(word).map { ("domain-name", $0, "related-to") }
    default: return nil
    }
  }
}

/// Objects.
extension STIXRecordWriter {
  private mutating func begin(_ out: inout [UInt8]) {
    let id = UUID().uuidString.lowercased()
    out.append(contentsOf: #"{"type":"bundle","id":"bundle--\#(id)""#.utf8)
    let times = #""created":"\#(Self.made)","modified":"\#(Self.made)""#
    out.append(
      contentsOf: (#","objects":[{"type":"identity","spec_version":"2.1","id":"\#(Self.author)","#
        + #"\#(times),"name":"Tidemark","identity_class":"system"},"#
        + #"{"type":"extension-definition","spec_version":"2.1","id":"\#(Self.definition)","#
        + #""created_by_ref":"\#(Self.author)",\#(times),"name":"DNS record","#
        + #""description":"The DNS record that an observed-data object is about.","#
        + #""schema":"rrname, rrtype, rdata: as in the Passive DNS Common Output Format. count: "#
        + #"sightings, also beyond the bound of number_observed. bailiwick: the zone of the data. "#
        + #"vantage: where it was seen.","#
        + #""version":"1.0.0","extension_types":["property-extension"]}"#).utf8)
    for id in [Self.author, Self.definition] { _ = isNew(id) }
  }

  /// Takes note of an identifier; false when the bundle has its object.
  private mutating func isNew(_ id: String) -> Bool {
    identifiers.insert(STIXIdentifier.number(of: id)).inserted
  }

  private mutating func observable(
    _ kind: String, _ value: [UInt8], to out: inout [UInt8]
  ) -> String {
    let id = STIXIdentifier.observable(kind, value: value)
    guard isNew(id) else { return id }
    out.append(contentsOf: #",{"type":"\#(kind)","spec_version":"2.1","id":"\#(id)","value":"#.utf8)
    JSONText.appendQuoted(value.span, to: &out)
    ASCII.append("}", to: &out)
    return id
  }

  private mutating func relationship(
    _ record: RecordText, _ kind: String, _ source: String, _ target: String,
    to out: inout [UInt8]
  ) -> String {
    let id = STIXIdentifier.own("relationship", record.identity)
    guard isNew(id) else { return id }
    appendStart("relationship", id, record, to: &out)
    out.append(
      contentsOf: (#","relationship_type":"\#(kind)","description":"DNS \#(record.rrtype)","#
        + #""source_ref":"\#(source)","target_ref":"\#(target)","start_time":"\#(record.first)""#)
        .utf8)
    // A stop that is no later than the start is not allowed (section 5.1).
    if record.row.timeLast > record.row.timeFirst {
      out.append(contentsOf: #","stop_time":"\#(record.last)""#.utf8)
    }
    ASCII.append("}", to: &out)
    return id
  }

  private mutating func observation(
    _ record: RecordText, _ references: [String], to out: inout [UInt8]
  ) {
    let id = STIXIdentifier.own("observed-data", record.identity)
    guard isNew(id) else { return }
    appendStart("observed-data", id, record, to: &out)
    let number = min(max(record.row.count, 1), STIXRecordWriter.observedMax)
    let list = references.map { "\"\($0)\"" }.joined(separator: ",")
    out.append(
      contentsOf: (#","first_observed":"\#(record.first)","last_observed":"\#(record.last)","#
        + #""number_observed":\#(number),"object_refs":[\#(list)],"#
        + #""extensions":{"\#(Self.definition)":{"extension_type":"property-extension""#).utf8)
    let members = [
      ("rrname", record.rrname), ("rrtype", Array(record.rrtype.utf8)), ("rdata", record.rdata),
      ("bailiwick", record.bailiwick), ("vantage", Array(record.vantage.utf8)),
    ]
    for (name, value) in members where !value.isEmpty {
      out.append(contentsOf: ",\"\(name)\":".utf8)
      JSONText.appendQuoted(value.span, to: &out)
    }
    let count = min(record.row.count, COFWriter.numberMax)
    out.append(contentsOf: ",\"count\":\(count)}}}".utf8)
  }

  private func appendStart(
    _ kind: String, _ id: String, _ record: RecordText, to out: inout [UInt8]
  ) {
    out.append(
      contentsOf: (#",{"type":"\#(kind)","spec_version":"2.1","id":"\#(id)","#
        + #""created_by_ref":"\#(Self.author)","created":"\#(record.first)","#
        + #""modified":"\#(record.last)""#).utf8)
  }
}
