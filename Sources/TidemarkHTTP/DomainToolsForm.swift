import HTTPTypes
import Hummingbird

/// Names and values of a request of the DomainTools interface: the query, and the form of a POST
/// before it. Names that nobody asks for are passed over, as clients send some of their own.
struct DomainToolsForm: Sendable {
  private let pairs: [(name: String, value: String)]

  /// Reads a query and a form (`application/x-www-form-urlencoded`).
  ///
  /// - Throws: ``Problem`` for bad escapes, octets that are not UTF-8, and names given twice.
  init(query: ArraySlice<UInt8>, form: [UInt8] = []) throws(Problem) {
    do {
      pairs = try RequestTarget.pairs(form[...]) + RequestTarget.pairs(query)
    } catch {
      switch error {
      case .notEncoded: throw Problem(.badRequest, "the parameters are not percent-encoded UTF-8")
      case .twice(let name): throw Problem(.badRequest, "the parameter \(name) is given twice")
      }
    }
  }

  /// A value; nil when it is not there, or empty.
  subscript(_ name: String) -> String? {
    pairs.first { $0.name == name && !$0.value.isEmpty }?.value
  }

  /// A number; larger ones than allowed are cut down to what is.
  ///
  /// - Throws: ``Problem`` for anything that is no whole number, or too small.
  func number(_ name: String, _ range: ClosedRange<Int>, default value: Int) throws(Problem) -> Int
  {
    guard let text = self[name] else { return value }
    guard let number = Int(text), number >= range.lowerBound else {
      throw Problem(.badRequest, "\(name): not a whole number from \(range.lowerBound) on")
    }
    return min(number, range.upperBound)
  }

  /// - Throws: ``Problem`` for anything but true, false, 1 and 0.
  func flag(_ name: String) throws(Problem) -> Bool {
    switch self[name]?.lowercased() {
    case nil, "false", "0": return false
    case "true", "1": return true
    default: throw Problem(.badRequest, "\(name): neither true nor false")
    }
  }

  private static let places = EnrichmentPlaces(most: DomainToolsLimits.formsMax, of: "forms")

  /// Reads the body of a form, of whoever sends one.
  ///
  /// - Throws: ``Problem`` when it is too long or packed, or too many are being read, and what
  ///   reading the connection throws.
  static func read(_ request: Request) async throws -> [UInt8] {
    let tooLong = Problem(
      .contentTooLarge, "a form may have \(DomainToolsLimits.formOctetsMax) octets")
    if let encoding = request.headers[.contentEncoding]?.lowercased(), encoding != "identity" {
      throw Problem(.unsupportedMediaType, "forms are taken without Content-Encoding only")
    }
    if let length = request.headers[.contentLength].flatMap({ Int($0) }),
      length > DomainToolsLimits.formOctetsMax
    {
      throw tooLong
    }
    return try await places.work {
      var body: [UInt8] = []
      for try await buffer in request.body {
        guard body.count + buffer.readableBytes <= DomainToolsLimits.formOctetsMax else {
          throw tooLong
        }
        body.append(contentsOf: buffer.readableBytesView)
      }
      return body
    }
  }
}
