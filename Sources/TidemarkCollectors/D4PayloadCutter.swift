public import D4Wire
import DNSWire

/// Cuts payload into packets: no longer than the snap length, and for types that are lines only at
/// their ends, so that receivers never have to put a line together. A line longer than the snap
/// length gets a packet of its own, up to the longest that servers take.
public struct D4PayloadCutter: Sendable {
  /// Octets of a packet unless told otherwise.
  public static let snapOctetsStandard = 4_096
  /// Octets that servers take in a packet.
  public static let payloadOctetsMax = 1_000_000

  private let snapOctets: Int
  private let isLines: Bool

  /// Makes a cutter.
  ///
  /// - Parameter snapOctets: 1 or more; beyond ``payloadOctetsMax`` that is meant.
  public init(snapOctets: Int, isLines: Bool) {
    self.snapOctets = min(max(1, snapOctets), D4PayloadCutter.payloadOctetsMax)
    self.isLines = isLines
  }

  /// True for types whose payload is lines of text.
  public static func isLines(_ type: D4Type) -> Bool {
    switch type {
    case .log, .dnscapText, .ndjson, .passivedns, .extended: true
    default: false
    }
  }

  /// The end of the packet that begins at `start`.
  ///
  /// - Parameter start: inside the payload.
  public func end(of payload: Span<UInt8>, from start: Int) -> Int {
    let limit = min(start + snapOctets, payload.count)
    guard isLines, limit < payload.count else { return limit }
    var at = limit
    while at > start, payload[at - 1] != ASCII.lineFeed { at -= 1 }
    if at > start { return at }
    let last = min(start + D4PayloadCutter.payloadOctetsMax, payload.count)
    at = limit
    while at < last {
      at += 1
      if payload[at - 1] == ASCII.lineFeed { return at }
    }
    return at == payload.count ? at : last
  }

  /// Octets up to the last whole line of `payload`; all of them when it is not lines.
  public func whole(of payload: Span<UInt8>) -> Int {
    guard isLines else { return payload.count }
    var at = payload.count
    while at > 0, payload[at - 1] != ASCII.lineFeed { at -= 1 }
    return at
  }
}
