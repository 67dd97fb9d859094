public import TidemarkModel

/// Files that the library reads and writes.
///
/// | format | keeps | leaves out |
/// | --- | --- | --- |
/// | csv, ndjson | everything but provenance | |
/// | stix | indicators, relations, attributes as notes | status, tags |
/// | misp | indicators, relations that are DNS records | attributes, other relations, status |
public enum LibraryFormat: String, Sendable, CaseIterable {
  /// Comma-separated values (RFC 4180), see ``LibraryCSV``.
  case csv
  /// A JSON object a line, see ``LibraryLine``.
  case ndjson
  /// A STIX 2.1 bundle.
  case stix
  /// An event in MISP's JSON.
  case misp

  /// The media type.
  public var mediaType: String {
    switch self {
    case .csv: "text/csv; charset=utf-8"
    case .ndjson: "application/x-ndjson"
    case .stix: "application/stix+json;version=2.1"
    case .misp: "application/json"
    }
  }
}

/// Why a whole file is not read. Bad rows are no reason.
public enum ImportError: Error, Sendable, Equatable, CustomStringConvertible {
  /// Larger than ``LibraryImport/octetsMax``, or as a document than
  /// ``LibraryImport/documentOctetsMax``.
  case tooLarge
  /// Not of the format at all.
  case unreadable(String)
  /// The library cannot be written; rows of earlier batches were added.
  case library(LibraryError)

  /// One line for people.
  public var description: String {
    switch self {
    case .tooLarge:
      "the file has more than \(LibraryImport.octetsMax) octets, or is a document of more than"
        + " \(LibraryImport.documentOctetsMax)"
    case .unreadable(let reason): "the file cannot be read: \(reason)"
    case .library(let error): error.description
    }
  }
}

/// Reads files of indicators that strangers wrote.
public enum LibraryImport {
  /// Largest file, octets. It is held in memory, and some times as much while it is taken apart.
  public static let octetsMax = 64 << 20
  /// Largest document of STIX or MISP, octets: such a document is taken apart as a whole, which
  /// needs some twenty times its size.
  public static let documentOctetsMax = 16 << 20
  /// Most rows of a file; further ones are refused.
  public static let rowsMax = 1_000_000
  /// Rows of one transaction: others must be able to write in between.
  static let batchRowsMax = 1_000

  /// Takes a file apart, without a library.
  ///
  /// - Parameter name: the name of the import in provenances.
  /// - Returns: one element for each row, readable or not, in order.
  public static func rows(
    _ octets: [UInt8], as format: LibraryFormat, name: String
  ) throws(ImportError) -> [LibraryRow] {
    let isDocument = format == .stix || format == .misp
    guard octets.count <= (isDocument ? documentOctetsMax : octetsMax) else { throw .tooLarge }
    var entries =
      switch format {
      case .csv: try LibraryCSV.entries(octets)
      case .ndjson: LibraryLine.entries(octets)
      case .stix: try STIXImport.entries(octets)
      case .misp: try MISPImport.entries(octets)
      }
    if entries.count > rowsMax {
      entries.removeSubrange(rowsMax...)
      entries.append(.failure(RowRefusal("more than \(rowsMax) rows; the rest is not read")))
    }
    return entries.enumerated().map { index, entry in
      LibraryRow(
        number: index + 1, entry: entry,
        provenance: Provenance(origin: "import", table: name, row: index + 1))
    }
  }
}

extension Library {
  /// Adds the rows of a file. A bad row refuses only itself.
  ///
  /// - Parameters:
  ///   - source: the label of what is added, where the file names nobody.
  ///   - now: seconds since 1970.
  /// - Throws: ``ImportError``.
  public func importFile(
    _ octets: [UInt8], as format: LibraryFormat, source: String, now: UnixSeconds
  ) throws(ImportError) -> AddReport {
    let rows = try LibraryImport.rows(octets, as: format, name: source)
    var report = AddReport()
    for start in stride(from: 0, to: rows.count, by: LibraryImport.batchRowsMax) {
      let end = min(start + LibraryImport.batchRowsMax, rows.count)
      do throws(LibraryError) {
        report.merge(try add(Array(rows[start..<end]), source: source, now: now))
      } catch {
        throw .library(error)
      }
    }
    return report
  }
}
