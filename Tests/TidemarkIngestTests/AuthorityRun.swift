import CaptureFormats
import DNSWire
import TidemarkIngest
import TidemarkModel

/// Drives an ``AuthorityExtractor`` with messages, and says what came of them.
final class AuthorityRun {
  static let start: UnixSeconds = 1_700_000_000
  /// Answers with AA, answers without.
  static let authoritative: UInt16 = 0x8400
  static let referring: UInt16 = 0x8000

  var extractor: AuthorityExtractor
  var tally = RecordTally()
  var isRecording = true
  let batch = RecordBatch()
  private var parser = MessageParser()

  init(settings: AuthoritySettings = AuthorityRun.rooted, filter: RecordFilter? = nil) {
    extractor = AuthorityExtractor(settings: settings, filter: filter)
  }

  /// One root server, 198.51.100.1.
  static var rooted: AuthoritySettings {
    var settings = AuthoritySettings()
    settings.hints = [
      AuthoritySettings.Hint(
        owner: [0], rrtype: .ns, rdata: MessageBuilder.name("a.root.example")),
      AuthoritySettings.Hint(
        owner: MessageBuilder.name("a.root.example"), rrtype: .a, rdata: [198, 51, 100, 1]),
    ]
    return settings
  }

  /// A response of a server for a known zone.
  func respond(zone: String, _ message: MessageBuilder, after seconds: UInt32 = 0) {
    parse(message)
    extractor.extract(
      from: &parser, zone: MessageBuilder.name(zone).span, origin: AuthorityRun.origin,
      time: AuthorityRun.start + seconds, into: batch, tally: &tally)
  }

  /// A response of the server 198.51.100.`server`.
  func respond(server: UInt8, _ message: MessageBuilder, after seconds: UInt32 = 0) {
    parse(message)
    extractor.extract(
      from: &parser, message: message.octets.span, server: AuthorityRun.address(server),
      origin: AuthorityRun.origin, time: AuthorityRun.start + seconds, isRecording: isRecording,
      into: batch, tally: &tally)
  }

  func finish() {
    extractor.finish(isRecording: isRecording, into: batch, tally: &tally)
  }

  /// What was stored so far.
  func lines() -> [String] { batch.lines() }

  /// True when every record offered ended in exactly one count.
  var isBalanced: Bool {
    var accounting = Accounting()
    tally.account(into: &accounting)
    return tally.offered == tally.observations + Accounting.sum(accounting.filtered)
      + Accounting.sum(accounting.dropped)
  }

  static func address(_ last: UInt8) -> FlowAddress {
    FlowAddress(ipv4: 0xC633_6400 | UInt32(last))
  }

  private static let origin = ObservationOrigin(dataset: .main, sensor: 0, vantage: .authority)

  private func parse(_ message: MessageBuilder) {
    do { try parser.parse(message.octets.span) } catch { preconditionFailure("\(error)") }
  }
}

extension MessageBuilder {
  /// A response to a question.
  static func response(
    _ name: String, type: UInt16 = 1, flags: UInt16 = AuthorityRun.authoritative,
    _ fill: (inout MessageBuilder) -> Void = { _ in }
  ) -> MessageBuilder {
    var message = MessageBuilder(flags: flags)
    message.question(name, type: type)
    fill(&message)
    return message
  }

  /// A referral with one server and its address, 198.51.100.`last`.
  static func referral(
    of name: String, to zone: String, server: String, at last: UInt8, ttl: UInt32 = 300
  ) -> MessageBuilder {
    response(name, flags: AuthorityRun.referring) {
      $0.record(
        MessageBuilder.name(zone), type: 2, rdata: MessageBuilder.name(server), section: 2,
        ttl: ttl)
      $0.record(
        MessageBuilder.name(server), type: 1, rdata: [198, 51, 100, last], section: 3, ttl: ttl)
    }
  }

  mutating func record(_ owner: String, ns server: String, section: Int = 2) {
    record(
      MessageBuilder.name(owner), type: 2, rdata: MessageBuilder.name(server), section: section)
  }

  mutating func record(_ owner: String, mx host: String, section: Int = 1) {
    record(
      MessageBuilder.name(owner), type: 15, rdata: [0, 10] + MessageBuilder.name(host),
      section: section)
  }

  mutating func record(_ owner: String, soa serial: UInt8, section: Int = 2) {
    let server = MessageBuilder.name("ns1.example.com")
    let numbers: [UInt8] = [0, 0, 0, serial] + [UInt8](repeating: 1, count: 16)
    record(MessageBuilder.name(owner), type: 6, rdata: server + server + numbers, section: section)
  }

  mutating func record(_ owner: String, ds tag: UInt8, section: Int = 2) {
    record(
      MessageBuilder.name(owner), type: 43, rdata: [0, tag, 13, 2, 0xAB, 0xCD], section: section)
  }
}
