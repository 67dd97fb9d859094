/// The page on which a list of values is looked up.
public struct BulkPage: Sendable {
  /// What the form shows and a run uses.
  public struct Settings: Sendable, Equatable {
    /// The list, one value a line.
    public var list = ""
    /// Record types between commas; empty for all.
    public var rrtypes = ""
    /// Only rows last seen after this time, as people write times; empty for all.
    public var after = ""
    /// Most rows to meet for a line: one of ``rowChoices``.
    public var rowsMax = BulkPage.rowsStandard

    /// Makes the settings of an empty form.
    public init() {}
  }

  /// How a run on the server ended.
  public struct Outcome: Sendable, Equatable {
    /// The lines in their order.
    public var lines: [BulkLine]
    /// Why the last ones were not asked; empty when all were.
    public var note: String

    /// Makes an outcome.
    public init(lines: [BulkLine], note: String = "") {
      self.lines = lines
      self.note = note
    }
  }

  /// Most rows that may be met for a line.
  public static let rowChoices = [100, 1_000, 10_000]
  /// The same unless somebody chooses.
  public static let rowsStandard = 1_000
  /// Lines of one request of the page's script: a second or two, so that little is lost when it
  /// fails.
  public static let chunkLines = 2_000
  /// Lines that are looked up in one go without a script: about as many as a page can show.
  public static let pageLines = 1_000

  /// Makes the page.
  ///
  /// - Parameters:
  ///   - outcome: of a run without a script; nil before.
  ///   - listMax: most lines of a list.
  public static func page(
    _ settings: Settings, _ outcome: Outcome? = nil, listMax: Int
  ) -> Page {
    var values: PageValues = [
      "list": settings.list, "rrtypes": settings.rrtypes, "after": settings.after,
      "chunk_lines": chunkLines, "list_max": listMax,
      "list_max_text": WebFigures.grouped(UInt64(clamping: listMax)),
      "page_lines_text": WebFigures.grouped(UInt64(clamping: pageLines)),
      "choices": rowChoices.map { choice in
        [
          "number": choice, "text": WebFigures.grouped(UInt64(clamping: choice)),
          "selected": choice == settings.rowsMax,
        ] as PageValues
      },
    ]
    if let outcome { values["outcome"] = BulkPage.values(outcome) }
    var page = Page(.bulk, title: "Bulk look-up", template: "bulk", values: values)
    page.scripts = ["bulk"]
    return page
  }

  private static func values(_ outcome: Outcome) -> PageValues {
    var html = HTMLText(capacity: outcome.lines.count * 256)
    for line in outcome.lines { line.append(to: &html) }
    let sums = BulkLine.State.allCases.compactMap { state -> PageValues? in
      let count = outcome.lines.count { $0.state == state }
      guard count > 0 else { return nil }
      return ["words": state.words, "count": WebFigures.grouped(UInt64(count))]
    }
    return [
      "rowsMarkup": html.string, "sums": sums, "has_note": !outcome.note.isEmpty,
      "note": outcome.note, "is_empty": outcome.lines.isEmpty,
    ]
  }
}
