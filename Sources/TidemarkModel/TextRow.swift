public import DNSWire

/// The scalars of one record as rows of text show them; names and rdata go beside it as octets.
public struct TextRow: Sendable, Equatable {
  /// The record type.
  public var rrtype: RRType
  /// First seen.
  public var timeFirst: UnixSeconds
  /// Last seen.
  public var timeLast: UnixSeconds
  /// Sightings.
  public var count: UInt64
  /// Where it was seen; nil when rows of several vantages were merged. With ``Vantage/text`` the
  /// rdata octets are text.
  public var vantage: Vantage?
  /// Apex of the zone of the data.
  public var bailiwick: Bailiwick

  /// Makes a row.
  public init(
    rrtype: RRType, timeFirst: UnixSeconds, timeLast: UnixSeconds, count: UInt64,
    vantage: Vantage? = nil, bailiwick: Bailiwick = .unknown
  ) {
    self.rrtype = rrtype
    self.timeFirst = timeFirst
    self.timeLast = timeLast
    self.count = count
    self.vantage = vantage
    self.bailiwick = bailiwick
  }

  /// Appends the presentation text of rdata: names without final dot, lossy text as it is.
  @inline(__always)
  package func appendRData(_ rdata: Span<UInt8>, to out: inout [UInt8]) {
    if vantage == .text {
      for index in rdata.indices { out.append(rdata[index]) }
    } else {
      RDataText.append(rdata, type: rrtype, style: .circl, to: &out)
    }
  }

  /// Appends the name of the bailiwick, the last labels of the owner; nothing when it is unknown.
  package func appendBailiwick(of rrname: Span<UInt8>, to out: inout [UInt8]) {
    guard bailiwick != .unknown else { return }
    DomainName.appendText(
      of: rrname.extracting(bailiwickStart(in: rrname)..<rrname.count), finalDot: false, to: &out)
  }

  /// Where the name of a known bailiwick begins in the owner.
  func bailiwickStart(in rrname: Span<UInt8>) -> Int {
    var labels = DomainName.labelCount(ofWire: rrname)
    var at = 0
    while labels > Int(bailiwick.rawValue), rrname[at] != 0 {
      at += 1 + Int(rrname[at])
      labels -= 1
    }
    return at
  }
}

/// The text of a name that is often the one of the row before: results come owner by owner, and
/// owners zone by zone.
struct NameText: Sendable {
  private(set) var octets: [UInt8] = []
  private var wire: [UInt8] = []

  /// Makes ``octets`` the text of a name.
  ///
  /// - Returns: true when it was another name before.
  @inline(__always)
  mutating func update(_ name: Span<UInt8>) -> Bool {
    if isSame(name) { return false }
    wire.removeAll(keepingCapacity: true)
    unsafe name.withUnsafeBufferPointer { unsafe wire.append(contentsOf: $0) }
    octets.removeAll(keepingCapacity: true)
    DomainName.appendText(of: name, finalDot: false, to: &octets)
    return true
  }

  @inline(__always)
  private func isSame(_ name: Span<UInt8>) -> Bool {
    guard wire.count == name.count else { return false }
    for index in name.indices where wire[index] != name[index] { return false }
    return true
  }
}
