/// Parts of the interface that the navigation names.
public enum PageSection: String, Sendable, CaseIterable {
  case lookup, graph, bulk, indicators, operations, service, help
  /// A page that belongs to none, such as the sign-in.
  case none
}

/// Values of a template: text, numbers, flags, further values and lists of them. A flag or a list
/// decides whether a section is shown; an empty text does not.
public typealias PageValues = [String: any Sendable]

/// A page before it has its frame: what its template shows, and what it needs.
public struct Page: Sendable {
  /// Where in the navigation it stands.
  public var section: PageSection
  /// For the window, without the program's name.
  public var title: String
  /// The template of what is between header and footer.
  public var template: String
  /// What the template shows.
  public var values: PageValues
  /// Modules besides `tidemark`, by name: `table` is `Assets/table.js`.
  public var scripts: [String] = []
  /// What stands in the search box of the header.
  public var query = ""

  /// Makes a page.
  public init(_ section: PageSection, title: String, template: String, values: PageValues) {
    self.section = section
    self.title = title
    self.template = template
    self.values = values
  }
}

/// What the frame of a page says of the server and of who looks at it.
public struct PageFrame: Sendable {
  /// Version of the program; empty where strangers need not know it.
  public var version = ""
  /// The name of the token signed in with; nil for nobody.
  public var caller: String?
  /// True when the server asks nobody for a token.
  public var isOpen = false
  /// True when the caller may look records up.
  public var mayQuery = false
  /// True when the caller may use the library and run actions.
  public var mayEnrich = false
  /// True when the caller may change settings and see the state of the service.
  public var mayAdmin = false
  /// True when there is a library of indicators.
  public var hasLibrary = false
  /// What every form sends back to show that it came from a page of ours.
  public var formToken = ""
  /// How the browser is to show pages, where it is not as usual.
  public var choices: [PageChoice] = []

  /// Makes the frame of a stranger.
  public init() {}
}

/// How somebody wants pages to look and to behave; the browser keeps it in a cookie each.
public enum PageChoice: String, Sendable, CaseIterable {
  case light, dark, compact
  /// Without single-letter keys.
  case keysOff = "off"

  /// What is chosen.
  public var name: String {
    switch self {
    case .light, .dark: "theme"
    case .compact: "density"
    case .keysOff: "keys"
    }
  }

  /// The cookie's name.
  public var cookie: String { "tidemark_\(name)" }
}
