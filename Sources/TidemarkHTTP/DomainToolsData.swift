public import TidemarkDomains
public import TidemarkEnrichment
public import TidemarkPivots

/// What answers of the DomainTools interface are made of besides the records of the store.
public struct DomainToolsData: Sendable {
  /// Has the snapshots of registrations; nil: nothing is registered as far as anybody knows.
  public var library: Library?
  /// The lists that risk scores rest on.
  public var lists: RiskListCatalog
  /// Tells registered domains; without it the routes that need one answer 500.
  public var suffixes: PublicSuffixList?

  /// Takes what there is.
  public init(
    library: Library? = nil, lists: RiskListCatalog = RiskListCatalog(),
    suffixes: PublicSuffixList? = nil
  ) {
    self.library = library
    self.lists = lists
    self.suffixes = suffixes
  }
}
