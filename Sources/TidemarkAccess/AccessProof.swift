/// What a request shows of who asks.
public enum AccessProof: Sendable {
  /// Nothing.
  case nothing
  /// A token, or what is there in place of one.
  case token(String)
  /// A token, and the name that it must have.
  case named(String, token: String)
  /// A signature by a token's signing key.
  case signed(SignedRequest)
  /// What was shown before, and is remembered by the number of the token.
  case held(Int64)
}

/// A request that is signed with a key which it does not hold.
public struct SignedRequest: Sendable {
  /// How far the time of a signature may lie from now on either side, seconds: clocks differ, and
  /// whoever reads a request along the way may send it again until then.
  public static let ageMax: Int64 = 900

  /// The name of the token.
  public var name: String
  /// When it was signed, seconds since 1970.
  public var time: Int64
  /// What was signed, in each of the ways in which it can have been written; one of them must fit.
  public var messages: [[UInt8]]
  /// Octets of an HMAC.
  public var signature: [UInt8]

  /// Makes a signed request.
  public init(name: String, time: Int64, messages: [[UInt8]], signature: [UInt8]) {
    self.name = name
    self.time = time
    self.messages = messages
    self.signature = signature
  }

  /// Whether it was signed now, and with a key.
  func isValid(_ key: SigningKey, at now: Int64) -> Bool {
    let (age, overflow) = now.subtractingReportingOverflow(time)
    guard !overflow, age.magnitude <= UInt64(SignedRequest.ageMax) else { return false }
    return messages.contains { key.hasSigned($0, as: signature) }
  }
}
