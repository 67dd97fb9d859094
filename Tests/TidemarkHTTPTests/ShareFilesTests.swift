import Crypto
import Foundation
import TidemarkCompression
import TidemarkHTTP
import TidemarkModel
import TidemarkSharing
import NIOCore
import Testing

/// Files of a partner: one a period, the same however often they are made, and served to nobody
/// else.
struct ShareFilesTests {
  private static let hour: UnixSeconds = 1_717_200_000
  private let folder: String
  private let world: ShareWorld

  init() throws {
    folder =
      FileManager.default.temporaryDirectory
      .appendingPathComponent("tidemark-share-\(UUID().uuidString)").path
    world = ShareWorld(outlets: PartnerOutlets(files: PartnerFiles(folder: folder)))
  }

  private func writer(_ world: ShareWorld? = nil) throws -> ShareFiles {
    let world = world ?? self.world
    let partner = try #require(world.partner(1))
    return try #require(ShareFiles(partner, hub: world.hub))
  }

  /// One step of a writer of its own.
  @discardableResult
  private func write(_ world: ShareWorld? = nil, now: UnixSeconds) throws -> Bool {
    var writer = try writer(world)
    return try writer.writeNext(now: now)
  }

  private func writeAll(now: UnixSeconds) throws {
    var writer = try writer()
    while try writer.writeNext(now: now) {}
  }

  private func names() throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: folder).sorted()
  }

  private func octets(_ name: String) throws -> Data {
    try Data(contentsOf: URL(fileURLWithPath: "\(folder)/\(name)"))
  }

  private func hex(_ octets: some Sequence<UInt8>) -> String {
    octets.map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
  }

  private func text(_ name: String) throws -> String {
    guard var unpacker = Unpacker(.gzip, octetsMax: 1 << 28) else { return "" }
    let packed = Array(try octets(name))
    var (unpacked, piece, at) = ([UInt8](), [UInt8](), 0)
    while try unpacker.next(packed.span, at: &at, isLast: true, into: &piece) { unpacked += piece }
    return String(decoding: unpacked, as: UTF8.self)
  }

  @Test func aFileIsMadeWhenItsPeriodIsOver() throws {
    world.log.release(
      [try shared("a.example.com"), try shared("x.example.com", tlp: .red)], at: Self.hour)
    world.log.release([try shared("b.example.com")], at: Self.hour + 3_599)
    world.log.release([try shared("c.example.com")], at: Self.hour + 3_600)
    try writeAll(now: Self.hour + 3_600 + 59)
    #expect(try names().isEmpty)
    try writeAll(now: Self.hour + 3_600 + 60)
    let name = "community-2024-06-01T00-1.ndjson.gz"
    #expect(try names() == [name, "manifest.json"])
    let manifest = try #require(try ShareManifest.read(folder: folder))
    let file = try #require(manifest.files.first)
    #expect(manifest.position == "2" && manifest.stream == "community" && manifest.gaps.isEmpty)
    #expect(file.name == name && file.rows == 2 && file.first == "1" && file.last == "2")
    #expect(file.start == Self.hour && file.end == Self.hour + 3_600)
    let digest = hex(SHA256.hash(data: try octets(name)))
    #expect(try octets(name).count == file.octets && file.sha256 == digest)
    try writeAll(now: Self.hour + 2 * 3_600 + 60)
    #expect(try names().count == 3)
    #expect(try ShareManifest.read(folder: folder)?.files.map(\.last) == ["2", "3"])
    // Nothing more to do.
    try writeAll(now: .max)
    #expect(try names().count == 3)
    #expect(
      world.ledger.totals == [
        Release(partner: 1, rule: .released, rows: 3), Release(partner: 1, rule: .tlp, rows: 1),
      ])
  }

  @Test func whatWasInterruptedGivesTheSameOctets() throws {
    for number in 0..<20 {
      let records = try (0..<300).map { try shared("h\(number)-\($0).example.com") }
      world.log.release(records, at: Self.hour + UnixSeconds(number))
    }
    try writeAll(now: .max)
    let name = "community-2024-06-01T00-1.ndjson.gz"
    let first = try octets(name)
    // Killed before the manifest: the file is there, its name is not, and half of another is left.
    try FileManager.default.removeItem(atPath: "\(folder)/manifest.json")
    try Data("half".utf8).write(to: URL(fileURLWithPath: "\(folder)/\(name).tmp"))
    try writeAll(now: .max)
    #expect(try octets(name) == first && names() == [name, "manifest.json"])
    // Killed before the file.
    try FileManager.default.removeItem(atPath: "\(folder)/manifest.json")
    try FileManager.default.removeItem(atPath: "\(folder)/\(name)")
    try writeAll(now: .max)
    #expect(try octets(name) == first)
    #expect(try ShareManifest.read(folder: folder)?.files.map(\.rows) == [6_000])
  }

  @Test func periodsWithoutRowsAreNoFiles() throws {
    world.log.release([try shared("a.example.com", tlp: .red)], at: Self.hour)
    world.log.release([], at: Self.hour + 3_600)
    try writeAll(now: .max)
    #expect(try names() == ["manifest.json"])
    #expect(try ShareManifest.read(folder: folder)?.position == "2")
  }

  @Test func whatTheLogHasDroppedIsAGap() throws {
    world.log.release([try shared("a.example.com")], at: Self.hour)
    try writeAll(now: .max)
    for _ in 0..<4 { world.log.release([try shared("b.example.com")], at: Self.hour + 7_200) }
    world.log.drop(through: 3)
    try writeAll(now: .max)
    let manifest = try #require(try ShareManifest.read(folder: folder))
    #expect(manifest.gaps.map { [$0.after, $0.before] } == [["1", "4"]])
    #expect(manifest.files.map(\.first) == ["1", "4"] && manifest.position == "5")
  }

  @Test func filesThatSomebodyTookAwayLeaveTheManifest() throws {
    world.log.release([try shared("a.example.com")], at: Self.hour)
    try writeAll(now: .max)
    try FileManager.default.removeItem(
      atPath: "\(folder)/community-2024-06-01T00-1.ndjson.gz")
    world.log.release([try shared("b.example.com")], at: Self.hour + 7_200)
    try writeAll(now: .max)
    #expect(try ShareManifest.read(folder: folder)?.files.map(\.first) == ["2"])
  }

  @Test func aRevokedPartnerGetsNoFile() throws {
    world.log.release([try shared("a.example.com")], at: Self.hour)
    var writer = try writer()
    world.revoke()
    #expect(throws: PartnerRevoked.self) { try writer.writeNext(now: .max) }
    #expect(try names().isEmpty && world.ledger.totals.isEmpty)
  }

  @Test func aFolderOfAnotherStreamIsNotWrittenTo() throws {
    world.log.release([try shared("a.example.com")], at: Self.hour)
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: false)
    let mark = hex(try #require(world.partner(1)).tokenDigest.prefix(16))
    let text =
      #"{"version":1,"partner":"\#(mark)","stream":"other","period":"hour","files":[],"gaps":[]}"#
    let broken = text.replacing("[]", with: #"[{"name":"../x"}]"#)
    for text in [text, "", "{}", broken] {
      try Data(text.utf8).write(to: URL(fileURLWithPath: "\(folder)/manifest.json"))
      #expect(throws: ShareFileError.self) { try write(now: .max) }
    }
    #expect(try names() == ["manifest.json"])
    let own = text.replacing("other", with: "community")
    try Data(own.utf8).write(to: URL(fileURLWithPath: "\(folder)/manifest.json"))
    #expect(try write(now: .max))
  }

  @Test func theFolderOfAnotherPartnerIsNeitherWrittenNorRead() async throws {
    world.log.release([try shared("a.example.com")], at: Self.hour)
    try writeAll(now: .max)
    let before = try octets("manifest.json")
    // The same name, number and folder; made anew, with another token and other rules.
    var policy = PartnerPolicy(stream: "community")
    policy.exclude = ["a.example.com"]
    let later = ShareWorld(policy, outlets: PartnerOutlets(files: PartnerFiles(folder: folder)))
    later.log.release([try shared("b.example.com")], at: Self.hour + 7_200)
    #expect(throws: ShareFileError.self) { try write(later, now: .max) }
    #expect(try octets("manifest.json") == before && names().count == 2)
    try await later.serving { server in
      for path in ["", "manifest.json", "community-2024-06-01T00-1.ndjson.gz"] {
        let reply = try await server.get(
          "/api/v1/share/community/files/" + path, headers: later.token)
        #expect(reply.status == 404, "\(path)")
      }
    }
  }

  @Test func whenThereIsNothingToDoIsKnown() throws {
    var writer = try writer()
    var isMore = try writer.writeNext(now: Self.hour + 10)
    // Rows of the hour before may still be on their way.
    #expect(!isMore && !writer.isDue(at: Self.hour + 59) && writer.isDue(at: Self.hour + 60))
    isMore = try writer.writeNext(now: Self.hour + 60)
    #expect(!isMore && !writer.isDue(at: Self.hour + 3_659))
    #expect(writer.isDue(at: Self.hour + 59), "the clock was set back")
    world.log.release([try shared("a.example.com")], at: Self.hour + 100)
    #expect(writer.isDue(at: Self.hour + 3_660))
    isMore = try writer.writeNext(now: Self.hour + 3_660)
    #expect(isMore && writer.isDue(at: Self.hour + 3_660))
    // A row that waits for the end of its own hour.
    world.log.release([try shared("b.example.com")], at: Self.hour + 3_650)
    isMore = try writer.writeNext(now: Self.hour + 3_660)
    #expect(!isMore && !writer.isDue(at: Self.hour + 7_259))
    #expect(writer.isDue(at: Self.hour + 7_260))
    isMore = try writer.writeNext(now: Self.hour + 7_260)
    #expect(try isMore && ShareManifest.read(folder: folder)?.files.map(\.last) == ["1", "2"])
    world.revoke()
    #expect(throws: PartnerRevoked.self) { try writer.writeNext(now: Self.hour + 7_260) }
    #expect(writer.isDue(at: Self.hour + 7_260), "what failed has to be tried again")
  }

  @Test(.timeLimit(.minutes(10)))
  func aDownloadEndsWhenItsPartnerIsRevoked() async throws {
    world.log.release([try shared("a.example.com")], at: Self.hour)
    try writeAll(now: .max)
    // More than is held anywhere on the way.
    let octets = 32 << 20
    var manifest = try #require(try ShareManifest.read(folder: folder))
    let name = try #require(manifest.files.first?.name)
    manifest.files[0].octets = octets
    try JSONEncoder().encode(manifest).write(
      to: URL(fileURLWithPath: "\(folder)/manifest.json"))
    try Data(count: octets).write(to: URL(fileURLWithPath: "\(folder)/\(name)"))
    try await world.serving { server in
      let path = "/api/v1/share/community/files/\(name)"
      var received = 0
      do {
        received = try await server.connect { reader, writer in
          let head = ["GET \(path) HTTP/1.1", "Host: localhost"] + world.token
          try await writer.write(ByteBuffer(string: head.joined(separator: "\r\n") + "\r\n\r\n"))
          var count = 0
          for try await buffer in reader {
            if count == 0 { world.revoke() }
            count += buffer.readableBytes
          }
          return count
        }
      } catch is IOError {
        // It was reset.
      }
      #expect(received < octets)
    }
  }

  @Test func aPartnerFetchesItsFiles() async throws {
    world.log.release([try shared("a.example.com")], at: Self.hour)
    try writeAll(now: .max)
    try Data("not for partners".utf8).write(to: URL(fileURLWithPath: "\(folder)/notes.txt"))
    let name = "community-2024-06-01T00-1.ndjson.gz"
    let file = try octets(name)
    try await world.serving { server in
      let base = "/api/v1/share/community/files/"
      let accepting = world.token + ["Accept-Encoding: gzip"]
      for path in ["", "manifest.json"] {
        let manifest = try await server.get(base + path, headers: world.token)
        #expect(manifest.status == 200 && manifest.body.contains(name))
      }
      let got = try await server.get(base + name, headers: accepting)
      #expect(got.status == 200 && got.octets == Array(file))
      // It is packed already, and the digest is of what is sent.
      #expect(got.headers["content-encoding"] == nil)
      #expect(got.headers["content-length"] == String(file.count))
      let head = try await server.get(base + name, method: "HEAD", headers: world.token)
      #expect(head.status == 200 && head.octets.isEmpty)
      for path in ["notes.txt", "..%2fmanifest.json", "%2e%2e", "\(name)/x", name + ".tmp"] {
        let reply = try await server.get(base + path, headers: world.token)
        #expect(reply.status == 404, "\(path)")
      }
      let other = try await server.get(
        base + name, headers: ["Authorization: Bearer \(world.otherSecret)"])
      #expect(other.status == 404)
      world.revoke()
      let gone = try await server.get(base + name, headers: world.token)
      #expect(gone.status == 401)
    }
    #expect(try text(name).contains("a.example.com"))
  }
}
