public import TidemarkEnrichment
import TidemarkModel

/// Addresses of the pages of the library.
public enum LibraryLink {
  /// The page of an indicator.
  public static func indicator(_ key: IndicatorKey) -> String {
    WebLink("/ui/indicators/\(key.type.rawValue)/\(WebLink.encoded(key.value))").text
  }

  /// The look-up of an indicator's records; nil for types that no record names.
  public static func lookup(_ key: IndicatorKey) -> String? {
    subject(key).map(WebLink.search)
  }

  /// The graph around an indicator; nil for types that are no node of it.
  public static func graph(_ key: IndicatorKey) -> String? {
    guard key.type != .cidr else { return nil }
    return subject(key).map { WebLink("/ui/graph", [("q", $0)]).text }
  }

  /// The page of a result.
  public static func result(_ id: String) -> String { "/ui/results/\(WebLink.encoded(id))" }

  /// The page of an operation.
  public static func operation(_ id: String) -> String {
    "/ui/operations/\(WebLink.encoded(id))"
  }

  /// What records are looked up for: the value itself, or the host of a URL or a mail address.
  private static func subject(_ key: IndicatorKey) -> String? {
    switch key.type {
    case .fqdn, .ipv4, .ipv6, .cidr: key.value
    case .url, .email: RefangedValue(key.value).value
    case .asn, .md5, .sha1, .sha256, .sha512: nil
    }
  }
}

/// Pieces of markup that the tables of the library share.
enum LibraryMarkup {
  /// Text of more characters, or of several lines, is folded.
  private static let lineMax = 160
  /// Characters of the line that stands for folded text.
  private static let summaryMax = 80

  static func link(_ target: String, _ label: String, to html: inout HTMLText) {
    html.markup("<a href=\"")
    html.text(target)
    html.markup("\">")
    html.text(label)
    html.markup("</a>")
  }

  /// A cell with text.
  static func cell(_ text: String, to html: inout HTMLText) {
    html.markup("<td>")
    html.text(text)
    html.markup("</td>")
  }

  /// Text that may be long, such as a registration.
  static func foldable(_ text: String, to html: inout HTMLText) {
    let first = text.split(separator: "\n", omittingEmptySubsequences: true).first.map(String.init)
    let isLong = text.utf8.count > lineMax || text.utf8.contains(UInt8(ascii: "\n"))
    guard isLong else {
      html.text(text)
      return
    }
    html.markup("<details class=\"fold\"><summary class=\"mono\">")
    html.text(String((first ?? "").unicodeScalars.prefix(summaryMax).map(Character.init)))
    html.markup(" …</summary><pre class=\"mono wrap\">")
    html.text(text)
    html.markup("</pre></details>")
  }

  /// Begins a table that scrolls by itself.
  static func open(_ caption: String, to html: inout HTMLText) {
    html.markup("<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"")
    html.text(caption)
    html.markup("\"><table class=\"grid\"><caption class=\"visually-hidden\">")
    html.text(caption)
    html.markup("</caption>")
  }

  /// The head of a table without sorting.
  static func head(_ labels: [String], to html: inout HTMLText) {
    html.markup("<thead><tr>")
    for label in labels {
      html.markup("<th scope=\"col\">")
      html.text(label)
      html.markup("</th>")
    }
    html.markup("</tr></thead><tbody>")
  }

  /// Ends a table.
  static func close(to html: inout HTMLText) { html.markup("</tbody></table></div>") }

  static func badge(_ status: IndicatorStatus, to html: inout HTMLText) {
    switch status {
    case .active: html.markup("<span class=\"badge bad\">active</span>")
    case .review: html.markup("<span class=\"badge warn\">review</span>")
    case .expired: html.markup("<span class=\"badge\">expired</span>")
    case .allowed: html.markup("<span class=\"badge good\">allowed</span>")
    }
  }

  static func badge(_ outcome: ActionOutcome, to html: inout HTMLText) {
    switch outcome {
    case .ok: html.markup("<span class=\"badge good\">rows</span>")
    case .empty: html.markup("<span class=\"badge\">no rows</span>")
    case .failed(.notFound): html.markup("<span class=\"badge\">not found</span>")
    case .failed(.notConfigured):
      html.markup("<span class=\"badge warn\">not configured</span>")
    case .failed(.refused): html.markup("<span class=\"badge bad\">refused</span>")
    case .failed(.unavailable): html.markup("<span class=\"badge bad\">unavailable</span>")
    }
  }

  /// Choices of a list, for `{{#…}}<option value="{{value}}"{{#is_chosen}} selected{{/…}}>`.
  static func choices(_ choices: [(value: String, label: String)], chosen: String) -> [PageValues] {
    choices.map { choice in
      ["value": choice.value, "label": choice.label, "is_chosen": choice.value == chosen]
    }
  }

  /// Every type, for a list of choices behind one that means all of them.
  static func typeChoices(_ all: String, chosen: String) -> [PageValues] {
    choices(
      [("", all)] + IndicatorType.allCases.map { ($0.rawValue, $0.label) }, chosen: chosen)
  }

  /// Every status, for a list of choices.
  static func statusChoices(chosen: IndicatorStatus?, all: String? = nil) -> [PageValues] {
    choices(
      (all.map { [("", $0)] } ?? []) + IndicatorStatus.allCases.map { ($0.rawValue, $0.rawValue) },
      chosen: chosen?.rawValue ?? "")
  }
}

/// The page of a server without a library: how to get one.
public enum NoLibraryPage {
  /// Makes the page.
  public static func page(_ section: PageSection) -> Page {
    let title = section == .operations ? "Operations" : "Indicators"
    return Page(section, title: title, template: "no-library", values: ["title": title])
  }
}
