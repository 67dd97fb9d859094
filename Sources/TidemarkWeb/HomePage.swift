import DNSWire
public import TidemarkModel
import TidemarkQuery

/// The first page: the search box, what the store holds, the newest names.
public struct HomePage: Sendable {
  /// What was met of the store.
  public var survey = StoreSurvey()
  /// About how many records the store has; nil when the reader may not see all of it.
  public var records: UInt64?
  /// Datasets that the reader may see.
  public var datasets: [String] = []
  /// Sensors that sent something; nil when the reader may not see all of the store.
  public var sensors: Int?
  /// The time now.
  public var now: UnixSeconds

  /// Datasets named; of the others the number is given.
  public static let datasetsMax = 6
  /// Addresses shown.
  public static let busiestMax = 6

  /// Begins with an empty store.
  public init(now: UnixSeconds) {
    self.now = now
  }

  /// The page.
  public var page: Page {
    var values: PageValues = [
      "has_search_box": true,
      "examples": examples, "facts": facts, "newest": survey.newest.map(row),
      "has_newest": !survey.newest.isEmpty, "busiest": busiest, "has_busiest": !busiest.isEmpty,
      "is_empty": survey.rows == 0 && survey.isComplete,
      "is_partial": !survey.isComplete, "rows_met": WebFigures.grouped(survey.rows),
      "colours": colours,
    ]
    if let chart = TideChart(survey) {
      values["has_chart"] = true
      values["chartMarkup"] = chart.markup.string
      values["highest_month"] = TideChart.text(chart.highest.month)
      values["highest_rows"] = WebFigures.grouped(chart.highest.rows)
    }
    let page = Page(.lookup, title: "Look-up", template: "home", values: values)
    return page
  }

  /// What the store holds: figures, each with its word.
  private var facts: [PageValues] {
    var facts: [PageValues] = []
    func add(_ word: String, _ figure: String, isEstimate: Bool = false) {
      facts.append(["word": word, "figure": figure, "is_estimate": isEstimate])
    }
    if survey.isComplete {
      add("records", WebFigures.grouped(survey.rows))
      add("names", WebFigures.grouped(survey.names))
    } else if let records {
      add("records", WebFigures.grouped(records), isEstimate: true)
    }
    if let first = survey.timeFirst, let last = survey.timeLast {
      add("first seen", WebTime.day(first))
      add("last seen", WebTime.day(last))
    }
    let named = datasets.prefix(HomePage.datasetsMax).joined(separator: ", ")
    let others = datasets.count - HomePage.datasetsMax
    if !datasets.isEmpty {
      add(datasets.count == 1 ? "dataset" : "datasets", named + (others > 0 ? " +\(others)" : ""))
    }
    if let sensors, sensors > 0 {
      add(sensors == 1 ? "sensor" : "sensors", WebFigures.grouped(UInt64(sensors)))
    }
    return facts
  }

  private var colours: [PageValues] {
    let words = ["addresses", "other names", "name servers", "mail hosts", "text", "other types"]
    return zip(words, survey.colours).enumerated().compactMap { number, pair in
      guard pair.1 > 0, let colour = TimelineColour(rawValue: UInt8(truncatingIfNeeded: number))
      else { return nil }
      return [
        "word": pair.0, "rows": WebFigures.grouped(pair.1), "colour": "\(colour.word)",
      ]
    }
  }

  private func row(_ name: StoreSurvey.Name) -> PageValues {
    let text = HomePage.text(name.wire)
    return [
      "name": text, "link": WebLink.search(text),
      "types": name.rrtypes.map { type -> PageValues in
        ["mnemonic": type.mnemonic, "colour": "\(TimelineColour(type).word)"]
      },
      "first": WebTime.minute(name.seen.timeFirst),
      "first_machine": WebTime.machine(name.seen.timeFirst),
      "age": WebTime.age(name.seen.timeFirst, now: now),
      "last": WebTime.minute(name.seen.timeLast),
      "last_machine": WebTime.machine(name.seen.timeLast),
      "count": WebFigures.grouped(name.seen.count),
    ]
  }

  private var busiest: [PageValues] {
    survey.busiest(HomePage.busiestMax).map { address, names in
      let text = HomePage.text(address)
      return [
        "address": text, "link": WebLink.search(text), "names": WebFigures.grouped(names),
      ]
    }
  }

  /// One of each kind that the box understands, of what this store has where possible.
  private var examples: [PageValues] {
    // A name that needs no escapes, and that is short enough to read.
    let plain = survey.newest.lazy.map { HomePage.text($0.wire) }.first { text in
      text.utf8.count <= 40 && text.utf8.contains(ASCII.dot)
        && text.utf8.allSatisfy(HomePage.isPlain)
    }
    let name = plain ?? "www.example.com"
    let labels = name.split(separator: ".")
    let parent = labels.count > 2 ? labels.dropFirst().joined(separator: ".") : name
    let address = survey.busiest(1).first?.address ?? 0xC000_0201
    let found: [(String, String)] = [
      ("name", name), ("all below", "*.\(parent)"), ("address", HomePage.text(address)),
      ("network", HomePage.text(address & 0xFFFF_FF00) + "/24"),
      ("begins with", "\(labels.first ?? "www").*"), ("pattern", "/^(www|login)[0-9]*[.]/"),
      ("rdata text", "v=spf1"), ("defanged", "hxxps://\(labels.joined(separator: "[.]"))/"),
    ]
    return found.map { ["word": $0, "value": $1, "link": WebLink.search($1)] }
  }

  private static func isPlain(_ octet: UInt8) -> Bool {
    switch octet {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"),
      UInt8(ascii: "-"), ASCII.dot:
      true
    default: false
    }
  }

  private static func text(_ wire: [UInt8]) -> String {
    var out: [UInt8] = []
    DomainName.appendText(of: wire.span, finalDot: false, to: &out)
    return String(decoding: out, as: UTF8.self)
  }

  private static func text(_ address: UInt32) -> String {
    var out: [UInt8] = []
    IPAddressText.appendIPv4(address, to: &out)
    return String(decoding: out, as: UTF8.self)
  }
}
