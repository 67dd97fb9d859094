import FoundationEssentials
import Synchronization
import TidemarkModel

/// Whether a server answers bulk look-ups, as far as is known.
final class BulkRoute: Sendable {
  private let missing = Mutex(false)

  var isMissing: Bool { missing.withLock { $0 } }

  /// Notes, and says once, that keys are asked for one by one.
  func giveUp(_ reason: RemoteError) {
    let isKnown = missing.withLock { missing in
      defer { missing = true }
      return missing
    }
    guard !isKnown else { return }
    StandardStreams.complain("tidemark: no bulk look-ups there, asking key by key: \(reason)")
  }
}

extension RemoteSearch {
  /// Rows of one value in a bulk answer, and octets of them: they are held until the server says
  /// how the value ended, so that an answer which breaks off makes no row come twice. A value with
  /// more is gone on with in a request of its own.
  private static let bulkRowsMax = 10_000
  fileprivate static let bulkHeldOctetsMax = 32 << 20

  /// Asks for many values in one request.
  func searchAll(
    _ values: [SearchValue], into printer: inout RowPrinter, _ ended: SearchEnded
  ) async throws {
    var next = 0
    var wantsMore = true
    while next < values.count, wantsMore {
      var answer = BulkAnswer(isLimitFinal: limit.map { $0 <= RemoteSearch.bulkRowsMax } ?? false)
      var failure: RemoteError?
      if !bulkRoute.isMissing {
        failure = try await ask(values[next...], &answer) { status, rows in
          let outcome = try RemoteSearch.outcome(status, rows, into: &printer)
          wantsMore = try ended(next, outcome, &printer)
          next += 1
          return wantsMore
        }
      }
      guard wantsMore, next < values.count else { return }
      if let failure, case .refused(let status, _) = failure, [404, 405].contains(status) {
        bulkRoute.giveUp(failure)
      } else if let failure, !failure.isCutOff {
        // It would be the same for every value.
        let outcome = SearchOutcome(state: .failed("\(failure)"))
        for index in next..<values.count where wantsMore {
          wantsMore = try ended(index, outcome, &printer)
        }
        return
      }
      let outcome = try await goOn(values[next], answer, into: &printer)
      wantsMore = try ended(next, outcome, &printer)
      next += 1
    }
  }

  /// Sends values and reads what comes until something else has to be asked.
  private func ask(
    _ values: ArraySlice<SearchValue>, _ answer: inout BulkAnswer,
    _ show: (BulkAnswer.Status, _ rows: [UInt8]) throws -> Bool
  ) async throws -> RemoteError? {
    let limit = min(limit ?? RemoteSearch.bulkRowsMax, RemoteSearch.bulkRowsMax)
    let asked = parameters.filter { $0.0 != "limit" } + [("limit", String(limit))]
    var keys: [UInt8] = []
    for value in values { RemoteSearch.append(value.text, to: &keys) }
    do {
      _ = try await server.bulk(asked, keys: keys) { try answer.take($0, show) }
      return nil
    } catch let error as RemoteError {
      return error
    }
  }

  /// Appends a line. What looks like an object is put into one.
  private static func append(_ text: String, to keys: inout [UInt8]) {
    if text.hasPrefix("{") {
      keys += "{\"value\":".utf8
      JSONText.appendQuoted(Array(text.utf8).span, to: &keys)
      keys += "}\n".utf8
    } else {
      keys += (text + "\n").utf8
    }
  }

  /// Prints the rows of a value that is done.
  private static func outcome(
    _ status: BulkAnswer.Status, _ rows: [UInt8], into printer: inout RowPrinter
  ) throws -> SearchOutcome {
    var lines = RowLines()
    let isRead = try lines.read(rows, into: &printer)
    var outcome = SearchOutcome(state: .stopped, rows: lines.rows)
    outcome.damaged = lines.unreadable + (status.damaged ?? 0)
    guard isRead else { return outcome }
    switch status.status {
    case "complete": outcome.state = .complete
    case "limited": outcome.state = .limited
    default: outcome.state = .failed("the server says: \(status.error ?? status.status)")
    }
    return outcome
  }

  /// Asks for a value by itself: from the rows on that came, or all of it when they are not whole.
  private func goOn(
    _ value: SearchValue, _ answer: BulkAnswer, into printer: inout RowPrinter
  ) async throws -> SearchOutcome {
    guard let cursor = answer.cursor else { return try await search(value, into: &printer) }
    var lines = RowLines()
    guard try lines.read(answer.held, into: &printer) else {
      return SearchOutcome(state: .stopped, rows: lines.rows)
    }
    var asked = parameters.filter { $0.0 != "limit" }
    if let limit { asked.append(("limit", String(limit - RemoteSearch.bulkRowsMax))) }
    asked += [("value", value.text), ("cursor", cursor)]
    return try await search(asked, lines, into: &printer)
  }
}

/// The answer to a bulk look-up, as far as it has come.
struct BulkAnswer {
  /// The line behind the rows of a key.
  struct Status: Decodable {
    let index: Int
    let status: String
    let error: String?
    let damaged: Int?
    let cursor: String?
  }

  /// Rows of the key under way.
  private(set) var held: [UInt8] = []
  /// Where the key under way goes on, when ``held`` are not all of its rows but all up to there.
  private(set) var cursor: String?

  /// True when a key that is limited has as many rows as were wanted.
  private let isLimitFinal: Bool
  private var done = 0
  private static let statusStart = Array("{\"index\":".utf8)

  init(isLimitFinal: Bool) { self.isLimitFinal = isLimitFinal }

  /// Takes whole lines.
  ///
  /// - Parameter show: is given the status and the rows of a key that is done; false stops.
  /// - Returns: false when nothing more of the answer is wanted.
  /// - Throws: ``RemoteError/cutOff`` for lines that are no answer, and what `show` throws.
  mutating func take(
    _ lines: [UInt8], _ show: (Status, _ rows: [UInt8]) throws -> Bool
  ) throws -> Bool {
    var at = 0
    while let end = lines[at...].firstIndex(of: 10) {
      let line = lines[at...end]
      at = end + 1
      guard line.starts(with: BulkAnswer.statusStart) else {
        held += line
        guard held.count <= RemoteSearch.bulkHeldOctetsMax else { return false }
        continue
      }
      guard let status = try? JSONDecoder().decode(Status.self, from: Data(line)),
        status.index == done
      else { throw RemoteError.cutOff }
      if status.status == "limited", !isLimitFinal {
        cursor = status.cursor
        return false
      }
      done += 1
      guard try show(status, held) else { return false }
      held.removeAll(keepingCapacity: true)
    }
    return true
  }
}
