import Synchronization
import TidemarkMetrics

/// Counts what the server does. Labels are words of our own; nothing in them comes from a request.
final class ServerMetrics: Sendable {
  /// How an answer of rows ended.
  enum AnswerOutcome: String, CaseIterable {
    case complete, limited
    /// What the query might cost was spent.
    case rows, octets, time
    case failed
    /// The client left before.
    case cancelled
  }

  /// Upper bounds of the classes of durations, seconds.
  private static let bounds = [
    0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 120,
  ]

  private struct Durations {
    /// One more than the bounds.
    var counts = [UInt64](repeating: 0, count: ServerMetrics.bounds.count + 1)
    var sum = 0.0
  }

  private struct Request: Hashable {
    let family: RouteFamily?
    let hundreds: Int
  }

  private struct State {
    var requests: [Request: UInt64] = [:]
    var durations: [RouteFamily?: Durations] = [:]
    var answers: [AnswerOutcome: UInt64] = [:]
    var rows: UInt64 = 0
    var connections: UInt64 = 0
    var closes: [CloseReason: UInt64] = [:]
    var refusals: [Int: UInt64] = [:]
  }

  private let state = Mutex(State())

  /// A request was answered.
  ///
  /// - Parameter family: nil when its path is none of ours.
  func countRequest(_ family: RouteFamily?, status: Int, duration: Duration) {
    let (seconds, fraction) = duration.components
    let time = Double(seconds) + Double(fraction) / 1e18
    let index = ServerMetrics.bounds.firstIndex { time <= $0 } ?? ServerMetrics.bounds.count
    state.withLock {
      $0.requests[Request(family: family, hundreds: status / 100), default: 0] += 1
      $0.durations[family, default: Durations()].counts[index] += 1
      $0.durations[family, default: Durations()].sum += time
    }
  }

  /// An answer of rows ended.
  func countAnswer(_ outcome: AnswerOutcome, rows: Int) {
    state.withLock {
      $0.answers[outcome, default: 0] += 1
      $0.rows += UInt64(clamping: rows)
    }
  }

  /// A connection was taken.
  func countConnection() { state.withLock { $0.connections += 1 } }

  /// The server closed a connection by itself.
  func countClose(_ reason: CloseReason) {
    state.withLock { $0.closes[reason, default: 0] += 1 }
  }

  /// A request could not be read.
  func countRefusal(status: Int) { state.withLock { $0.refusals[status, default: 0] += 1 } }

  /// All of it.
  ///
  /// - Parameters:
  ///   - open: connections that are open.
  ///   - certificates: nil without TLS.
  func families(open: Int, certificates: ServerCertificates?) -> [MetricFamily] {
    let state = state.withLock { $0 }
    var families = ServerMetrics.requestFamilies(state)
    families.append(
      MetricFamily(
        "tidemark_http_answers_total", .counter, help: "Answers of rows, by how they ended.",
        samples: AnswerOutcome.allCases.map {
          .init(Double(state.answers[$0] ?? 0), labels: [("end", $0.rawValue)])
        }))
    families.append(
      MetricFamily(
        "tidemark_http_rows_total", .counter, help: "Rows made for answers.",
        samples: [.init(Double(state.rows))]))
    families += ServerMetrics.connectionFamilies(state, open: open)
    if let account = certificates?.account {
      families.append(
        MetricFamily(
          "tidemark_tls_certificate_expiry_timestamp_seconds", .gauge,
          help: "End of the server certificate's time.", samples: [.init(Double(account.expires))]))
      families.append(
        MetricFamily(
          "tidemark_tls_reloads_total", .counter, help: "Certificates read again.",
          samples: [
            .init(Double(account.loaded), labels: [("outcome", "loaded")]),
            .init(Double(account.refused), labels: [("outcome", "refused")]),
          ]))
    }
    return families
  }

  private static func requestFamilies(_ state: State) -> [MetricFamily] {
    var requests = MetricFamily(
      "tidemark_http_requests_total", .counter, help: "Requests, by API family and status.")
    for (request, count) in state.requests.sorted(by: { order($0.key) < order($1.key) }) {
      requests.samples.append(
        .init(
          Double(count),
          labels: [("family", word(request.family)), ("status", "\(request.hundreds)xx")]))
    }
    var durations = MetricFamily(
      "tidemark_http_request_duration_seconds", .histogram,
      help: "From the end of a request's head to the last octet of its answer.")
    for (family, known) in state.durations.sorted(by: { word($0.key) < word($1.key) }) {
      let label = (name: "family", value: word(family))
      var below: UInt64 = 0
      for (index, count) in known.counts.enumerated() {
        below += count
        let bound = index < bounds.count ? "\(bounds[index])" : "+Inf"
        durations.samples.append(
          .init(Double(below), labels: [label, ("le", bound)], suffix: "_bucket"))
      }
      durations.samples.append(.init(known.sum, labels: [label], suffix: "_sum"))
      durations.samples.append(.init(Double(below), labels: [label], suffix: "_count"))
    }
    return [requests, durations]
  }

  private static func connectionFamilies(_ state: State, open: Int) -> [MetricFamily] {
    [
      MetricFamily(
        "tidemark_http_connections", .gauge, help: "Open connections.",
        samples: [.init(Double(open))]),
      MetricFamily(
        "tidemark_http_connections_total", .counter, help: "Connections taken.",
        samples: [.init(Double(state.connections))]),
      MetricFamily(
        "tidemark_http_connections_closed_total", .counter,
        help: "Connections that the server closed by itself.",
        samples: CloseReason.allCases.map {
          .init(Double(state.closes[$0] ?? 0), labels: [("reason", $0.rawValue)])
        }),
      MetricFamily(
        "tidemark_http_unreadable_requests_total", .counter,
        help: "What was not a request that can be read, by the status it got.",
        samples: state.refusals.sorted { $0.key < $1.key }.map {
          .init(Double($0.value), labels: [("status", String($0.key))])
        }),
    ]
  }

  private static func word(_ family: RouteFamily?) -> String { family?.rawValue ?? "none" }

  private static func order(_ request: Request) -> String {
    "\(word(request.family)) \(request.hundreds)"
  }
}
