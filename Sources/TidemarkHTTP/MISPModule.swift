/// A module as MISP sees it: what it takes, and what it gives.
enum MISPModule: String, CaseIterable {
  /// Records that name the value on either side, as `passive-dns` objects.
  case records = "tidemark_pdns"
  /// The newest registration in the library, as a `whois` object.
  case registration = "tidemark_whois"
  /// The risk score with its reasons, as text.
  case risk = "tidemark_risk"

  /// The setting of a module that holds a token: MISP asks for it as
  /// `Plugin.Enrichment_<module>_token`.
  static let tokenSetting = "token"

  /// Types of MISP attributes that it can be asked about.
  var input: [String] {
    let names = ["hostname", "domain", "domain|ip"]
    switch self {
    case .records, .registration:
      return names + ["ip-src", "ip-dst", "ip-src|port", "ip-dst|port"]
    case .risk: return names
    }
  }

  private var description: String {
    switch self {
    case .records: "Passive DNS records of Tidemark that name the value on either side."
    case .registration: "The registration of a domain or a network, as Tidemark saw it last."
    case .risk: "Tidemark's risk score of a name, with what it rests on."
    }
  }

  /// Scores take longer than somebody waits who moves a pointer over a value.
  private var kinds: [String] {
    self == .risk ? ["expansion", "cortex"] : ["expansion", "hover", "cortex"]
  }

  /// The entry of `GET /modules`.
  var json: JSONLine {
    var attributes = JSONLine()
    attributes.add("input", texts: input)
    attributes.add("format", "misp_standard")
    var meta = JSONLine()
    meta.add("name", rawValue)
    meta.add("description", description)
    meta.add("author", "Tidemark")
    meta.add("version", TidemarkServer.version)
    meta.add("module-type", texts: kinds)
    meta.add("config", texts: [MISPModule.tokenSetting])
    var json = JSONLine()
    json.add("name", rawValue)
    json.add("type", "expansion")
    json.add("mispattributes", attributes)
    json.add("meta", meta)
    return json
  }
}

/// Bounds on what one question of MISP may cost, and give.
enum MISPLimits {
  /// Body of a question, octets: one attribute with its settings. It is read before it is known who
  /// asks, since it may hold the token.
  static let bodyOctetsMax = 1 << 16
  /// Bodies that are read at the same time; more are told so. It bounds what strangers can have in
  /// memory to 16 MiB.
  static let bodiesMax = 256
  /// Objects of one answer. An event in MISP becomes hard to use with thousands.
  static let objectsMax = 500
  /// Rdata of the objects of one answer, octets: strangers choose what their records hold, and
  /// text of octets that are no letters is four times as long.
  static let rdataOctetsMax = 1 << 20
  /// Time for searching, seconds: MISP waits five for what it shows in passing.
  static let searchSeconds = 3
  /// Questions at the same time; more are told so.
  static let questionsMax = 16
}
