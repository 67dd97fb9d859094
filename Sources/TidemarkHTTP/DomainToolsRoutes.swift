import HTTPTypes
import TidemarkAccess

/// The routes of the DomainTools interface, `/v1/…`.
struct DomainToolsRoutes: Sendable {
  private let data: Endpoint
  private let enrich: Endpoint
  /// Costs no quota: clients ask it before anything else.
  private let account = Endpoint(DomainToolsAccountRoute(), .domaintools, need: .token)
  private let other = Endpoint(DomainToolsOtherRoute(), .domaintools, need: .token)

  init(_ service: DomainToolsService) {
    data = Endpoint(DomainToolsRoute(service: service), .domaintools)
    var enrich = Endpoint(DomainToolsRoute(service: service, method: .post), .domaintools)
    enrich.takesForm = true
    self.enrich = enrich
  }

  /// The route of a path; nil when it does not belong to the interface.
  func endpoint(_ target: RequestTarget) -> Endpoint? {
    switch DomainToolsPath(target) {
    case .account: account
    case .enrich: enrich
    case .parameter, .subject: data
    case .other: other
    case nil: nil
    }
  }

  /// Every route, as docs/openapi.yaml writes them.
  var all: [(path: String, endpoint: Endpoint)] {
    let subjects = DomainToolsPath.Subject.allCases.map { subject in
      switch subject {
      case .profile: "/v1/{domain}"
      case .hostDomains: "/v1/{ip}/host-domains"
      case .parsedRDAP: "/v1/{domain}/rdap/parsed/"
      default: "/v1/{domain}/\(subject.rawValue)"
      }
    }
    let parameters = DomainToolsPath.Parameter.allCases.map { parameter in
      "/v1/\(parameter.rawValue)" + (parameter == .riskEvidence ? "/" : "")
    }
    return [("/v1/account", account), ("/v1/iris-enrich/", enrich)]
      + (subjects + parameters).map { ($0, data) }
  }
}
