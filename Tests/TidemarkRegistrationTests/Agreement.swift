/// Counts how often a field agrees with what another reader found, and keeps what differs.
struct Agreement {
  private var counts: [String: (agreed: Int, all: Int)] = [:]
  private(set) var differences: [String] = []

  mutating func count(
    _ field: String, _ agrees: Bool, _ place: String, expected: String, found: String
  ) {
    let old = counts[field] ?? (0, 0)
    counts[field] = (old.agreed + (agrees ? 1 : 0), old.all + 1)
    if !agrees { differences.append("\(place): \(field): expected \(expected), found \(found)") }
  }

  mutating func count(_ field: String, _ expected: String?, _ found: String?, _ place: String) {
    count(
      field, expected == found, place, expected: expected ?? "nothing", found: found ?? "nothing")
  }

  /// From 0 to 1; 0 when nothing was counted.
  var share: Double {
    let all = counts.values.reduce(0) { $0 + $1.all }
    let agreed = counts.values.reduce(0) { $0 + $1.agreed }
    return all == 0 ? 0 : Double(agreed) / Double(all)
  }

  var comparisons: Int { counts.values.reduce(0) { $0 + $1.all } }

  /// One line per field, the sum, then what differs.
  var report: String {
    var lines = counts.sorted { $0.key < $1.key }.map { field, count in
      "\(field): \(count.agreed) of \(count.all)"
    }
    lines.append("all: \(comparisons - differences.count) of \(comparisons)")
    return (lines + differences.map { "  " + $0 }).joined(separator: "\n")
  }
}
