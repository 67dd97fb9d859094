import Foundation
import NIOCore
import NIOPosix
import Testing
import TidemarkCollectors

/// Producers that other people wrote: openssl for TLS, fstrm's own sender. Skipped without them.
@Suite(.timeLimit(.minutes(10))) struct StreamToolTests {
  static let openssl = tool("openssl")
  static let replay = tool("fstrm_replay")

  private static func tool(_ name: String) -> String? {
    let path = ["/usr/bin/", "/usr/local/bin/"].map { $0 + name }
      .first { FileManager.default.isExecutableFile(atPath: $0) }
    if path == nil { print("SKIPPED: no \(name)") }
    return path
  }

  private let folder: String
  private let gate = TestIntake.Gate()
  private let events = StreamEvents()
  private let stream = Frames.ready + Frames.start + Frames.data([1, 2, 3]) + Frames.stop

  init() throws {
    folder = StreamServerTests.path() + ".d"
    try FileManager.default.createDirectory(
      atPath: folder, withIntermediateDirectories: true)
  }

  /// Runs a program to its end.
  @discardableResult
  private func run(
    _ program: String?, _ arguments: [String], input: [UInt8] = []
  ) async throws -> Int32 {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: try #require(program))
    process.arguments = arguments
    let file = URL(fileURLWithPath: folder + "/input")
    try Data(input).write(to: file)
    process.standardInput = try FileHandle(forReadingFrom: file)
    process.standardOutput = FileHandle.nullDevice
    process.standardError = FileHandle.nullDevice
    return try await withCheckedThrowingContinuation { done in
      process.terminationHandler = { done.resume(returning: $0.terminationStatus) }
      do { try process.run() } catch { done.resume(throwing: error) }
    }
  }

  private func certificate(_ name: String) async throws -> (certificate: String, key: String) {
    let files = (certificate: "\(folder)/\(name).pem", key: "\(folder)/\(name).key")
    let status = try await run(
      Self.openssl,
      [
        "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
        "-subj", "/CN=\(name).example.com", "-days", "2", "-keyout", files.key, "-out",
        files.certificate,
      ])
    try #require(status == 0)
    return files
  }

  private func server(_ options: StreamServer.Options) -> StreamServer {
    StreamServer(
      options: options, group: MultiThreadedEventLoopGroup.singleton,
      makeIntake: { [gate] in TestIntake(gate) }, report: events.report)
  }

  private func serverOptions(authority: String? = nil) async throws -> StreamServer.Options {
    let own = try await certificate("server")
    var options = StreamServer.Options(endpoint: .tcp(host: "127.0.0.1", port: 0))
    options.hasHandshake = true
    options.tls = .server(
      certificates: own.certificate, key: own.key, clientAuthorities: authority)
    return options
  }

  @Test(.enabled(if: openssl != nil)) func takesAStreamOverTLS() async throws {
    let server = server(try await serverOptions())
    let port = try #require(try await server.start()?.port)
    try await run(
      Self.openssl, ["s_client", "-quiet", "-no_ign_eof", "-connect", "127.0.0.1:\(port)"],
      input: stream)
    #expect(await events.end() == .closed(.complete))
    #expect(gate.frames == [[1, 2, 3]])
    await server.stop()
    try FileManager.default.removeItem(atPath: folder)
  }

  @Test(.enabled(if: openssl != nil), arguments: [true, false])
  func takesOnlyClientsWithACertificateWhenToldSo(hasCertificate: Bool) async throws {
    let client = try await certificate("client")
    let server = server(try await serverOptions(authority: client.certificate))
    let port = try #require(try await server.start()?.port)
    let own = hasCertificate ? ["-cert", client.certificate, "-key", client.key] : []
    try await run(
      Self.openssl, ["s_client", "-quiet", "-no_ign_eof", "-connect", "127.0.0.1:\(port)"] + own,
      input: stream)
    let end = await events.end()
    #expect((end == .closed(.complete)) == hasCertificate)
    #expect(gate.frames == (hasCertificate ? [[1, 2, 3]] : []))
    #expect(server.statistics.values.failed == (hasCertificate ? 0 : 1))
    await server.stop()
    try FileManager.default.removeItem(atPath: folder)
  }

  @Test(.enabled(if: openssl != nil)) func ourClientBelievesOnlyItsAuthority() async throws {
    let options = try await serverOptions()
    let other = try await certificate("other")
    let server = server(options)
    let port = try #require(try await server.start()?.port)
    var connecting = StreamClient.Options(endpoint: .tcp(host: "127.0.0.1", port: port))
    connecting.tls = .client(authorities: other.certificate, certificates: nil, key: nil)
    let log = StreamEvents()
    let client = StreamClient(
      options: connecting, group: MultiThreadedEventLoopGroup.singleton,
      makeIntake: { [gate] in TestIntake(gate) }, report: log.report)
    try client.start()
    let end = await log.end()
    guard case .closed(.failed) = end else {
      Issue.record("a server of another authority was believed: \(String(describing: end))")
      return
    }
    await client.stop()
    await server.stop()
    try FileManager.default.removeItem(atPath: folder)
  }

  @Test(.enabled(if: replay != nil)) func takesWhatTheLibrarysOwnSenderSends() async throws {
    let path = folder + "/s"
    var options = StreamServer.Options(endpoint: .unix(path: path))
    options.hasHandshake = true
    let server = server(options)
    try await server.start()
    let frames = (0..<1_000).flatMap { Frames.data([UInt8(truncatingIfNeeded: $0)]) }
    let file = folder + "/stream"
    try Data(Frames.start + frames + Frames.stop).write(to: URL(fileURLWithPath: file))
    let status = try await run(
      Self.replay,
      ["-t", String(decoding: Frames.dnstap, as: UTF8.self), "-r", file, "-u", path])
    #expect(status == 0)
    #expect(await events.end() == .closed(.complete))
    #expect(gate.frames.count == 1_000)
    await server.stop()
    try FileManager.default.removeItem(atPath: folder)
  }
}
