/// The receiving side of one D4 connection, without the connection: octets in, authentic payloads
/// out. Nothing is ever sent back.
///
/// The owner holds the octets that were not used. A step says what was found at the front of them:
///
///     while true {
///       switch session.next(window, at: &at, admit: { header in … }) {
///       case .needsInput: return
///       case .payload(let header, let range): feed(window.extracting(range))
///       case .metaHeader(let meta): …
///       case .refused(let fault): close()
///       }
///     }
///
/// Steps do not depend on where the stream is cut. A packet is refused at its header, if it can be:
/// nobody has to hold a payload that nobody will read. No payload is shown before its code was
/// checked.
public struct D4Session: Sendable {
  /// What is accepted.
  public struct Rules: Sendable, Equatable {
    /// Types of packets. ``D4Type/extended`` needs ``D4Type/metaHeader``.
    public var types: Set<D4Type>
    /// Types of meta headers; nil accepts all.
    public var metaTypes: Set<String>?
    /// Most octets of a payload.
    public var payloadOctetsMax = D4Session.payloadOctetsStandard

    /// Makes rules.
    public init(types: Set<D4Type>, metaTypes: Set<String>? = nil) {
      self.types = types
      self.metaTypes = metaTypes
    }
  }

  /// What is known of a sensor when its first header has come.
  public enum Admission: Sendable, Equatable {
    /// It may send, if it has this key.
    case key(D4Key)
    /// It may not.
    case refused(D4Fault)
  }

  /// What was found.
  public enum Step: Sendable, Equatable {
    /// The window holds no whole packet more; used octets may be forgotten.
    case needsInput
    /// An authentic payload, by its place in the window.
    case payload(D4Header, Range<Int>)
    /// An authentic meta header is complete; payloads of type 254 are of its kind.
    case metaHeader(D4MetaHeader)
    /// The session is over; every further step says the same.
    case refused(D4Fault)
  }

  /// Most octets of a payload that the reference server takes.
  public static let payloadOctetsStandard = 1_000_000

  private enum State: Sendable {
    case header
    case payload(D4Header)
    case over(D4Fault)
  }

  /// The first header's sensor and type, once it was admitted.
  private struct Sender: Sendable {
    let uuid: SensorUUID
    var type: D4Type
    let key: D4Key
  }

  /// Packets whose code was right. With the first one, the sender is who it says it is.
  public private(set) var packets: UInt64 = 0
  /// Those of them that were of a meta header. No step shows them, but the one that completes it.
  public private(set) var metaPackets: UInt64 = 0
  /// Octets of payload in them.
  public private(set) var metaOctets: UInt64 = 0

  private let rules: Rules
  private var state = State.header
  private var sender: Sender?
  private var meta = MetaCollector()
  private var hasMeta = false

  /// Makes the state at the start of a connection.
  public init(rules: Rules) { self.rules = rules }

  /// The header whose payload is not complete; nil between packets.
  public var openHeader: D4Header? {
    if case .payload(let header) = state { return header }
    return nil
  }

  /// Takes the next step.
  ///
  /// - Parameters:
  ///   - window: octets of the stream, from the first one not used on.
  ///   - offset: the first octet not used; moved.
  ///   - admit: asked once a session, with the first header that is in order.
  public mutating func next(
    _ window: Span<UInt8>, at offset: inout Int, admit: (D4Header) -> Admission
  ) -> Step {
    while true {
      switch state {
      case .over(let fault): return .refused(fault)
      case .header:
        guard
          let header = D4Header(decoding: window.extracting(offset..<window.count))
        else { return refuseEarly(window, at: offset) ?? .needsInput }
        do throws(D4Fault) {
          try check(header, admit)
        } catch {
          return refuse(error)
        }
        offset += D4Header.octetCount
        state = .payload(header)
      case .payload(let header):
        guard window.count - offset >= Int(header.size) else { return .needsInput }
        let range = offset..<(offset + Int(header.size))
        if let step = finish(header, window, range) {
          if case .refused = step { return step }
          offset = range.upperBound
          return step
        }
        offset = range.upperBound
      }
    }
  }

  /// Ends the session for a reason that its owner found.
  @discardableResult
  public mutating func refuse(_ fault: D4Fault) -> Step {
    state = .over(fault)
    return .refused(fault)
  }

  /// Looks at what there is of a header: who speaks another protocol is not waited for.
  private mutating func refuseEarly(_ window: Span<UInt8>, at offset: Int) -> Step? {
    let count = window.count - offset
    if count >= 1, window[offset] != D4Header.currentVersion { return refuse(.version) }
    if count >= 18, !SensorUUID(octets: window.extracting((offset + 2)..<(offset + 18))).isVersion4
    {
      return refuse(.uuid)
    }
    return nil
  }

  /// Everything that can be said about a packet before its payload is there.
  private mutating func check(
    _ header: D4Header, _ admit: (D4Header) -> Admission
  ) throws(D4Fault) {
    guard header.version == D4Header.currentVersion else { throw .version }
    guard header.uuid.isVersion4 else { throw .uuid }
    guard rules.types.contains(header.type) else { throw .type }
    guard Int(header.size) <= rules.payloadOctetsMax else { throw .size }
    guard let sender else {
      // Before anybody is asked who that is: such a session cannot become one.
      guard header.type != .extended else { throw .noMetaHeader }
      switch admit(header) {
      case .key(let key): sender = Sender(uuid: header.uuid, type: header.type, key: key)
      case .refused(let fault): throw fault
      }
      return
    }
    guard header.uuid == sender.uuid else { throw .uuidChange }
    guard header.type != sender.type else { return }
    guard sender.type == .metaHeader, header.type == .extended else { throw .typeChange }
    guard hasMeta else { throw .noMetaHeader }
  }

  /// Checks the code of a packet that is complete; nil when its payload is nobody else's business.
  private mutating func finish(
    _ header: D4Header, _ window: Span<UInt8>, _ range: Range<Int>
  ) -> Step? {
    let payload = window.extracting(range)
    guard let key = sender?.key, key.authenticates(header, payload: payload) else {
      return refuse(.hmac)
    }
    sender?.type = header.type
    packets += 1
    state = .header
    guard header.type == .metaHeader else { return .payload(header, range) }
    metaPackets += 1
    metaOctets += UInt64(header.size)
    do throws(D4Fault) {
      guard let found = try meta.take(payload) else { return nil }
      if let wanted = rules.metaTypes, !wanted.contains(found.type) { throw .metaType }
      hasMeta = true
      return .metaHeader(found)
    } catch {
      return refuse(error)
    }
  }
}
