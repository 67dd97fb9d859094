import DNSWire
import HTTPTypes
import TidemarkPivots

/// What a path below `/v1/` asks for. Clients leave the slash at the end out or not, as they like.
enum DomainToolsPath: Equatable, Sendable {
  /// What is asked about a name or an address that stands in the path.
  enum Subject: String, CaseIterable, Sendable {
    case profile = ""
    case whois = "whois"
    case parsedWHOIS = "whois/parsed"
    case whoisHistory = "whois/history"
    case parsedRDAP = "rdap/parsed"
    case reverseIP = "reverse-ip"
    case hostDomains = "host-domains"
    case nameServerDomains = "name-server-domains"
    case hostingHistory = "hosting-history"
  }

  /// What is asked about a domain among the parameters.
  enum Parameter: String, CaseIterable, Sendable {
    case risk = "risk"
    case riskEvidence = "risk/evidence"
    case reputation = "reputation"
    case domainHistory = "domain-history"
  }

  case account
  case enrich
  case parameter(Parameter)
  case subject(Subject, text: String)
  /// Something that DomainTools may have and this server has not.
  case other

  /// Reads a path; nil when it is none of the interface.
  init?(_ target: RequestTarget) {
    guard var rest = target.rest(after: "/v1/") else {
      guard target.path.elementsEqual("/v2/domain-search".utf8) else { return nil }
      self = .other
      return
    }
    if rest.last == UInt8(ascii: "/") { rest = rest.dropLast() }
    guard
      let text = RequestTarget.decode(rest).flatMap({ String(validating: $0, as: UTF8.self) })
    else {
      self = .other
      return
    }
    let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
    if text == "account" {
      self = .account
    } else if text == "iris-enrich" {
      self = .enrich
    } else if let parameter = Parameter(rawValue: text) {
      self = .parameter(parameter)
    } else if parts.count == 2, let subject = Subject(rawValue: String(parts[1])),
      subject != .profile
    {
      self = .subject(subject, text: String(parts[0]))
    } else if parts.count == 1, text.contains(".") {
      // Other products are words without a dot.
      self = .subject(.profile, text: text)
    } else {
      self = .other
    }
  }

  /// A domain or host name; letters beyond ASCII become A-labels.
  ///
  /// - Throws: ``Problem`` for anything else, also for names without a dot, and for addresses.
  static func name(_ text: String) throws(Problem) -> DomainName {
    let octets = Array(text.utf8)
    guard PivotAddress(text: text) == nil, let ascii = ALabels.ascii(octets[...]),
      let name = try? DomainName(text: ascii), name.labelCount > 1
    else { throw Problem(.badRequest, "this is not a domain name") }
    return name
  }
}
