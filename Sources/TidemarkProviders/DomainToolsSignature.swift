import Crypto
package import TidemarkEnrichment
package import TidemarkModel

/// Signs requests to DomainTools: the API key itself is never sent.
package enum DomainToolsSignature {
  /// HMAC-SHA256 over user name, timestamp and path, one behind the other without separators, in
  /// lower case hexadecimal.
  ///
  /// - Parameters:
  ///   - timestamp: the text that is sent as parameter `timestamp`.
  ///   - path: from `/v1/`, without host and query, not percent-encoded.
  package static func hex(username: String, key: Secret, timestamp: String, path: String) -> String
  {
    let code = HMAC<SHA256>.authenticationCode(
      for: Array((username + timestamp + path).utf8),
      using: SymmetricKey(data: Array(key.revealed.utf8)))
    let digits = Array("0123456789abcdef".utf8)
    let hex = code.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }
    return String(decoding: hex, as: UTF8.self)
  }

  /// A moment as `2026-01-01T00:00:00Z`.
  package static func timestamp(_ time: UnixSeconds) -> String {
    var out: [UInt8] = []
    TimeStyle.iso.append(time, to: &out)
    return String(decoding: out, as: UTF8.self)
  }
}
