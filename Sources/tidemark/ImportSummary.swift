import TidemarkCollectors
import TidemarkIngest

/// What all files of an import gave, for people and for programs.
struct ImportSummary {
  private(set) var accounting = Accounting()
  private(set) var skipped: UInt64 = 0
  private(set) var files = 0
  var hasFailed = false

  mutating func add(_ report: ImportRun.Report, file: String) {
    files += 1
    skipped += report.skipped
    accounting.add(report.accounting)
    if report.damage != nil || !report.accounting.isBalanced { hasFailed = true }
    if !report.accounting.isBalanced {
      StandardStreams.complain("tidemark: \(file): the account does not balance; report this")
    }
  }

  func text(asJSON: Bool) -> String { asJSON ? json : lines }

  private var lines: String {
    var text = """
      read        \(accounting.read)
      skipped     \(skipped) (stored by an earlier import)
      responses   \(accounting.responses)
      offered     \(accounting.offered) =
        stored    \(accounting.stored)
        merged    \(accounting.merged)

      """
    for (name, reasons) in accounting.refused {
      let label = name + String(repeating: " ", count: max(0, 10 - name.count))
      text += "  \(label)\(Accounting.sum(reasons))\n"
      for reason in reasons { text += "    \(reason.count) \(reason.name)\n" }
    }
    return text + "observations \(accounting.observations)\n"
  }

  /// Reason names are ours: letters, digits and hyphens, so nothing needs escaping.
  private var json: String {
    var text = "{\"read\":\(accounting.read),\"skipped\":\(skipped)"
    text += ",\"responses\":\(accounting.responses),\"observations\":\(accounting.observations)"
    text += ",\"offered\":\(accounting.offered),\"stored\":\(accounting.stored)"
    text += ",\"merged\":\(accounting.merged)"
    for (name, reasons) in accounting.refused {
      text += ",\"\(name)\":\(Accounting.sum(reasons))"
      let members = reasons.map { "\"\($0.name)\":\($0.count)" }.joined(separator: ",")
      text += ",\"\(name)_reasons\":{\(members)}"
    }
    return text + ",\"balanced\":\(accounting.isBalanced),\"files\":\(files)}\n"
  }
}
