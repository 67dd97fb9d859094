import DNSWire
import HTTPTypes
import Hummingbird
import TidemarkAccess
import TidemarkModel

/// What a request of the DomainTools interface shows of who asks, in any of three ways on any path:
/// a header field with the key, `api_username` and `api_key` in the query or the form, or
/// `api_username`, `timestamp` and `signature` there.
///
/// A signature is the hexadecimal HMAC of user name, timestamp and path, put together as they are;
/// its key is the API key. Of the path clients sign the text before it is percent-encoded.
struct DomainToolsCredentials {
  let proof: AccessProof

  /// Reads a request.
  ///
  /// - Parameters:
  ///   - header: what the header fields show.
  ///   - form: the body of a POST.
  /// - Throws: ``Problem`` for parameters that cannot be read, and for two keys that differ.
  init(_ request: Request, _ header: Credentials, form: [UInt8]) throws(Problem) {
    let target = RequestTarget(request.head.path ?? "")
    let fields = try DomainToolsForm(query: target.query, form: form)
    let name = fields["api_username"]
    var key = fields["api_key"]
    switch header {
    case .none: break
    case .contradicting: throw Gate.contradiction
    case .token(let token):
      guard key == nil || key == token else { throw Gate.contradiction }
      key = token
    }
    if let key {
      proof = name.map { .named($0, token: key) } ?? .token(key)
    } else if let signature = fields["signature"] {
      proof = DomainToolsCredentials.proof(
        name, fields["timestamp"], signature: signature, path: target.path)
    } else {
      proof = .nothing
    }
  }

  private static func proof(
    _ name: String?, _ timestamp: String?, signature: String, path: ArraySlice<UInt8>
  ) -> AccessProof {
    let lowered = signature.utf8.map(ASCII.lowered)
    // A plus sign that was not encoded arrives as a blank, which no time has.
    let timestamp = timestamp?.replacing(" ", with: "+")
    guard let name, let timestamp, let time = time(timestamp),
      let octets = ASCII.octets(hexadecimal: lowered.span)
    else { return .token("") }
    var paths = [Array(path)]
    if let decoded = RequestTarget.decode(path), decoded != paths[0] { paths.append(decoded) }
    let head = Array((name + timestamp).utf8)
    return .signed(
      SignedRequest(
        name: name, time: time, messages: paths.map { head + $0 }, signature: octets))
  }

  /// Seconds since 1970 of `2026-01-01T00:00:00Z` and of times with an offset, with or without a
  /// colon in it; nil for anything else.
  static func time(_ text: String) -> Int64? {
    var text = text
    let tail = text.utf8.suffix(5)
    if let sign = tail.first, "+-".utf8.contains(sign), tail.dropFirst().allSatisfy(ASCII.isDigit) {
      text.insert(":", at: text.index(text.endIndex, offsetBy: -2))
    }
    guard text.utf8.contains(UInt8(ascii: "T")) else { return nil }
    return TimeText.parse(text).map { Int64($0) }
  }
}
