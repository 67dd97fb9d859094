import Mustache

/// The templates of all pages, read once.
public struct PageTemplates: Sendable {
  /// The templates of this program.
  public static let shared = PageTemplates()

  private let library: MustacheLibrary
  /// The names of the templates.
  public let names: [String]

  /// Escapes by octet; see ``HTMLText``.
  private struct PageContent: MustacheContentType {
    func escapeText(_ text: String) -> String { HTMLText.escaped(text) }
  }

  private init() {
    MustacheContentTypes.register(PageContent(), named: "PAGE")
    var library = MustacheLibrary()
    for (name, octets) in WebTemplates.all {
      do {
        try library.register(String(decoding: octets, as: UTF8.self), named: name)
      } catch {
        // Templates are part of the program: one that cannot be read is a fault of ours.
        preconditionFailure("the template \(name) cannot be read: \(error)")
      }
    }
    self.library = library
    names = WebTemplates.all.map(\.name)
  }

  /// A whole page.
  ///
  /// - Returns: HTML, UTF-8.
  public func render(_ page: Page, in frame: PageFrame) -> [UInt8] {
    var values = page.values.merging(PageTemplates.values(frame)) { own, _ in own }
    let main = fragment(page.template, values)
    values["mainMarkup"] = main
    values["title"] = page.title
    values["query"] = page.query
    values["assets"] = WebAsset.folder
    values["scripts"] = page.scripts.map { ["name": $0] as PageValues }
    for section in PageSection.allCases where section != .none {
      values["is_\(section.rawValue)"] = section == page.section
    }
    return Array(fragment("layout", values).utf8)
  }

  /// A template without a frame.
  public func fragment(_ template: String, _ values: PageValues) -> String {
    library.render(values, withTemplate: template) ?? ""
  }

  private static func values(_ frame: PageFrame) -> PageValues {
    var values: PageValues = [
      "version": frame.version, "open": frame.isOpen, "may_query": frame.mayQuery,
      "may_enrich": frame.mayEnrich, "may_admin": frame.mayAdmin,
      "has_library": frame.hasLibrary, "form_token": frame.formToken,
      "signed_in": frame.caller != nil,
      "kept_choices": frame.choices.map {
        ["name": $0.name, "value": $0.rawValue] as PageValues
      },
    ]
    if let caller = frame.caller { values["caller"] = caller }
    return values
  }
}
