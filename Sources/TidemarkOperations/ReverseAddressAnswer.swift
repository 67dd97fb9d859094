import DNSWire
import TidemarkEnrichment
import TidemarkModel
import TidemarkPivots
import TidemarkQuery
import TidemarkStore

/// The action `reverse-ip`.
extension TidemarkSource {
  /// Registered domains on an address; of a name its addresses and the domains on each.
  func reverseAddress(_ request: ActionRequest) async throws(ActionFailure) -> SourceAnswer {
    if IndicatorType.addresses.contains(request.indicator.type) {
      return try await domainsOfAddress(request)
    }
    return try await addressesOfName(request)
  }

  private func domainsOfAddress(
    _ request: ActionRequest
  ) async throws(ActionFailure) -> SourceAnswer {
    let address = try address(of: request)
    let domains = try await domains(
      on: address, rows: request.configuration.rowsMax, entriesMax: AnswerLimits.entriesMax)
    var lines = AnswerLines()
    var table = request.table("domains")
    for row in domains.rows {
      lines.append(row, on: address)
      table.append(
        [
          "domain": .text(row.name.text(finalDot: false)), "first_seen": .time(row.seen.timeFirst),
          "last_seen": .time(row.seen.timeLast),
        ], seen: row.span)
    }
    table.countFurther(domains.domainCount - domains.rows.count)
    lines.appendEnd(of: domains, on: address)
    var answer = SourceAnswer(source: TidemarkSource.ownData, raw: lines.raw)
    answer.tables = [table]
    answer.isTruncated = domains.isTruncated
    answer.notes = [
      ResultNote(
        "Domains",
        TidemarkSource.count(domains.domainCount, isLowerBound: domains.isTruncated))
    ]
    return answer
  }

  private func addressesOfName(
    _ request: ActionRequest
  ) async throws(ActionFailure) -> SourceAnswer {
    let name = try name(of: request)
    let pointed = try reading { () throws(StoreError) in
      try PointedAddresses(of: name, store: store)
    }
    let addresses = pointed.addresses
    let entriesMax = AnswerLimits.entriesMax / max(addresses.count, 1)
    var lines = AnswerLines()
    var table = request.table("addresses")
    var tables: [ResultTable] = []
    var notes: [ResultNote] = []
    var isTruncated = pointed.isTruncated
    if pointed.chain.count > 1 {
      notes.append(
        ResultNote(
          "Aliases followed",
          pointed.chain.map { $0.text(finalDot: false) }.joined(separator: ", ")))
    }
    for address in addresses {
      let domains = try await domains(
        on: address, rows: request.configuration.rowsMax, entriesMax: entriesMax)
      table.append(
        ["address": .text(address.text), "domain_count": .integer(Int64(domains.domainCount))],
        seen: pointed.span(of: address))
      var others = request.table("domains-on", word: address.text)
      for row in domains.rows {
        lines.append(row, on: address)
        others.append(["domain": .text(row.name.text(finalDot: false))], seen: row.span)
      }
      others.countFurther(domains.domainCount - domains.rows.count)
      lines.appendEnd(of: domains, on: address)
      tables.append(others)
      let count = TidemarkSource.count(domains.domainCount, isLowerBound: domains.isTruncated)
      notes.append(ResultNote("Domains on \(address.text)", count))
      isTruncated = isTruncated || domains.isTruncated
    }
    var answer = SourceAnswer(source: TidemarkSource.ownData, raw: lines.raw)
    answer.tables = [table] + tables
    answer.notes = notes
    answer.isTruncated = isTruncated
    return answer
  }

  private func domains(
    on address: PivotAddress, rows: Int, entriesMax: Int
  ) async throws(ActionFailure) -> DomainTable {
    let pivot = ReverseAddressPivot(
      address, suffixes: suffixes, rows: rows, entriesMax: entriesMax, store: store)
    var goesOn = true
    while goesOn {
      try await pause()
      goesOn = try reading { () throws(StoreError) in try pivot.step() }
    }
    return pivot.table
  }
}

extension DomainRow {
  /// From first to last seen.
  var span: ClosedRange<UnixSeconds> {
    seen.timeFirst...max(seen.timeFirst, seen.timeLast)
  }
}

extension PointedAddresses {
  /// From first to last seen there; nil for an address that it does not have.
  fileprivate func span(of address: PivotAddress) -> ClosedRange<UnixSeconds>? {
    var span: ClosedRange<UnixSeconds>?
    for record in records where PivotAddress(octets: record.rdata) == address {
      let first = min(record.value.timeFirst, span?.lowerBound ?? .max)
      let last = max(record.value.timeLast, span?.upperBound ?? 0)
      span = first...max(first, last)
    }
    return span
  }
}

extension AnswerLines {
  fileprivate mutating func append(_ row: DomainRow, on address: PivotAddress) {
    append([
      "address": .text(address.text), "domain": .name(row.name),
      "time_first": .integer(UInt64(row.seen.timeFirst)),
      "time_last": .integer(UInt64(row.seen.timeLast)), "count": .integer(row.seen.count),
      "records": .count(row.records),
    ])
  }

  fileprivate mutating func appendEnd(of domains: DomainTable, on address: PivotAddress) {
    append([
      "address": .text(address.text), "domain_count": .count(domains.domainCount),
      "truncated": .flag(domains.isTruncated),
    ])
  }
}
