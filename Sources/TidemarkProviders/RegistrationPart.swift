import TidemarkEnrichment
import TidemarkRegistration

/// One answer of a registry or registrar: what it says, its text, and who gave it.
struct RegistrationPart: Sendable {
  var registration: Registration
  var text: RawAnswer
  /// A URL, or the name of a WHOIS server.
  var source: String
}

extension FetchedRegistration {
  /// The registry's answer and what was found of the registrar's, which wins field by field.
  init(registry: RegistrationPart, registrar: RegistrationPart?) {
    let parts = [registry] + (registrar.map { [$0] } ?? [])
    let merged = registrar.map { registry.registration.merged(withRegistrar: $0.registration) }
    self.init(
      merged: merged ?? registry.registration, parts: parts.map(\.registration),
      texts: parts.map(\.text), source: parts.map(\.source).joined(separator: " "))
  }
}
