public import TidemarkIngest
public import TidemarkMetrics

/// Accounts of sources as metrics. One page shows one state of each source, so that on every page,
/// for every source, `tidemark_records_offered_total` is the sum of the outcomes.
///
/// Labels are the source's configured name and names of our own; never anything out of the data.
public enum AccountingMetrics {
  /// The families of some accounts, each under its source's name.
  public static func families(
    _ accounts: [(source: String, accounting: Accounting)]
  ) -> [MetricFamily] {
    var read = MetricFamily(
      "tidemark_items_read_total", .counter, help: "Packets, frames and lines read.")
    var responses = MetricFamily(
      "tidemark_responses_total", .counter, help: "DNS responses seen, accepted or not.")
    var offered = MetricFamily(
      "tidemark_records_offered_total", .counter,
      help: "Records offered: stored + merged + filtered + malformed + dropped.")
    var outcomes = MetricFamily(
      "tidemark_records_total", .counter, help: "What became of the records offered.")
    var reasons = MetricFamily(
      "tidemark_records_refused_total", .counter, help: "Records not kept, by reason.")
    for (source, account) in accounts {
      let label = (name: "source", value: source)
      func sample(
        _ value: UInt64, _ more: (name: String, value: String)...
      ) -> MetricFamily.Sample {
        .init(Double(value), labels: [label] + more)
      }
      read.samples.append(sample(account.read))
      responses.samples.append(sample(account.responses))
      offered.samples.append(sample(account.offered))
      outcomes.samples.append(sample(account.stored, ("outcome", "stored")))
      outcomes.samples.append(sample(account.merged, ("outcome", "merged")))
      for (outcome, group) in account.refused {
        outcomes.samples.append(sample(Accounting.sum(group), ("outcome", outcome)))
        for reason in group {
          reasons.samples.append(
            sample(reason.count, ("outcome", outcome), ("reason", reason.name)))
        }
      }
    }
    return [read, responses, offered, outcomes, reasons]
  }
}
