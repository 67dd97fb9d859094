public import DNSWire
public import TidemarkModel

/// Picks the records of an authoritative server's response that passive DNS may keep, decides for
/// each which zone it is evidence for, and adds them to a batch.
///
/// | section | taken | when |
/// | --- | --- | --- |
/// | answer | what the question leads to | the owner lies in the server's zone |
/// | authority | NS of a referral, with its DS | the owner leads to the name, below the zone |
/// | | NS beside an answer | the owner is the zone's apex |
/// | | SOA of a negative response | the owner leads to the name |
/// | additional | A and AAAA | a record taken names the owner, and its zone holds the owner |
///
/// To lead to the queried name is to be the name or above it; a referral's owner is strictly below
/// the zone of the server that refers, and that zone is the bailiwick.
///
/// RRSIG, NSEC and NSEC3 that nobody asked for are taken only when the settings say so. Tails of
/// CNAME chains that leave the zone are left out: the resolver asks the right server for them.
/// DS is the parent's, whoever sends it.
///
/// The bailiwick of a record is the zone that its server is known to serve and that is nearest to
/// the record's owner, for referrals and their glue the zone that refers.
public struct AuthorityExtractor: ~Copyable {
  /// Records of the authority and of the additional section that are looked at. Honest sections
  /// have some tens.
  public static let sectionRecordsMax = 128

  let settings: AuthoritySettings
  var judge: AuthorityJudge
  var held: HeldResponses
  /// Reads the responses that are held back.
  var heldParser = MessageParser()
  /// The latest packet time.
  var clock: UnixSeconds = 0

  /// Makes an extractor.
  ///
  /// - Parameter filter: records that are left out; nil keeps all.
  public init(settings: AuthoritySettings = AuthoritySettings(), filter: RecordFilter? = nil) {
    self.settings = settings
    judge = AuthorityJudge(settings: settings, filter: filter)
    held = HeldResponses(octetsMax: settings.holdOctets)
  }

  /// Adds the observations of a response whose server's zone the source tells, as dnstap does.
  ///
  /// - Parameters:
  ///   - parser: has just parsed the response, which the caller accepted.
  ///   - zone: the zone for which the server was asked: one complete canonical wire name.
  ///   - origin: what all observations of the source have in common.
  ///   - time: of the response.
  ///   - tally: says what became of each record, all sections, OPT left out; is added to.
  public mutating func extract(
    from parser: inout MessageParser, zone: Span<UInt8>, origin: ObservationOrigin,
    time: UnixSeconds, into batch: RecordBatch, tally: inout RecordTally
  ) {
    guard let apex = parser.addName(zone) else {
      // Only a message that fills the arena with its own names leaves no room for one more.
      tally.offered += UInt64(parser.recordCount)
      tally.outOfBailiwick += UInt64(parser.recordCount)
      return
    }
    _ = judge.judge(&parser, source: .zone(apex))
    judge.emit(parser, origin: origin, time: time, into: batch, tally: &tally)
  }

  /// What the extractor remembers at the moment.
  public var memory: Memory {
    Memory(
      zones: judge.tracker.zones.count, servers: judge.tracker.servers.count,
      forgottenZones: judge.tracker.zones.evicted,
      forgottenServers: judge.tracker.servers.evicted, heldResponses: held.count,
      heldOctets: held.octets)
  }

  /// Sizes of what is remembered between responses.
  public struct Memory: Sendable, Equatable {
    /// Zones with known servers, hints included.
    public var zones: Int
    /// Name servers, hints included.
    public var servers: Int
    /// Zones forgotten to make room.
    public var forgottenZones: UInt64
    /// Name servers forgotten to make room.
    public var forgottenServers: UInt64
    /// Responses that wait.
    public var heldResponses: Int
    /// Octets that they take.
    public var heldOctets: Int
  }
}
