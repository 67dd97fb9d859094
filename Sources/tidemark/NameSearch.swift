import ArgumentParser
import TidemarkModel
import TidemarkPatterns
import TidemarkQuery
import TidemarkStore

/// Finds the names that a pattern matches, in a store or on a server.
struct NameSearch {
  let options: PatternOptions
  let filters: LookupFilters
  let template: RecordQuery

  /// Searches a store.
  ///
  /// - Returns: the status of the process.
  func run(
    on store: any RecordStore, _ output: LookupOutput, now: UnixSeconds
  ) throws -> Int32 {
    var printer = NamePrinter(NameSearch.format(output, now: now))
    var query = NameQuery(.pattern(try options.pattern(), excluding: nil))
    query.rrtypes = template.rrtypes
    query.times = template.times
    query.limit = template.limit
    query.wantsValues = NameSearch.wantsValues(output)
    let registry = try Registry(store: store)
    query.datasets = registry.datasets.map(\.number)
    if let dataset = filters.dataset {
      query.datasets = registry.dataset(dataset).map { [$0] } ?? []
    }
    let cursor = NameCursor(query, store: store)
    var outcome = SearchOutcome(state: .stopped)
    do throws(StoreError) {
      var end = RecordCursor.End.paused
      var isRead = true
      while end == .paused, isRead {
        end = try cursor.next { row in
          isRead = printer.add(FoundName(row))
          return isRead
        }
      }
      if end != .paused { outcome.state = end == .limited ? .limited : .complete }
    } catch {
      outcome.state = .failed("\(error)")
    }
    outcome.damaged = cursor.damaged
    return finish(&outcome, &printer)
  }

  /// Asks a server.
  ///
  /// - Returns: the status of the process.
  func run(
    on server: RemoteServer, _ output: LookupOutput, now: UnixSeconds
  ) async throws -> Int32 {
    var printer = NamePrinter(NameSearch.format(output, now: now))
    var outcome = SearchOutcome(state: .complete)
    do {
      let end = try await server.rows("/api/v1/names", parameters(output)) { lines in
        for line in lines.split(separator: 10) {
          guard let name = FoundName(json: Array(line).span) else {
            outcome.damaged += 1
            continue
          }
          guard printer.add(name) else { return false }
        }
        return true
      }
      outcome.state = SearchOutcome.State(end)
    } catch let error as RemoteError {
      outcome.state = .failed("\(error)")
    }
    return finish(&outcome, &printer)
  }

  private func finish(_ outcome: inout SearchOutcome, _ printer: inout NamePrinter) -> Int32 {
    outcome.rows = printer.rows
    printer.finish()
    outcome.complain()
    return outcome.exitStatus
  }

  private func parameters(_ output: LookupOutput) -> [(String, String)] {
    var parameters: [(String, String)] = []
    if let regex = options.regex { parameters.append(("regex", regex)) }
    if let glob = options.glob { parameters.append(("glob", glob)) }
    let filters = RemoteSearch.parameters(template, dataset: filters.dataset)
    parameters += filters.filter { !["merge", "vantage"].contains($0.0) }
    if NameSearch.wantsValues(output) { parameters.append(("values", "true")) }
    return parameters
  }

  /// Times and counts cost reading the records of the names found: only formats that show them ask.
  private static func wantsValues(_ output: LookupOutput) -> Bool {
    !output.count && [.text, .csv, .cof].contains(output.output)
  }

  /// Nil counts. Names alone unless something else is asked for.
  private static func format(_ output: LookupOutput, now: UnixSeconds) -> FoundName.Format? {
    if output.count { return nil }
    switch output.output {
    case .text: return .text(output.times(now: now))
    case .csv: return .csv(output.times(now: now))
    case .cof: return .json
    default: return .names
    }
  }
}

extension FoundName {
  /// Copies what a search shows.
  fileprivate init(_ row: borrowing NameRow) {
    let seen = row.seen.map { span in
      Seen(timeFirst: span.timeFirst, timeLast: span.timeLast, count: span.count)
    }
    self.init(rrname: row.rrname, seen: seen)
  }
}
