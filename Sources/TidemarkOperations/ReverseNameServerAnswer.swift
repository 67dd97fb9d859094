import DNSWire
import TidemarkEnrichment
import TidemarkModel
import TidemarkPivots
import TidemarkQuery
import TidemarkStore

/// The action `reverse-name-server`.
extension TidemarkSource {
  /// Zones of the name server that the name is, or of those that its registered domain has.
  func reverseNameServer(_ request: ActionRequest) async throws(ActionFailure) -> SourceAnswer {
    let name = try name(of: request)
    let targets = try reading { () throws(StoreError) in
      try NameServerTarget.targets(of: name, suffixes: suffixes, store: store)
    }
    let entriesMax = AnswerLimits.entriesMax / max(targets.count, 1)
    var zones = ServedZones()
    var lines = AnswerLines()
    var notes: [ResultNote] = []
    for target in targets {
      let pivot = ReverseNameServerPivot(
        target, rows: request.configuration.rowsMax, entriesMax: entriesMax, store: store)
      var goesOn = true
      while goesOn {
        try await pause()
        goesOn = try reading { () throws(StoreError) in try pivot.step() }
      }
      let table = pivot.table
      zones.add(table)
      lines.append(table, of: target)
      notes.append(TidemarkSource.note(on: table, of: target))
    }
    var answer = SourceAnswer(source: TidemarkSource.ownData, raw: lines.raw)
    answer.tables = [
      zones.table(request.table("primary"), isPrimary: true),
      zones.table(request.table("secondary"), isPrimary: false),
    ]
    answer.notes = notes
    answer.isTruncated = zones.isTruncated
    return answer
  }

  private static func note(
    on table: NameServerTable, of target: NameServerTarget
  ) -> ResultNote {
    func count(_ table: DomainTable) -> String {
      TidemarkSource.count(table.domainCount, isLowerBound: table.isTruncated)
    }
    let host = target.name.text(finalDot: false)
    let label = target.takesHostsBelow ? "\(host) and hosts below" : host
    var text = "primary of \(count(table.primary)), secondary of \(count(table.secondary)), "
    text += "total \(table.total)"
    if !table.hasSOAData { text += "; no SOA record is known, so all count as primary" }
    return ResultNote(label, text)
  }
}

/// Zones of several name servers, each once: primary when it is so for any of them.
private struct ServedZones {
  private var rows: [DomainName: (row: DomainRow, isPrimary: Bool)] = [:]
  /// The highest counts of one server; all together have at least as many.
  private var counts = (primary: 0, secondary: 0)
  private(set) var isTruncated = false

  mutating func add(_ table: NameServerTable) {
    counts.primary = max(counts.primary, table.primary.domainCount)
    counts.secondary = max(counts.secondary, table.secondary.domainCount)
    for (half, isPrimary) in [(table.primary, true), (table.secondary, false)] {
      isTruncated = isTruncated || half.isTruncated
      for row in half.rows where isPrimary || rows[row.name] == nil {
        rows[row.name] = (row, isPrimary)
      }
    }
  }

  func table(_ empty: ResultTable, isPrimary: Bool) -> ResultTable {
    var table = empty
    let found = rows.values.filter { $0.isPrimary == isPrimary }
      .map { (text: $0.row.name.text(finalDot: false), row: $0.row) }
      .sorted { $0.text.utf8.lexicographicallyPrecedes($1.text.utf8) }
    for zone in found { table.append(["domain": .text(zone.text)], seen: zone.row.span) }
    table.countFurther((isPrimary ? counts.primary : counts.secondary) - found.count)
    return table
  }
}

extension AnswerLines {
  fileprivate mutating func append(_ table: NameServerTable, of target: NameServerTarget) {
    for (half, isPrimary) in [(table.primary, true), (table.secondary, false)] {
      for row in half.rows {
        append([
          "name_server": .name(target.name), "zone": .name(row.name), "primary": .flag(isPrimary),
          "time_first": .integer(UInt64(row.seen.timeFirst)),
          "time_last": .integer(UInt64(row.seen.timeLast)), "records": .count(row.records),
        ])
      }
    }
    append([
      "name_server": .name(target.name), "hosts_below": .flag(target.takesHostsBelow),
      "primary_count": .count(table.primary.domainCount),
      "secondary_count": .count(table.secondary.domainCount),
      "soa_known": .flag(table.hasSOAData),
      "truncated": .flag(table.primary.isTruncated || table.secondary.isTruncated),
    ])
  }
}
