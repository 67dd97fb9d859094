import FoundationEssentials
import TidemarkEnrichment

/// How a token is shown to a server.
struct CirclCredentials {
  /// The header that carries the token.
  let header: (name: String, value: String)

  /// Headers that carry something else.
  private static let reserved: Set<String> = [
    "host", "content-length", "transfer-encoding", "connection", "te", "trailer", "upgrade",
    "expect",
  ]

  /// Reads the settings `token`, `token_use` and `token_header`.
  ///
  /// - Throws: a failure of kind ``FailureKind/notConfigured`` for settings that make no header.
  init(_ configuration: OperationConfiguration) throws(ActionFailure) {
    guard let token = configuration.secret("token")?.revealed else {
      throw ActionFailure(.notConfigured, message: "set token")
    }
    let hasColon = token.utf8.contains(UInt8(ascii: ":"))
    switch configuration.text("token_use") {
    case "authorization": header = ("Authorization", token)
    case "header":
      let name = configuration.text("token_header") ?? "X-API-Key"
      guard CirclCredentials.isFieldName(name) else {
        throw ActionFailure(.notConfigured, message: "token_header is no name of a header")
      }
      header = (name, token)
    case "basic":
      guard hasColon else {
        throw ActionFailure(.notConfigured, message: "token is not user:password")
      }
      header = ("Authorization", CirclCredentials.basic(token))
    default:
      header = ("Authorization", hasColon ? CirclCredentials.basic(token) : token)
    }
  }

  private static func basic(_ token: String) -> String {
    "Basic " + Data(token.utf8).base64EncodedString()
  }

  /// A token of RFC 9110 section 5.6.2 that does not carry something else.
  private static func isFieldName(_ name: String) -> Bool {
    !name.isEmpty && !reserved.contains(name.lowercased())
      && name.utf8.allSatisfy { octet in
        switch octet {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
        default: "!#$%&'*+-.^_`|~".utf8.contains(octet)
        }
      }
  }
}
