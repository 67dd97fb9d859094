import DNSWire
import HTTPTypes

/// The parameters of a native request, taken one by one; those that nobody took are refused: a
/// typing slip must not widen a query.
struct ParameterReader {
  private var left: [(name: String, value: String)]

  init(_ parameters: [(name: String, value: String)]) {
    left = parameters
  }

  /// The value of a parameter; nil when it was not given.
  mutating func take(_ name: String) -> String? {
    guard let at = left.firstIndex(where: { $0.name == name }) else { return nil }
    return left.remove(at: at).value
  }

  /// Words between commas; nil when the parameter was not given.
  mutating func words(_ name: String) -> [String]? {
    take(name)?.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
  }

  mutating func flag(_ name: String, default value: Bool = false) throws(Problem) -> Bool {
    switch take(name) {
    case nil: return value
    case "true", "1": return true
    case "false", "0": return false
    default: throw Problem(.badRequest, "\(name): neither true nor false")
    }
  }

  mutating func number(_ name: String, _ range: ClosedRange<Int>) throws(Problem) -> Int? {
    guard let text = take(name) else { return nil }
    guard !text.isEmpty, text.utf8.allSatisfy(ASCII.isDigit), let number = Int(text),
      range.contains(number)
    else {
      throw Problem(
        .badRequest,
        "\(name): not a whole number from \(range.lowerBound) to \(range.upperBound)")
    }
    return number
  }

  /// A domain name; `www.example.*` may be written for what starts with `www.example`.
  mutating func name(_ name: String) throws(Problem) -> DomainName? {
    guard var text = take(name) else { return nil }
    if name.hasSuffix("starting_with"), text.hasSuffix(".*") { text.removeLast(2) }
    do {
      return try DomainName(text: text)
    } catch {
      throw Problem(.badRequest, "\(name): not a domain name: \(error)")
    }
  }

  /// - Throws: ``Problem`` when a parameter is left.
  func finish() throws(Problem) {
    if let unknown = left.first {
      throw Problem(.badRequest, "there is no parameter \(unknown.name)")
    }
  }
}
