import DNSWire

extension CollectConfiguration {
  /// What is served.
  public struct HTTP: Equatable, Sendable {
    /// Address and port.
    public var listen: String
    /// Who publishes the records, a URI; nil for the address served.
    public var origin: String?
    /// PEM file with the server's certificate; nil serves without TLS.
    public var tlsCertificate: String?
    /// PEM file with the certificate's key.
    public var tlsKey: String?
    /// Whether tokens are needed; nil: where others can reach the server.
    public var requiresTokens: Bool?
    /// The control database; nil for the one beside the store.
    public var control: String?
    /// A header field that may hold a token, besides the usual ones.
    public var tokenField: String?
    /// Serves others without TLS and tokens.
    public var isInsecure = false
    /// How `/pdns/query` answers; nil: as the standard says.
    public var circl: Circl?
    /// Whom to ask what names are now; nil asks nobody.
    public var active: Active?
  }

  /// How `/pdns/query` and the D4 routes answer.
  public struct Circl: Equatable, Sendable {
    /// `rrname` of a row has the rdata.
    public var isSwapped = false
    /// An address finds all records of every owner that had it.
    public var expandsAddresses = false
    /// Repeats `rdata` as `rrdata`.
    public var repeatsRData = false
    /// Largest number written, 1 to 2^63-1.
    public var numberMax = UInt64(Int64.max)
    /// Most rows of a set in a reply without pages, 1 or more.
    public var setRowsMax = 1_000

    /// Makes the standard.
    public init() {}
  }

  /// The resolver that is asked what names and addresses are now.
  public struct Active: Equatable, Sendable {
    /// How long a look-up may wait, seconds.
    public static let waitRange = 0.0...60.0
    /// What may be asked in a minute.
    public static let perMinuteRange = 1...1_000_000

    /// `address` or `address@port`; empty asks name servers from the root down.
    public var forwarders: [String]
    /// How long a look-up waits for answers, seconds.
    public var waitSeconds = 2.0
    /// Questions a minute on average, of all callers together.
    public var perMinute = 600
    /// Of these, questions a minute on average for one token.
    public var perToken = 300

    /// Makes a resolver with standard bounds; nil for what is no resolver.
    ///
    /// - Parameter text: an address, `address@port`, or `recurse`.
    public init?(resolver text: String) {
      guard text != "recurse" else {
        forwarders = []
        return
      }
      let parts = text.split(separator: "@", maxSplits: 1, omittingEmptySubsequences: false)
      guard IPAddressText.parse(Array(parts[0].utf8).span) != nil,
        parts.count == 1 || UInt16(parts[1]).map({ $0 > 0 }) == true
      else { return nil }
      forwarders = [text]
    }
  }
}

extension CollectConfiguration.HTTP {
  init(_ mapping: ConfigurationMapping) throws(ConfigurationError) {
    var mapping = mapping
    listen = try mapping.required("listen")
    origin = try mapping.value(
      "origin",
      { text in text.isEmpty || text.unicodeScalars.contains { $0.value <= 0x20 } ? nil : text },
      "must be a URI without blanks")
    tlsCertificate = try mapping.string("tls_certificate")
    tlsKey = try mapping.string("tls_key")
    guard (tlsCertificate == nil) == (tlsKey == nil) else {
      throw mapping.error("tls_certificate and tls_key need each other")
    }
    requiresTokens = try mapping.flag("require_tokens")
    control = try mapping.string("control")
    tokenField = try mapping.string("auth_header")
    isInsecure = try mapping.flag("insecure") ?? isInsecure
    if let circl = try mapping.mapping("circl") { self.circl = try .init(circl) }
    if let active = try mapping.mapping("active") { self.active = try .init(active) }
    try mapping.finish()
  }
}

extension CollectConfiguration.Circl {
  init(_ mapping: ConfigurationMapping) throws(ConfigurationError) {
    var mapping = mapping
    isSwapped =
      try mapping.value(
        "orientation", { ["cof": false, "swapped": true][$0] }, "must be cof or swapped")
      ?? isSwapped
    expandsAddresses = try mapping.flag("ip_expand") ?? expandsAddresses
    repeatsRData = try mapping.flag("rrdata") ?? repeatsRData
    if let most = try mapping.number("number_max", in: 1...Int.max) { numberMax = UInt64(most) }
    setRowsMax = try mapping.number("set_rows", in: 1...Int.max) ?? setRowsMax
    try mapping.finish()
  }
}

extension CollectConfiguration.Active {
  init(_ mapping: ConfigurationMapping) throws(ConfigurationError) {
    var mapping = mapping
    let read = try mapping.value(
      "resolver", Self.init(resolver:), "must be an address, address@port, or recurse")
    guard let read else { throw mapping.error("resolver is missing") }
    self = read
    waitSeconds =
      try mapping.value(
        "wait", { text in Double(text).flatMap { Self.waitRange.contains($0) ? $0 : nil } },
        "must be 0 to 60 seconds") ?? waitSeconds
    perMinute = try mapping.number("per_minute", in: Self.perMinuteRange) ?? perMinute
    perToken = try mapping.number("per_token", in: Self.perMinuteRange) ?? perToken
    try mapping.finish()
  }
}
