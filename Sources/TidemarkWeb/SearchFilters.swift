/// What narrows and orders a look-up, as it stands in the address of a page. Every link of the page
/// is this with one thing changed.
public struct SearchFilters: Sendable, Equatable {
  /// How the answer is shown.
  public enum View: String, Sendable, CaseIterable {
    case table, timeline
  }

  /// A column by which rows are sorted.
  public enum Sort: String, Sendable, CaseIterable {
    case rrname, rrtype, rdata, first, last, count

    /// Newest and most first, names from A on.
    public var descendsFirst: Bool { [.first, .last, .count].contains(self) }
  }

  /// A filter that is set, and the page without it.
  public struct Chip: Sendable, Equatable {
    /// The parameter.
    public let name: String
    /// What people call it.
    public let label: String
    /// Its value.
    public let text: String
    /// The page without it.
    public let link: String
  }

  /// A parameter whose value is none; the text says why.
  public struct Fault: Error, Equatable, CustomStringConvertible {
    /// One line for people, with the parameter's name.
    public let description: String
  }

  /// Rows of a page that may be asked for; the first is the standard.
  public static let sizes = [100, 500, 1_000]
  /// Longest value that is kept, octets.
  public static let valueOctetsMax = 4_096

  /// Parameters that say which rows there are.
  public static let rowNames = [
    "q", "as", "rrtype", "after", "before", "vantage", "dataset", "bailiwick", "sensor",
  ]
  /// Every parameter, in the order in which links have them.
  public static let names = rowNames + ["sort", "dir", "size", "view", "trail"]

  private var values: [String: String] = [:]

  /// No filter.
  public init() {}

  /// Takes the parameters that are known here; others and those without a value are left out.
  ///
  /// - Throws: ``Fault`` for a word that a parameter does not have.
  public init(_ pairs: [(name: String, value: String)]) throws(Fault) {
    for (name, value) in pairs where SearchFilters.names.contains(name) {
      let value = SearchInput.trimmed(value)
      guard !value.isEmpty else { continue }
      guard value.utf8.count <= SearchFilters.valueOctetsMax * 2 else {
        throw Fault(description: "\(name): longer than anything that is looked up")
      }
      values[name] = value
    }
    try check("as", SearchInput.Reading.allCases.map(\.rawValue))
    try check("sort", Sort.allCases.map(\.rawValue))
    try check("dir", ["asc", "desc"])
    try check("size", SearchFilters.sizes.map { String($0) })
    try check("view", View.allCases.map(\.rawValue))
  }

  private func check(_ name: String, _ known: [String]) throws(Fault) {
    guard let value = values[name], !known.contains(value) else { return }
    throw Fault(description: "\(name): one of \(known.joined(separator: ", "))")
  }

  /// The value of a parameter; empty when it is not set.
  public subscript(name: String) -> String { values[name] ?? "" }

  /// How the value is to be read.
  public var reading: SearchInput.Reading? {
    values["as"].flatMap(SearchInput.Reading.init(rawValue:))
  }

  /// The column that was asked for; nil leaves the order to the page.
  public var sort: Sort? { values["sort"].flatMap(Sort.init(rawValue:)) }

  /// True for largest first; always so for the page's own order, newest first.
  public var isDescending: Bool {
    guard let sort else { return true }
    return switch values["dir"] {
    case "asc"?: false
    case "desc"?: true
    default: sort.descendsFirst
    }
  }

  /// Rows of a page.
  public var size: Int { values["size"].flatMap { Int($0) } ?? SearchFilters.sizes[0] }

  /// How the answer is shown.
  public var view: View { values["view"].flatMap(View.init(rawValue:)) ?? .table }

  /// The way to this page.
  public var trail: PivotTrail { PivotTrail(text: values["trail"]) }

  /// True when some rows of the value may be left out.
  public var isNarrowed: Bool {
    SearchFilters.filterLabels.contains { values[$0.name] != nil }
  }

  /// The same with one parameter changed; an empty value takes it away.
  public func with(_ name: String, _ value: String) -> SearchFilters {
    var changed = self
    changed.values[name] = value.isEmpty ? nil : value
    return changed
  }

  /// The same rows of another value: without filters that need not fit it.
  public func replacing(value: String, reading: SearchInput.Reading?) -> SearchFilters {
    with("q", value).with("as", reading?.rawValue ?? "")
  }

  /// The address of a page.
  ///
  /// - Parameter extra: parameters that are not kept here, such as `cursor`.
  public func link(_ path: String = "/ui/search", _ extra: [(String, String)] = []) -> String {
    WebLink(path, SearchFilters.names.map { ($0, self[$0]) } + extra).text
  }

  /// Names and values of the parameters that say which rows there are.
  public var rowPairs: [(name: String, value: String)] {
    SearchFilters.rowNames.compactMap { name in values[name].map { (name, $0) } }
  }

  /// Filters and what people call them.
  static let filterLabels: [(name: String, label: String)] = [
    ("rrtype", "type"), ("after", "seen after"), ("before", "seen before"),
    ("vantage", "vantage"), ("dataset", "dataset"), ("bailiwick", "bailiwick"),
    ("sensor", "sensor"),
  ]

  /// The filters that are set.
  public var chips: [Chip] {
    SearchFilters.filterLabels.compactMap { name, label in
      values[name].map { Chip(name: name, label: label, text: $0, link: with(name, "").link()) }
    }
  }

  /// The page with all filters taken away.
  public var unfilteredLink: String {
    SearchFilters.filterLabels.reduce(self) { $0.with($1.name, "") }.link()
  }

  /// The page sorted by a column; turned round when it is sorted by it already.
  public func sortLink(_ column: Sort) -> String {
    let isSorted = sort == column
    let descends = isSorted ? !isDescending : column.descendsFirst
    return with("sort", column.rawValue)
      .with("dir", descends == column.descendsFirst ? "" : descends ? "desc" : "asc").link()
  }
}
