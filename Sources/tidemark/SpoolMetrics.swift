import Logging
import TidemarkCollectors
import TidemarkMetrics

/// A relay's spool in metrics and log.
enum SpoolMetrics {
  static func families(_ account: SpoolAccount) -> [MetricFamily] {
    func gauge(_ name: String, _ help: String, _ value: UInt64) -> MetricFamily {
      MetricFamily(name, .gauge, help: help, samples: [.init(Double(value))])
    }
    func counter(
      _ name: String, _ help: String, _ values: [(String, UInt64)]
    ) -> MetricFamily {
      MetricFamily(
        name, .counter, help: help,
        samples: values.map { .init(Double($0.1), labels: [("outcome", $0.0)]) })
    }
    return [
      gauge("tidemark_spool_batches", "Batches that wait to be sent.", account.batchesWaiting),
      gauge("tidemark_spool_rows", "Rows that wait to be sent.", account.rowsWaiting),
      gauge("tidemark_spool_octets", "Octets of the spool's files.", account.octets),
      counter(
        "tidemark_spool_batches_total", "What became of batches, since the spool was made.",
        [
          ("delivered", account.batchesDelivered), ("refused", account.batchesRefused),
          ("dropped", account.batchesDropped), ("damaged", account.batchesDamaged),
        ]),
      counter(
        "tidemark_spool_rows_total", "What became of rows, since the spool was made.",
        [
          ("delivered", account.rowsDelivered), ("left_out", account.rowsLeftOut),
          ("refused", account.rowsRefused), ("dropped", account.rowsDropped),
          ("damaged", account.rowsDamaged),
        ]),
    ]
  }

  static func log(_ event: RelaySender.Event, to log: Logger) {
    switch event {
    case .failed(let reason, let seconds):
      log.warning("sending failed, next try in \(seconds) s: \(reason)")
    case .refused(let status, let reason, let rows):
      log.error("the server refuses \(rows) rows for good (\(status)): \(reason)")
    case .leftOut(let rows): log.warning("the server left out \(rows) rows")
    case .recovered: log.notice("sending again")
    }
  }
}
