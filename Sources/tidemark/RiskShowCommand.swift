import ArgumentParser
import DNSWire
import TidemarkModel
import TidemarkPivots

/// `tidemark risk show`.
struct RiskShowCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "show",
    abstract: "Shows the score of a name, its components and what they rest on.",
    discussion: """
      The score is the highest of its components, 0 to 100; 70 and more count as bad. It is a fixed
      formula over the lists and the records of the last 180 days, and no better than they are:
      `tidemark risk evaluate` measures it.
      """)

  @OptionGroup var place: ListsOption
  @Argument(help: "A domain or host name.")
  var name: String
  @Option(help: "The score of that time, by the lists of today (default: now).")
  var at: String?
  @Flag(help: "Print one JSON object.")
  var json = false

  func validate() throws { _ = (try parsedName(), try time()) }

  func run() throws {
    let (name, time) = (try parsedName(), try time())
    let world = try RiskWorld(place)
    let catalog = RiskListCatalog()
    for notice in catalog.replace(with: world.lists) {
      StandardStreams.complain("tidemark: \(notice)")
    }
    let assessor = RiskAssessor(
      catalog: catalog, suffixes: world.suffixes, store: world.store)
    let report = try RiskCommand.explaining {
      try assessor.report(on: name, datasets: world.datasets, now: time)
    }
    let text = json ? try RiskText.json(Line(report)) : RiskShowCommand.text(report)
    _ = StandardStreams.write(Array(text.utf8))
  }

  private func parsedName() throws -> DomainName {
    let parsed: DomainName
    do throws(NameError) {
      parsed = try DomainName(text: name)
    } catch {
      throw ValidationError("\(name): \(error)")
    }
    guard parsed != .root else { throw ValidationError("the root has no score") }
    return parsed
  }

  private func time() throws -> UnixSeconds {
    let now = StandardStreams.now()
    return try RiskText.time(at, option: "--at", now: now) ?? now
  }

  private static func text(_ report: RiskReport) -> String {
    var text = "\(report.name.text(finalDot: false)) \(report.score)\n"
    if !report.components.isEmpty {
      let rows = report.components.map { component in
        [
          component.name.rawValue, String(component.score),
          PrintableText.string(component.evidence.joined(separator: "; ")),
        ]
      }
      text += "\n" + TokenText.table(rows, head: ["component", "score", "evidence"])
    }
    if !report.nodes.isEmpty {
      let rows = report.nodes.map { node in
        [
          node.kind.rawValue, PrintableText.string(node.label), String(node.domains),
          String(node.listed), String(node.daysSinceLast),
        ]
      }
      let head = ["shared", "what", "other domains", "listed", "days since"]
      text += "\n" + TokenText.table(rows, head: head)
    }
    if !report.notes.isEmpty { text += "\n" }
    return text + report.notes.map { "note: \(PrintableText.string($0))\n" }.joined()
  }

  private struct Line: Encodable {
    struct Component: Encodable {
      let name: String
      let score: Int
      let evidence: [String]
    }
    struct Node: Encodable {
      let kind, label: String
      let domains, listed, daysSinceLast: Int
    }

    let name: String
    let score: Int
    let components: [Component]
    let shared: [Node]
    let notes: [String]

    init(_ report: RiskReport) {
      name = report.name.text(finalDot: false)
      score = report.score
      components = report.components.map {
        Component(name: $0.name.rawValue, score: $0.score, evidence: $0.evidence)
      }
      shared = report.nodes.map {
        Node(
          kind: $0.kind.rawValue, label: $0.label, domains: $0.domains, listed: $0.listed,
          daysSinceLast: $0.daysSinceLast)
      }
      notes = report.notes
    }
  }
}
