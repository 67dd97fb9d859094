/// What the two sides of a feed from one Tidemark to another agree on.
public enum ObservationFeed {
  /// Longest body of observations, octets, packed and unpacked. It becomes one batch in the
  /// memory of the server, some 800,000 rows.
  public static let bodyOctetsMax = 64 << 20
  /// Octets at which a sender starts another body: small enough that some of them fit into the
  /// memory of both sides, large enough that a body's round trip and its id cost nothing.
  public static let partOctets = 16 << 20
}
