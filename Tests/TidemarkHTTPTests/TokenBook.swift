import Synchronization
import TidemarkAccess

/// Tokens in memory, at the time of ``TestServer``.
final class TokenBook: TokenDirectory {
  private let tokens = Mutex<[TokenRecord]>([])

  func exchange(
    _ uses: [TokenUse], day: Int64, since version: Int64?
  ) throws -> DirectoryNews {
    let tokens = tokens.withLock { $0 }
    return DirectoryNews(version: Int64(tokens.count), tokens: tokens)
  }

  /// Adds a token.
  func add(_ grant: TokenGrant, isRevoked: Bool = false, keepsKey: Bool = false) -> String {
    let secret = TokenSecret()
    tokens.withLock { tokens in
      tokens.append(
        TokenRecord(
          id: Int64(tokens.count + 1), digest: secret.digest,
          signingKey: keepsKey ? secret.signingKey : nil, grant: grant, created: 0,
          revoked: isRevoked ? 1 : nil))
    }
    return secret.text
  }

  /// Revokes the token of a place.
  func revoke(_ place: Int) {
    tokens.withLock { $0[place].revoked = 1 }
  }

  /// An access control for the tokens added so far.
  func control() throws -> AccessControl {
    try AccessControl(directory: self) { Int64(TestServer.now) }
  }
}
