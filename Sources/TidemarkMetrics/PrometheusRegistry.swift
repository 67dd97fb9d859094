public import CoreMetrics
import Synchronization

/// Holds the metrics of this process and prints them as Prometheus text (exposition format 0.0.4).
///
/// Libraries reach it through swift-metrics. Numbers that must agree with each other, like the
/// account of a source, come from collectors instead: each is asked once for every page.
public final class PrometheusRegistry: MetricsFactory {
  /// The media type of ``text()``.
  public static let contentType = "text/plain; version=0.0.4; charset=utf-8"
  /// Series that are kept; further ones are counted and not shown, so that a label that somebody
  /// else chooses cannot fill the memory.
  public static let seriesMax = 10_000

  struct Series: Hashable {
    let name: String
    let labels: [String]
  }

  private struct State {
    var cells: [Series: Cell] = [:]
    var refused: UInt64 = 0
    var collectors: [@Sendable () -> [MetricFamily]] = []
  }

  private let state = Mutex(State())

  /// Makes an empty registry.
  public init() {}

  /// Adds somebody who is asked for families for every page.
  public func addCollector(_ collector: @escaping @Sendable () -> [MetricFamily]) {
    state.withLock { $0.collectors.append(collector) }
  }

  /// All metrics as text, families in the order of their names.
  public func text() -> String {
    var text = ""
    for family in families() { family.append(to: &text) }
    return text
  }

  /// All metrics, families in the order of their names, one of each name.
  public func families() -> [MetricFamily] {
    let (cells, refused, collectors) = state.withLock { ($0.cells, $0.refused, $0.collectors) }
    var families: [String: MetricFamily] = [:]
    let ordered = cells.sorted { $0.key.labels.lexicographicallyPrecedes($1.key.labels) }
    for (series, cell) in ordered {
      var labels: [(name: String, value: String)] = []
      for index in stride(from: 0, to: series.labels.count, by: 2) {
        labels.append((series.labels[index], series.labels[index + 1]))
      }
      families[series.name, default: MetricFamily(series.name, cell.kind, help: "")]
        .samples += cell.samples(labels: labels)
    }
    for family in collectors.flatMap({ $0() }) {
      families[family.name, default: MetricFamily(family.name, family.kind, help: family.help)]
        .samples += family.samples
    }
    if refused > 0 {
      families["tidemark_metrics_refused_total"] = MetricFamily(
        "tidemark_metrics_refused_total", .counter, help: "Series beyond the limit.",
        samples: [.init(Double(refused))])
    }
    return families.values.sorted { $0.name < $1.name }
  }

  private func cell(
    _ label: String, _ dimensions: [(String, String)], _ kind: MetricFamily.Kind
  ) -> Cell {
    let series = Series(name: label, labels: dimensions.flatMap { [$0.0, $0.1] })
    return state.withLock { state in
      if let cell = state.cells[series] { return cell }
      let cell = Cell(kind: kind)
      guard state.cells.count < PrometheusRegistry.seriesMax else {
        state.refused += 1
        return cell
      }
      state.cells[series] = cell
      return cell
    }
  }

  private func remove(_ cell: Any) {
    guard let cell = cell as? Cell else { return }
    state.withLock { state in
      for (series, known) in state.cells where known === cell { state.cells[series] = nil }
    }
  }

  /// See `MetricsFactory`.
  public func makeCounter(label: String, dimensions: [(String, String)]) -> any CounterHandler {
    cell(label, dimensions, .counter)
  }

  /// See `MetricsFactory`.
  public func makeMeter(label: String, dimensions: [(String, String)]) -> any MeterHandler {
    cell(label, dimensions, .gauge)
  }

  /// See `MetricsFactory`. A recorder that does not aggregate is a gauge.
  public func makeRecorder(
    label: String, dimensions: [(String, String)], aggregate: Bool
  ) -> any RecorderHandler {
    cell(label, dimensions, aggregate ? .summary : .gauge)
  }

  /// See `MetricsFactory`. Shown in seconds.
  public func makeTimer(label: String, dimensions: [(String, String)]) -> any TimerHandler {
    cell(label, dimensions, .summary)
  }

  /// See `MetricsFactory`.
  public func destroyCounter(_ handler: any CounterHandler) { remove(handler) }

  /// See `MetricsFactory`.
  public func destroyMeter(_ handler: any MeterHandler) { remove(handler) }

  /// See `MetricsFactory`.
  public func destroyRecorder(_ handler: any RecorderHandler) { remove(handler) }

  /// See `MetricsFactory`.
  public func destroyTimer(_ handler: any TimerHandler) { remove(handler) }
}

/// The number, or number and sum, behind one series.
private final class Cell: CounterHandler, MeterHandler, RecorderHandler, TimerHandler {
  let kind: MetricFamily.Kind
  private let numbers = Mutex((value: 0.0, count: 0.0))

  init(kind: MetricFamily.Kind) {
    self.kind = kind
  }

  func samples(labels: [(name: String, value: String)]) -> [MetricFamily.Sample] {
    let (value, count) = numbers.withLock { $0 }
    guard kind == .summary else { return [.init(value, labels: labels)] }
    return [
      .init(value, labels: labels, suffix: "_sum"), .init(count, labels: labels, suffix: "_count"),
    ]
  }

  func increment(by amount: Int64) { add(Double(amount)) }
  func increment(by amount: Double) { add(amount) }
  func decrement(by amount: Double) { add(-amount) }
  func set(_ value: Int64) { set(Double(value)) }
  func set(_ value: Double) { numbers.withLock { $0.value = value } }
  func reset() { numbers.withLock { $0 = (0, 0) } }
  func record(_ value: Int64) { record(Double(value)) }

  func record(_ value: Double) {
    if kind == .summary { add(value) } else { set(value) }
  }

  func recordNanoseconds(_ duration: Int64) { add(Double(duration) / 1e9) }

  private func add(_ amount: Double) {
    numbers.withLock {
      $0.value += amount
      $0.count += 1
    }
  }
}
