/// One setting of an operation.
public struct ParameterSpec: Sendable, Equatable {
  /// What a value may be.
  public enum Kind: Sendable, Equatable {
    /// Text of one line.
    case string
    /// Text of one line that is never shown again.
    case secret
    /// A whole number in a range.
    case integer(ClosedRange<Int>)
    /// `true` or `false`.
    case flag
    /// One of these words.
    case choice([String])
    /// The name or address of a server, without scheme, port or path.
    case host
    /// Where a service is: `http` or `https`, a host, perhaps a port; no path.
    case baseURL
  }

  /// Which values send requests, and the secrets in them, elsewhere or where others can read them.
  public enum Redirection: Sendable, Equatable {
    /// None: it says nothing about where requests go.
    case none
    /// Every other one.
    case anyOther
    /// This one.
    case to(String)
  }

  /// Longest value, octets.
  public static let valueOctetsMax = 1_024
  /// Shortest secret, octets: shorter ones cannot be taken out of answers without harming them.
  public static let secretOctetsMin = 4

  /// The name in requests and in the library.
  public let key: String
  /// The name for people, as the guides print it.
  public let label: String
  /// What a value may be.
  public let kind: Kind
  /// True when the operation cannot run without it.
  public let isRequired: Bool
  /// The value that holds until somebody says otherwise.
  public let standard: String?
  /// Changes of it that need the operation's secrets again.
  public let redirection: Redirection
  /// What it does, for people.
  public let help: String

  /// Makes a setting.
  public init(
    _ key: String, _ label: String, _ kind: Kind, isRequired: Bool = false,
    standard: String? = nil, redirection: Redirection = .none, help: String
  ) {
    self.key = key
    self.label = label
    self.kind = kind
    self.isRequired = isRequired
    self.standard = standard
    self.redirection = redirection
    self.help = help
  }

  /// True when requests go elsewhere after a change; nil is a value that nobody set.
  func redirects(from old: String?, to new: String?) -> Bool {
    let value = new ?? standard
    guard value != old ?? standard else { return false }
    switch redirection {
    case .none: return false
    case .anyOther: return true
    case .to(let elsewhere): return value == elsewhere
    }
  }

  /// Brings a value into normal form. What it throws never holds the value.
  ///
  /// - Throws: ``OperationError/badValue(key:rule:)``.
  public func normal(_ text: String) throws(OperationError) -> String {
    let isPlain = text.unicodeScalars.allSatisfy { $0.properties.generalCategory != .control }
    guard isPlain, (1...ParameterSpec.valueOctetsMax).contains(text.utf8.count) else {
      throw fault("has 1 to \(ParameterSpec.valueOctetsMax) octets and no control characters")
    }
    switch kind {
    case .string: return text
    case .secret:
      guard text.utf8.count >= ParameterSpec.secretOctetsMin else {
        throw fault("has at least \(ParameterSpec.secretOctetsMin) octets")
      }
      return text
    case .integer(let range):
      guard let number = Int(text), range.contains(number) else {
        throw fault("is a whole number from \(range.lowerBound) to \(range.upperBound)")
      }
      return String(number)
    case .flag:
      guard text == "true" || text == "false" else { throw fault("is true or false") }
      return text
    case .choice(let words):
      guard words.contains(text) else {
        throw fault("is one of \(words.joined(separator: ", "))")
      }
      return text
    case .host:
      guard let host = try? IndicatorKey(oneOf: [.fqdn, .ipv4, .ipv6], text) else {
        throw fault("is a host name or an address")
      }
      return host.value
    case .baseURL:
      guard let url = ParameterSpec.baseURL(text) else {
        throw fault("is http:// or https:// with a host, perhaps a port, and no path")
      }
      return url
    }
  }

  private static func baseURL(_ text: String) -> String? {
    guard let url = (try? IndicatorKey(.url, text))?.value, !url.utf8.contains(UInt8(ascii: "@"))
    else { return nil }
    let bare = url.hasSuffix("/") ? String(url.dropLast()) : url
    for scheme in ["http://", "https://"] where bare.hasPrefix(scheme) {
      let host = bare.dropFirst(scheme.count)
      return host.utf8.contains(where: { "/?#\\".utf8.contains($0) }) ? nil : bare
    }
    return nil
  }

  private func fault(_ rule: String) -> OperationError { .badValue(key: key, rule: rule) }
}

/// Values of an operation's settings, for the source that runs its actions.
public struct OperationConfiguration: Sendable, CustomStringConvertible, CustomReflectable {
  private let values: [String: String]
  private let specs: [String: ParameterSpec]

  /// Completes what was set with what holds otherwise.
  init(_ operation: Operation, values: [String: String]) {
    let known = Dictionary(operation.parameters.map { ($0.key, $0) }) { first, _ in first }
    specs = known
    self.values = known.compactMapValues { values[$0.key] ?? $0.standard }
  }

  /// Keys only: values may be secrets.
  public var description: String { "settings \(values.keys.sorted().joined(separator: ", "))" }
  /// Has no members.
  public var customMirror: Mirror { Mirror(self, children: [:]) }

  /// Text, a word or a host; nil when nothing holds, and for secrets.
  public func text(_ key: String) -> String? {
    specs[key]?.kind == .secret ? nil : values[key]
  }

  /// A number; nil when nothing holds.
  public func integer(_ key: String) -> Int? { text(key).flatMap { Int($0) } }

  /// A flag; false when nothing holds.
  public func flag(_ key: String) -> Bool { text(key) == "true" }

  /// A secret; nil when nothing holds, and for everything else.
  public func secret(_ key: String) -> Secret? {
    specs[key]?.kind == .secret ? values[key].map { Secret($0) } : nil
  }

  /// All secrets.
  public var secrets: [Secret] { specs.keys.sorted().compactMap { secret($0) } }

  /// Keys of required settings that have no value.
  public var missing: [String] {
    specs.values.filter { $0.isRequired && values[$0.key] == nil }.map(\.key).sorted()
  }

  /// True: proxies of the environment are not used.
  public var bypassesProxy: Bool { flag("bypass_proxy") }
  /// False: certificates of the server are not checked.
  public var verifiesTLS: Bool { flag("verify_tls") }
  /// Time for one run, seconds.
  public var timeoutSeconds: Int { integer("timeout_s") ?? 30 }
  /// Most rows of one table.
  public var rowsMax: Int { integer("max_rows") ?? 500 }
}
