import TidemarkModel

/// Values of indicators as people type them.
extension IndicatorKey {
  /// The order in which a value without a type is tried: what only looks like a name comes last.
  private static let order: [IndicatorType] = [
    .ipv4, .ipv6, .cidr, .url, .email, .asn, .md5, .sha1, .sha256, .sha512, .fqdn,
  ]

  /// Reads a value that may be of some types, as it is written; nil when it is of none of them.
  ///
  /// - Parameter types: nil for every type.
  public init?(plain text: String, oneOf types: Set<IndicatorType>?) {
    for type in IndicatorKey.order where types?.contains(type) ?? true {
      if let key = try? IndicatorKey(type, text) {
        self = key
        return
      }
    }
    return nil
  }

  /// Reads a value that may be of some types, defanged or not.
  ///
  /// - Parameter types: nil for every type.
  /// - Throws: ``IndicatorFault`` when it is of none of them.
  public init(typed text: String, oneOf types: Set<IndicatorType>?) throws(IndicatorFault) {
    let found =
      IndicatorKey(plain: text, oneOf: types)
      ?? IndicatorKey(plain: RefangedValue(text).value, oneOf: types)
    guard let found else {
      self = try IndicatorKey(oneOf: types ?? Set(IndicatorType.allCases), text)
      return
    }
    self = found
  }
}
