import DNSWire

/// Reads the DNS events of packetbeat and of Elastic Agent's network traffic integration: version
/// 6, and the Elastic Common Schema of 7 and later.
///
/// An event holds the answers of one response; the sections beside them are not read. The time is
/// that of the response: the event's own end, or its start and what it took. Types whose members
/// give all of their rdata (MX, SRV, SOA, DS, DNSKEY, RRSIG and others) are put together again;
/// whatever lacks a part is kept as lossy text. Addresses and hosts of clients are passed over.
public struct PacketbeatReader: ObservationReader, Sendable {
  /// Longest object, octets. A response of 64 KiB has less than a million.
  public static let objectOctetsMax = 1 << 20

  /// The reader's clock: later times (by more than a day) are refused.
  public var now: UnixSeconds {
    get { feed.interpreter.now }
    set { feed.interpreter.now = newValue }
  }

  private var feed: JSONObjectFeed<PacketbeatInterpreter>

  /// Makes a reader.
  public init(now: UnixSeconds) {
    feed = JSONObjectFeed(
      PacketbeatInterpreter(now: now), objectOctetsMax: PacketbeatReader.objectOctetsMax)
  }

  /// Reads up to the next step; see ``ObservationReader``. An item is an object.
  public mutating func next(
    _ chunk: Span<UInt8>, at: inout Int, into observation: inout TextObservation
  ) -> ReadStep {
    feed.next(chunk, at: &at, into: &observation)
  }

  /// Ends the feed; see ``ObservationReader``.
  public mutating func finish(into observation: inout TextObservation) -> ReadStep {
    feed.finish(into: &observation)
  }

  /// See ``ObservationReader``.
  public var heldOctets: Int { feed.heldOctets }

  /// True when a feed that starts like this is of this format.
  public static func recognises(_ head: Span<UInt8>) -> Bool {
    FeedHead.isJSONObject(head) && FeedHead.hasWord("@timestamp", head)
      && (FeedHead.hasWord("dns", head) || FeedHead.hasWord("packetbeat", head))
  }
}

extension TextRejection {
  /// An answer to a question that nobody was seen to ask.
  public static let unmatched = TextRejection(.dropped, "unmatched")
}
