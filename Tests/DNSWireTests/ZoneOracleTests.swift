import DNSWire
import Foundation
import Testing

/// Real zone files against what dnspython and BIND read in them.
struct ZoneOracleTests {
  /// A file, the origin to read it with, and what the oracle lists.
  struct Case: Sendable, CustomStringConvertible {
    let zone: URL
    let oracle: URL
    let origin: String
    var description: String { zone.lastPathComponent }
  }

  static let cases: [Case] = {
    let folder = shared.appendingPathComponent("data/open")
    let names =
      (try? FileManager.default.contentsOfDirectory(
        atPath: folder.appendingPathComponent("oracle/zones").path)) ?? []
    if names.isEmpty { print("SKIPPED: no zone files in \(folder.path)") }
    let origins = manifestOrigins(in: folder.appendingPathComponent("MANIFEST.md"))
    return names.sorted().map { name in
      // FOLDER__FILE.tsv, or FILE.tsv; names of files may have the separator, too.
      let flat = String(name.dropLast(4))
      let nested = String(flat.replacing("__", with: "/", maxReplacements: 1))
      let path = folder.appendingPathComponent("zones/\(nested)").path
      let file = FileManager.default.fileExists(atPath: path) ? nested : flat
      return Case(
        zone: folder.appendingPathComponent("zones/\(file)"),
        oracle: folder.appendingPathComponent("oracle/zones/\(name)"),
        origin: origins[file] ?? ".")
    }
  }()

  private static let shared: URL = {
    if let path = ProcessInfo.processInfo.environment["TIDEMARK_SHARED"] {
      return URL(fileURLWithPath: path)
    }
    return URL(fileURLWithPath: #filePath)
      .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent().appendingPathComponent("shared")
  }()

  /// The origins that the manifest names, by file.
  private static func manifestOrigins(in manifest: URL) -> [String: String] {
    var origins: [String: String] = [:]
    let text = (try? String(contentsOf: manifest, encoding: .utf8)) ?? ""
    for line in text.split(separator: "\n") {
      guard let range = line.firstRange(of: "origin ") else { continue }
      let file = line.dropFirst(2).prefix { $0 != " " }
      origins[String(file)] = String(line[range.upperBound...].prefix { $0 != ";" })
    }
    return origins
  }

  /// Records that we read otherwise, with the reason (docs/notes/0004-zone-files.md).
  private static let differences: [String: (onlyOurs: Int, onlyOracles: Int)] = [
    // NSAP has no text of ours.
    "good-nsap.db": (0, 1),
    // The oracle leaves out what is out of zone; the importer does so, not the scanner.
    "unbound__zonemd.example_a2.zone": (1, 0),
  ]

  @Test(.enabled(if: !cases.isEmpty), arguments: cases)
  func readsTheSameRecords(_ one: Case) throws {
    let ours = try Set(records(of: one))
    let oracles = try Set(oracleRecords(of: one))
    let expected = Self.differences[one.description] ?? (0, 0)
    let extra = ours.subtracting(oracles)
    let missing = oracles.subtracting(ours)
    #expect(extra.count == expected.onlyOurs, "\(extra.map(\.text).sorted())")
    #expect(missing.count == expected.onlyOracles, "\(missing.map(\.text).sorted())")
    #expect(!ours.isEmpty)
  }

  @Test func readsTheRootHintsOfTheSystem() throws {
    let path = "/usr/share/dns/root.hints"
    guard let data = FileManager.default.contents(atPath: path) else {
      print("SKIPPED: no \(path)")
      return
    }
    let found = ZoneScanner.records(of: Array(data))
    #expect(found.rejections.isEmpty)
    #expect(found.records.filter { $0.type == .ns && $0.owner == .root }.count == 13)
    #expect(found.records.filter { $0.type == .a }.count == 13)
    #expect(found.records.filter { $0.type == .aaaa }.count == 13)
  }

  private func records(of one: Case) throws -> [ZoneRecord] {
    let text = Array(try Data(contentsOf: one.zone))
    let origin = try DomainName(text: one.origin)
    var scanner = ZoneScanner(origin: origin.wire, generatedMax: 10_000)
    var records: [ZoneRecord] = []
    var at = 0
    while true {
      let step = scanner.next(text.span, at: &at, isFinal: true)
      if step == .end { return records }
      guard step == .record else { continue }
      // Names in rdata are lowered, because the oracle does so everywhere.
      records.append(
        ZoneRecord(
          owner: DomainName(canonicalWire: scanner.owner), type: scanner.rrtype,
          ttl: scanner.ttl, rdata: lowered(scanner.rdata, scanner.rrtype)))
    }
  }

  /// The oracle's lines: owner, type, rdata as text, TTL.
  private func oracleRecords(of one: Case) throws -> [ZoneRecord] {
    let lines = try String(contentsOf: one.oracle, encoding: .utf8).split(separator: "\n")
    return try lines.map { line in
      let fields = line.split(separator: "\t", omittingEmptySubsequences: false).map(String.init)
      let type = try #require(RRType(mnemonic: fields[1]))
      let rdata = (try? RDataParser.octets(fields[2], type: type)) ?? Array(fields[2].utf8)
      return ZoneRecord(
        owner: try DomainName(text: fields[0]), type: type, ttl: UInt32(fields[3]),
        rdata: lowered(rdata, type))
    }
  }

  private func lowered(_ rdata: [UInt8], _ type: RRType) -> [UInt8] {
    switch type {
    case .nsec, .svcb, .https, .lp: rdata.map(ASCII.lowered)
    default: rdata
    }
  }
}

extension ZoneRecord {
  fileprivate var text: String {
    "\(owner.text(finalDot: true)) \(type) \(ttl.map(String.init) ?? "-") "
      + RDataText.string(rdata, type: type, style: .master)
  }
}
