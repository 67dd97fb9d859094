import DNSWire
import TidemarkEnrichment

/// Where a service is: pieces of URLs.
enum ServiceAddress {
  /// Scheme, host and port of the settings `host`, `port` and `use_http`.
  ///
  /// - Throws: a failure of kind ``FailureKind/notConfigured`` without a host.
  static func origin(_ configuration: OperationConfiguration) throws(ActionFailure) -> String {
    guard let host = configuration.text("host") else {
      throw ActionFailure(.notConfigured, message: "set host")
    }
    let scheme = configuration.flag("use_http") ? "http" : "https"
    let port = configuration.integer("port").map { ":\($0)" } ?? ""
    return "\(scheme)://\(host.contains(":") ? "[\(host)]" : host)\(port)"
  }

  /// A query with everything escaped that RFC 3986 does not leave as it is.
  static func query(_ items: [(name: String, value: String)]) -> String {
    items.map { "\(escaped($0.name))=\(escaped($0.value))" }.joined(separator: "&")
  }

  private static func escaped(_ text: String) -> String {
    let digits = Array("0123456789ABCDEF".utf8)
    var out: [UInt8] = []
    for octet in text.utf8 {
      switch octet {
      case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2D, 0x2E, 0x5F, 0x7E: out.append(octet)
      default:
        out += [UInt8(ascii: "%"), digits[Int(octet >> 4)], digits[Int(octet & 15)]]
      }
    }
    return String(decoding: out, as: UTF8.self)
  }
}

extension ActionRequest {
  /// The same request, about the IPv4 address when the indicator is one inside an IPv6 address
  /// (RFC 4291 section 2.5.5.2): services know it by that.
  var unmapped: ActionRequest {
    let text = Array(indicator.value.utf8)
    guard indicator.type == .ipv6, let value = IPAddressText.parseIPv6(text.span),
      value >> 32 == 0xFFFF
    else { return self }
    var out: [UInt8] = []
    IPAddressText.appendIPv4(UInt32(truncatingIfNeeded: value), to: &out)
    guard let key = try? IndicatorKey(.ipv4, String(decoding: out, as: UTF8.self)) else {
      return self
    }
    return ActionRequest(
      operation: operation, action: action, indicator: key, configuration: configuration)
  }
}
