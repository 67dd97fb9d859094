import Foundation
import TidemarkAccess
import TidemarkControl
import TidemarkHTTP
import TidemarkStore
import Testing

/// A server on a control database that others change.
@Suite(.timeLimit(.minutes(10)))
struct ControlRouteTests {
  private let folder: URL
  private let path: String

  init() throws {
    folder = FileManager.default.temporaryDirectory
      .appendingPathComponent("tidemark-access-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: false)
    path = folder.appendingPathComponent("control.sqlite").path
  }

  @Test("tokens made and revoked elsewhere count by themselves, and none is written down")
  func followsTheDatabase() async throws {
    defer { try? FileManager.default.removeItem(at: folder) }
    let now = Int64(TestServer.now)
    let access = try AccessControl(directory: ControlDatabase(path: path, create: true)) { now }
    let keeper = ControlKeeper(access) { #expect($0 == nil) }
    keeper.start()
    let other = try ControlDatabase(path: path, create: false)
    let made = try other.create(TokenGrant(name: "desk", perDay: 1_000_000), now: now)
    let headers = ["Authorization: Bearer \(made.secret.text)"]
    try await TestServer.serving(MemoryStore(), access: access) { server in
      func wait(for status: Int) async throws {
        while try await server.get("/pdns/query/a", headers: headers).status != status {}
      }
      try await wait(for: 200)
      _ = try other.revoke("desk", now: now)
      try await wait(for: 401)
    }
    keeper.synchronize()
    let used = try other.usage(day: now / 86_400)[made.record.id]
    #expect(used == Int(access.counts.admitted))
    let names = try FileManager.default.contentsOfDirectory(atPath: folder.path)
    #expect(names.count == 3)
    for name in names {
      let octets = try Data(contentsOf: folder.appendingPathComponent(name))
      #expect(octets.range(of: Data(made.secret.text.dropFirst(4).utf8)) == nil, "\(name)")
    }
  }
}
