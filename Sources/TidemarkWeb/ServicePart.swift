/// Parts of the page about the service, each a tab.
public enum ServicePart: String, Sendable, CaseIterable {
  case overview, sensors, sources, sharing, tokens

  /// What the tab says.
  public var title: String {
    switch self {
    case .overview: "Overview"
    case .sensors: "Sensors"
    case .sources: "Sources"
    case .sharing: "Sharing"
    case .tokens: "Tokens"
    }
  }
}

/// What a part shows.
public enum ServiceContent: Sendable {
  case overview(ServiceOverview)
  case sensors(ServiceSensors)
  case sources([ServiceSource])
  case sharing(ServiceSharing)
  case tokens(ServiceTokens)
  /// The caller may not see the part.
  case withheld(ServicePart)

  /// The part that it is the content of.
  public var part: ServicePart {
    switch self {
    case .overview: .overview
    case .sensors: .sensors
    case .sources: .sources
    case .sharing: .sharing
    case .tokens: .tokens
    case .withheld(let part): part
    }
  }
}
