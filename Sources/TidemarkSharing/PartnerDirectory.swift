/// Who the partners are, and who was one.
///
/// - Concurrency: any thread. Answers come from memory, at most a second behind what was decided
///   elsewhere.
public protocol PartnerDirectory: Sendable {
  /// All partners by number, revoked ones too.
  var partners: [Partner] { get }

  /// A partner by its number; nil when there is none.
  func partner(_ id: Int64) -> Partner?

  /// The partner that holds a token, by the token's number.
  func partner(token: Int64) -> Partner?

  /// The partner that holds a token, by the token's SHA-256.
  func partner(tokenDigest: [UInt8]) -> Partner?
}
