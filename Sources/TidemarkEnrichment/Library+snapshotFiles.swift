import GRDB
import TidemarkDatabase
public import TidemarkModel
import TidemarkRegistration

/// Registrations in files.
extension Library {
  /// Snapshots of one read of an export. Others must be able to write in between, and all of them
  /// with their texts are held.
  private static let snapshotPageRows = 50
  /// Clocks may differ so much, seconds.
  private static let clockSeconds: UnixSeconds = 86_400

  /// Writes all registrations, a JSON object a line.
  ///
  /// - Parameters:
  ///   - withContacts: false leaves out who registered what, and the texts of the answers, which
  ///     say so too: for those who must not get personal data.
  ///   - write: takes the next octets; false ends the export.
  /// - Returns: snapshots written.
  /// - Throws: ``LibraryError``.
  public func exportSnapshots(
    withContacts: Bool, _ write: ([UInt8]) -> Bool
  ) throws(LibraryError) -> Int {
    let encoder = JSONLineEncoder()
    var written = 0
    var last: Int64 = 0
    while true {
      let page = try database.reading { db in
        try SnapshotRows.read(
          db, "id > ? ORDER BY id LIMIT ?", [last, Library.snapshotPageRows])
      }
      guard let end = page.last else { return written }
      var out: [UInt8] = []
      for snapshot in page {
        do {
          try encoder.append(SnapshotLine(snapshot, withContacts: withContacts), to: &out)
        } catch {
          throw .failed(path: path, reason: "a registration cannot be written")
        }
        out.append(UInt8(ascii: "\n"))
      }
      guard write(out) else { return written }
      written += page.count
      last = end.id
    }
  }

  /// Adds the registrations of a file that ``exportSnapshots(withContacts:_:)`` wrote. A bad line
  /// refuses only itself.
  ///
  /// - Parameter now: seconds since 1970; look-ups after it are refused.
  /// - Throws: ``ImportError``.
  public func importSnapshots(
    _ octets: [UInt8], now: UnixSeconds
  ) throws(ImportError) -> AddReport {
    guard octets.count <= LibraryImport.octetsMax else { throw .tooLarge }
    let lines = LibraryLine.lines(octets)
    let last = Library.latest(now)
    return try add(lines.count, now: now) { index throws(RowRefusal) in
      try SnapshotLine.draft(lines[index], last: last)
    }
  }

  /// Adds the registrations of an answer of `whois/history` in DomainTools' interface. A bad entry
  /// refuses only itself.
  ///
  /// - Parameters:
  ///   - domain: what the answer is about; it does not say so itself.
  ///   - now: seconds since 1970; look-ups after it are refused.
  /// - Throws: ``ImportError``.
  public func importHistory(
    _ octets: [UInt8], of domain: String, now: UnixSeconds
  ) throws(ImportError) -> AddReport {
    guard octets.count <= LibraryImport.documentOctetsMax else { throw .tooLarge }
    guard let key = SubjectKey(.domain(name: domain)) else {
      throw .unreadable("what it is said to be about is no domain")
    }
    let answer = try HistoryAnswer.read(octets)
    let last = Library.latest(now)
    return try add(answer.count, now: now) { index throws(RowRefusal) in
      try answer.draft(index, of: key, last: last)
    }
  }

  private static func latest(_ now: UnixSeconds) -> UnixSeconds {
    now.addingReportingOverflow(clockSeconds).overflow ? .max : now + clockSeconds
  }

  /// Adds rows in batches; they are read as they are added, so that few are held.
  private func add(
    _ count: Int, now: UnixSeconds, _ draft: (Int) throws(RowRefusal) -> SnapshotDraft
  ) throws(ImportError) -> AddReport {
    var report = AddReport()
    for start in stride(from: 0, to: count, by: LibraryImport.batchRowsMax) {
      let rows = start..<min(start + LibraryImport.batchRowsMax, count)
      do throws(LibraryError) {
        try database.writing { db in
          let writer = SnapshotWriter(db: db, now: now)
          for row in rows { try add(row, draft, writer, &report) }
        }
      } catch {
        throw .library(error)
      }
    }
    return report
  }

  private func add(
    _ row: Int, _ draft: (Int) throws(RowRefusal) -> SnapshotDraft, _ writer: SnapshotWriter,
    _ report: inout AddReport
  ) throws {
    let read: SnapshotDraft
    do throws(RowRefusal) {
      guard row < LibraryImport.rowsMax else {
        throw RowRefusal("more than \(LibraryImport.rowsMax) rows; the rest is not read")
      }
      read = try draft(row)
    } catch {
      report.refuse(row + 1, error)
      return
    }
    if try writer.add(read) { report.added += 1 } else { report.alreadyThere += 1 }
  }
}
