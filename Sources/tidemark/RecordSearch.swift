import TidemarkModel
import TidemarkQuery
import TidemarkStore

/// Something that finds the records of a value: a store at hand or a server.
protocol RecordSearch: Sendable {
  /// Adds the rows of a value to a printer, all or up to the limit of the search.
  ///
  /// - Throws: ``RowPrinter/Failure`` when the printer cannot hold them. What goes wrong with the
  ///   search itself is told by the outcome, because rows before it are valid.
  func search(_ value: SearchValue, into printer: inout RowPrinter) async throws -> SearchOutcome

  /// Adds the rows of many values, one after another.
  ///
  /// - Parameter ended: told when all rows of a value were added, in the order of the values;
  ///   false stops.
  /// - Throws: as ``search(_:into:)``, and what `ended` throws.
  func searchAll(
    _ values: [SearchValue], into printer: inout RowPrinter, _ ended: SearchEnded
  ) async throws
}

/// Takes how the search of one of several values ended.
typealias SearchEnded = (
  _ index: Int, _ outcome: SearchOutcome, _ printer: inout RowPrinter
) throws -> Bool

extension RecordSearch {
  func searchAll(
    _ values: [SearchValue], into printer: inout RowPrinter, _ ended: SearchEnded
  ) async throws {
    for (index, value) in values.enumerated() {
      let outcome = try await search(value, into: &printer)
      guard try ended(index, outcome, &printer) else { return }
    }
  }
}

/// What is looked up, as text for servers and as subjects for stores.
struct SearchValue: Sendable {
  let text: String
  let value: LookupValue

  init(_ text: String) throws(LookupValueError) {
    self.text = text
    value = try LookupValue(text)
  }
}

/// How a search ended.
struct SearchOutcome: Sendable, Equatable {
  enum State: Sendable, Equatable {
    case complete
    case limited
    /// Nobody reads any more.
    case stopped
    case failed(String)
  }

  var state: State
  /// Rows found.
  var rows = 0
  /// Rows that are damaged and were left out.
  var damaged = 0

  /// Status of the process when this was all that was asked for.
  var exitStatus: Int32 {
    switch state {
    case .complete, .stopped: damaged > 0 ? ExitStatus.partial : 0
    case .limited: damaged > 0 ? ExitStatus.partial : ExitStatus.limited
    case .failed: rows > 0 ? ExitStatus.partial : ExitStatus.failure
    }
  }

  /// Says on standard error what is missing, if anything.
  func complain() {
    if case .failed(let reason) = state { StandardStreams.complain("tidemark: \(reason)") }
    if damaged > 0 { StandardStreams.complain("tidemark: \(damaged) damaged rows were left out") }
  }
}

/// Searches a store.
struct LocalSearch: RecordSearch {
  private let store: any RecordStore
  private let template: RecordQuery?

  /// Opens a store.
  ///
  /// - Parameters:
  ///   - template: filters and limit.
  ///   - dataset: nil searches all; one that does not exist has no records.
  init(
    _ store: any RecordStore, template: RecordQuery, dataset: String?
  ) throws(StoreError) {
    self.store = store
    let registry = try Registry(store: store)
    var query = template
    if let dataset {
      let number = registry.dataset(dataset)
      query.datasets = number.map { [$0] } ?? []
      self.template = number == nil ? nil : query
    } else {
      query.datasets = registry.datasets.map(\.number)
      self.template = query
    }
  }

  func search(_ value: SearchValue, into printer: inout RowPrinter) throws -> SearchOutcome {
    guard let template else { return SearchOutcome(state: .complete) }
    let cursor = LookupCursor(value.value, like: template, store: store)
    var outcome = SearchOutcome(state: .stopped)
    var failure: RowPrinter.Failure?
    var isRead = true
    do throws(StoreError) {
      var end = RecordCursor.End.paused
      while end == .paused, isRead, failure == nil {
        end = try cursor.next { row in
          do throws(RowPrinter.Failure) {
            isRead = try printer.add(row.textRow, rrname: row.rrname.span, rdata: row.rdata.span)
          } catch {
            failure = error
          }
          return isRead && failure == nil
        }
      }
      if end != .paused { outcome.state = end == .limited ? .limited : .complete }
    } catch {
      outcome.state = .failed("\(error)")
    }
    outcome.rows = cursor.rows
    outcome.damaged = cursor.damaged
    if let failure { throw failure }
    return outcome
  }

  /// True when a value has more rows than `limit`; nothing is printed.
  func hasMore(than limit: Int, _ value: SearchValue) throws(StoreError) -> Bool {
    guard var template else { return false }
    template.limit = limit
    let cursor = LookupCursor(value.value, like: template, store: store)
    var end = RecordCursor.End.paused
    while end == .paused { end = try cursor.next { _ in true } }
    return end == .limited
  }
}
