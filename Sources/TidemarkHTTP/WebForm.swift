import HTTPTypes

/// The names and values of a form (`application/x-www-form-urlencoded`), in their order; a name may
/// come again, as those of tick boxes do.
struct WebForm: Sendable {
  let pairs: [(name: String, value: String)]

  /// Most pairs: a table has up to 100,000 rows to tick.
  private static let pairsMax = 200_000

  /// Reads the body of a form.
  ///
  /// - Throws: ``Problem`` for bad escapes, octets that are not UTF-8, and too many pairs.
  init(_ octets: [UInt8]) throws(Problem) {
    var pairs: [(name: String, value: String)] = []
    for part in octets.split(separator: UInt8(ascii: "&")) {
      let equals = part.firstIndex(of: UInt8(ascii: "=")) ?? part.endIndex
      guard let name = WebForm.text(part[..<equals]),
        let value = WebForm.text(part[equals...].dropFirst())
      else { throw Problem(.badRequest, "the form is not percent-encoded UTF-8") }
      guard pairs.count < WebForm.pairsMax else {
        throw Problem(.contentTooLarge, "the form has too many fields")
      }
      pairs.append((name, value))
    }
    self.pairs = pairs
  }

  /// The first value of a name; nil when there is none.
  func value(_ name: String) -> String? { pairs.first { $0.name == name }?.value }

  /// All values of a name.
  func values(_ name: String) -> [String] { pairs.filter { $0.name == name }.map(\.value) }

  private static func text(_ octets: ArraySlice<UInt8>) -> String? {
    RequestTarget.decode(octets, plusIsBlank: true)
      .flatMap { String(validating: $0, as: UTF8.self) }
  }
}
