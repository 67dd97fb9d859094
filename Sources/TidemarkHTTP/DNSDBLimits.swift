/// Bounds of the DNSDB interface that its clients are told (`rate_limit`) or rely on.
public enum DNSDBLimits {
  /// Rows of an answer when the client names no limit: what the DNSDB documentation says.
  public static let rowsStandard = 10_000
  /// Rows of one answer, also for `limit=0` and for more than this: what the original allows, so
  /// that clients which plan with it see no difference. More comes by `offset`, or without any
  /// bound from `/api/v1/records`.
  public static let resultsMax = 1_000_000
  /// Rows that may be skipped. Each is searched again for every page: pages this deep are dear, and
  /// the original allows as many.
  public static let offsetMax = 3_000_000
  /// Rows that a summary counts between two looks at the caller's budget.
  public static let summaryPieceRows = 16_384
}
