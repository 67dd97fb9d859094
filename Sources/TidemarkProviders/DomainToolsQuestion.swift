import TidemarkEnrichment

/// What DomainTools is asked for an action.
///
/// Values are names in A-labels and addresses: nothing in a path needs an escape, so that there is
/// one text only to sign.
struct DomainToolsQuestion: Sendable {
  /// From `/v1/`, as it is signed.
  let path: String
  /// Parameters beside those that every request has.
  var parameters: [(name: String, value: String)] = []
  /// True when the answer comes in pages.
  var isPaged = false

  /// Finds the endpoint of an action; nil when there is none for the indicator.
  init?(_ request: ActionRequest) {
    let value = request.indicator.value
    let isName = request.indicator.type == .fqdn
    guard isName || IndicatorType.addresses.contains(request.indicator.type) else { return nil }
    // One more than fits, so that it shows when there are more.
    let limit = [(name: "limit", value: String(request.configuration.rowsMax + 1))]
    switch (request.action.id, isName) {
    case ("ip-whois", false), ("fqdn-whois", true): path = "/v1/\(value)/whois/parsed"
    case ("reverse-ip", true):
      path = "/v1/\(value)/reverse-ip"
      parameters = limit
    case ("reverse-ip", false):
      path = "/v1/\(value)/host-domains"
      parameters = limit
    case ("whois-history", true):
      path = "/v1/\(value)/whois/history"
      isPaged = true
    case ("reverse-name-server", true):
      path = "/v1/\(value)/name-server-domains"
      parameters = limit
    case ("hosting-history", true): path = "/v1/\(value)/hosting-history"
    case ("risk", true):
      path = "/v1/risk"
      parameters = [("domain", value)]
    default: return nil
    }
  }
}
