import Foundation
import Synchronization
import TidemarkAccess
import TidemarkHTTP
import TidemarkStore
import Testing

/// Replies in their order.
private final class Replies: Sendable {
  private let replies = Mutex<[Reply]>([])
  var all: [Reply] { replies.withLock { $0 } }

  func add(_ reply: Reply) { replies.withLock { $0.append(reply) } }
}

/// The ways in which clients send a token.
@Suite(.timeLimit(.minutes(10)))
struct CredentialsTests {
  private static let field = "X-API-AUTH"

  /// What `whoami` answers to some header lines.
  private func replies(
    _ headers: @Sendable (_ token: String, _ other: String) -> [[String]]
  ) async throws -> [Reply] {
    let book = TokenBook()
    let token = book.add(TokenGrant(name: "desk"))
    let all = headers(token, book.add(TokenGrant(name: "other")))
    let replies = Replies()
    try await TestServer.serving(
      MemoryStore(), access: book.control(), tokenField: Self.field
    ) { server in
      for lines in all {
        let reply = try await server.get("/api/v1/whoami", headers: lines)
        replies.add(reply)
      }
    }
    return replies.all
  }

  private static func basic(_ user: String, _ password: String) -> String {
    "Authorization: Basic " + Data("\(user):\(password)".utf8).base64EncodedString()
  }

  @Test func everyFormIsTaken() async throws {
    let replies = try await replies { token, _ in
      [
        ["Authorization: Bearer \(token)"], ["authorization: bearer  \(token) "],
        ["Authorization: \(token)"], ["X-API-Key: \(token)"], ["x-api-key: \(token)"],
        ["X-API-AUTH: \(token)"], [Self.basic(token, "")], [Self.basic("", token)],
        [Self.basic(token, "any:thing")], [Self.basic("any", token)], [Self.basic(token, token)],
        ["Authorization: Basic " + Data(token.utf8).base64EncodedString()],
        [Self.basic("any", token).replacingOccurrences(of: "=", with: "")],
        // The same token in several places is one token.
        ["Authorization: Bearer \(token)", "X-API-Key: \(token)", Self.basic("a", token)],
      ]
    }
    #expect(replies.count == 14)
    for reply in replies {
      #expect(reply.status == 200 && Reply.member("name", of: reply.body) == "desk")
    }
  }

  @Test func whatHoldsNoTokenIsNotKnown() async throws {
    let replies = try await replies { token, _ in
      [
        ["Authorization: Digest \(token)"], ["Authorization: Basic !!!!"],
        ["Authorization: Basic "], ["Authorization: Bearer"], ["Authorization: Bearer a \(token)"],
        [Self.basic("user", "password")], ["X-API-Key: "], ["X-API-Key: \(token.dropLast())"],
        ["Authorization: Basic /w=="], ["Authorization: \(token.uppercased())"],
        ["X-Other: \(token)"], [],
      ]
    }
    #expect(replies.map(\.status) == Array(repeating: 401, count: 12))
    for reply in replies.dropLast(2) { #expect(reply.body.contains("not known")) }
    for reply in replies.suffix(2) { #expect(reply.body.contains("a token is needed")) }
  }

  @Test func twoTokensThatDifferAreRefused() async throws {
    let replies = try await replies { token, other in
      [
        ["Authorization: Bearer \(token)", "X-API-Key: \(other)"],
        ["Authorization: Bearer \(token)", "Authorization: Bearer \(other)"],
        ["X-API-Key: \(token)", "X-API-Key: \(other)"], [Self.basic(token, other)],
        ["X-API-Key: \(token)", "X-API-AUTH: \(other)"],
        ["X-API-Key: \(token)", "X-API-Key: \(other)", "X-API-Key: \(token)"],
        ["X-API-Key: \(token)", "Authorization: Basic !!!!"],
      ]
    }
    #expect(replies.map(\.status) == Array(repeating: 400, count: 7))
    for reply in replies { #expect(reply.body.contains("two tokens that differ")) }
  }

  @Test func noAnswerRepeatsAToken() async throws {
    let book = TokenBook()
    let (good, bad) = (book.add(TokenGrant(name: "desk", scopes: [.admin])), TokenSecret().text)
    try await TestServer.serving(MemoryStore(), access: book.control()) { server in
      for token in [good, bad] {
        for path in ["/api/v1/whoami", "/metrics", "/pdns/query/\(token)", "/nowhere"] {
          let reply = try await server.get(path, headers: ["Authorization: Bearer \(token)"])
          #expect(!reply.body.contains(token) && !reply.headers.values.contains(token))
        }
      }
      let metrics = try await server.get("/metrics", headers: ["X-API-Key: \(good)"])
      #expect(
        metrics.body.contains("tidemark_access_requests_total{outcome=\"unknown\"} 3\n"))
      #expect(metrics.body.contains("tidemark_access_tokens 1\n"))
    }
  }

  @Test func cachesAreToldOfTheFurtherField() async throws {
    let book = TokenBook()
    let token = book.add(TokenGrant(name: "desk"))
    try await TestServer.serving(
      MemoryStore(), access: book.control(), tokenField: Self.field
    ) { server in
      let reply = try await server.get("/pdns/query/a", headers: ["X-API-AUTH: \(token)"])
      #expect(reply.headers["vary"]?.contains("X-API-Key") == true)
      #expect(reply.headers["vary"]?.lowercased().contains("x-api-auth") == true)
      let long = "/pdns/query/" + String(repeating: "a", count: ServerLimits.targetOctetsMax)
      for (target, status) in [("/nowhere", 404), (long, 414), ("/nowhere?a=\(long)", 414)] {
        let refusal = try await server.get(target)
        let fields = refusal.headers["vary"]?.lowercased().components(separatedBy: ", ") ?? []
        #expect(refusal.status == status && fields.count { $0 == "x-api-auth" } == 1)
        #expect(fields.contains("authorization") && fields.contains("accept-encoding"))
      }
      for target in [
        "/pdns/query/a", "/query/a", "/dnsdb/v2/lookup/rrset/name/a", "/api/v1/records?owner=a",
        "/metrics", "/api/v1/whoami",
      ] {
        for headers in [[], ["X-API-AUTH: \(TokenSecret().text)"]] {
          let refusal = try await server.get(target, headers: headers)
          #expect(refusal.status == 401 || refusal.status == 403)
          let fields = refusal.headers["vary"]?.lowercased().components(separatedBy: ", ") ?? []
          #expect(fields.count { $0 == "x-api-auth" } == 1, "\(target)")
          #expect(fields.contains("authorization"), "\(target)")
        }
      }
    }
  }
}
