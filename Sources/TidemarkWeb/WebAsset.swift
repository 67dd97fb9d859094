import Crypto

/// A file that pages load: a module, a style sheet, a picture. They are part of the program, so
/// that nothing is fetched from elsewhere and nothing is read from disk.
public struct WebAsset: Sendable {
  /// The name below `/ui/assets/{version}/`.
  public let name: String
  /// Its content.
  public let octets: [UInt8]
  /// A quoted tag of the content (RFC 9110 section 8.8.3).
  public let tag: String

  /// The media type, by the ending of the name.
  public var type: String {
    if name.hasSuffix(".js") { return "text/javascript; charset=utf-8" }
    if name.hasSuffix(".css") { return "text/css; charset=utf-8" }
    return "image/svg+xml"
  }

  /// The asset of a name; nil when there is none.
  public static func named(_ name: String) -> WebAsset? { byName[name] }

  /// Changes whenever an asset does: pages ask for assets below it, so that browsers keep them.
  public static let version = digest(WebTemplates.assets.flatMap { $0.octets })
  /// What stands before the name of an asset in a page.
  static let folder = "/ui/assets/\(version)/"

  private static let byName: [String: WebAsset] = {
    let all = WebTemplates.assets + [("all.css", sheet)]
    return Dictionary(
      uniqueKeysWithValues: all.map { name, octets in
        (name, WebAsset(name: name, octets: octets, tag: "\"\(digest(octets))\""))
      })
  }()

  /// All style sheets as one: each of many small ones would have to come before a page is shown.
  private static let sheet: [UInt8] = {
    let first = ["palette.css", "tidemark.css", "forms.css", "tables.css"]
    let sheets = WebTemplates.assets.filter { $0.name.hasSuffix(".css") }
    let others = sheets.filter { !first.contains($0.name) && $0.name != "print.css" }
    var octets = first.flatMap { name in sheets.first { $0.name == name }?.octets ?? [] }
    octets += others.flatMap(\.octets)
    let print = sheets.first { $0.name == "print.css" }?.octets ?? []
    return octets + Array("@media print {\n".utf8) + print + Array("}\n".utf8)
  }()

  private static func digest(_ octets: [UInt8]) -> String {
    SHA256.hash(data: octets).prefix(8).map { octet in
      let text = String(octet, radix: 16)
      return octet < 16 ? "0" + text : text
    }.joined()
  }
}
