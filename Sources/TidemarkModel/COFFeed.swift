/// ``COFReader`` as one of the feeds: an item is an object; framing of streams is no item.
public struct COFFeed: ObservationReader {
  /// The reader's clock.
  public var now: UnixSeconds {
    get { reader.now }
    set { reader.now = newValue }
  }
  /// See ``ObservationReader``.
  public var heldOctets: Int { reader.heldOctets }
  private var reader: COFReader

  /// Makes a feed; see ``COFReader/init(now:swapping:objectOctetsMax:)``.
  public init(now: UnixSeconds) {
    reader = COFReader(now: now)
  }

  /// Reads up to the next step; see ``ObservationReader``.
  public mutating func next(
    _ chunk: Span<UInt8>, at: inout Int, into observation: inout TextObservation
  ) -> ReadStep {
    while true {
      if let step = COFFeed.step(reader.next(chunk, at: &at, into: &observation)) { return step }
    }
  }

  /// Ends the feed; see ``ObservationReader``.
  public mutating func finish(into observation: inout TextObservation) -> ReadStep {
    while true {
      if let step = COFFeed.step(reader.finish(into: &observation)) { return step }
    }
  }

  private static func step(_ step: COFReader.Step) -> ReadStep? {
    switch step {
    case .observation: .observation(endsItem: true)
    case .rejected(.truncated): .rejected(.truncated, endsItem: true)
    case .rejected(let reason):
      .rejected(TextRejection(.malformed, reason.name), endsItem: true)
    case .control: nil
    case .needsInput: .needsInput
    }
  }
}

/// ``PassiveDNSLogReader`` as one of the feeds: an item is a line that is not blank.
public struct PassiveDNSLogFeed: ObservationReader {
  /// The reader's clock.
  public var now: UnixSeconds {
    get { reader.now }
    set { reader.now = newValue }
  }
  private var reader: PassiveDNSLogReader

  /// Makes a feed; see ``PassiveDNSLogReader/init(layout:vantage:now:)``.
  public init(layout: PassiveDNSLogLayout = .standard, vantage: Vantage, now: UnixSeconds) {
    reader = PassiveDNSLogReader(layout: layout, vantage: vantage, now: now)
  }

  /// Reads up to the next step; see ``ObservationReader``.
  public mutating func next(
    _ chunk: Span<UInt8>, at: inout Int, into observation: inout TextObservation
  ) -> ReadStep {
    PassiveDNSLogFeed.step(reader.next(chunk, at: &at, into: &observation))
  }

  /// Ends the feed; see ``ObservationReader``.
  public mutating func finish(into observation: inout TextObservation) -> ReadStep {
    PassiveDNSLogFeed.step(reader.finish(into: &observation))
  }

  private static func step(_ step: PassiveDNSLogReader.Step) -> ReadStep {
    switch step {
    case .observation: .observation(endsItem: true)
    case .rejected(let reason):
      .rejected(
        TextRejection(reason.isFiltered ? .filtered : .malformed, reason.name), endsItem: true)
    case .needsInput: .needsInput
    }
  }
}
