import CaptureFormats
public import DNSWire
import TidemarkCompression
public import TidemarkIngest
public import TidemarkModel

/// Settings of formats; each concerns its own format only.
public struct FormatOptions: Sendable, Equatable {
  /// Messages of dnstap that are taken.
  public var dnstap = DnstapOptions.standard
  /// Messages of PowerDNS that are taken.
  public var powerDNS: PowerDNSDecoder.Sides = [.authority, .client]
  /// Lengths of four octets in front of PowerDNS messages, as its `frame4` setting has them.
  public var hasLongPowerDNSFrames = false
  /// Fields of passivedns text lines.
  public var passiveDNS = PassiveDNSLogLayout.standard
  /// Names that FEVER's users inject to test their sensors; left out.
  public var feverExcluded: [DomainName] = []
  /// Columns of delimited text, which has no standard.
  public var csv: CSVLayout?
  /// Takes answers with AA in Zeek's log as seen above the resolver.
  public var takesVantageFromAA = false

  /// Makes the standard settings.
  public init() {}

  /// Chooses messages of dnstap or PowerDNS by name.
  ///
  /// - Returns: false when a name is unknown, or the format has no messages to choose from.
  public mutating func take(messages names: [String], of format: SourceFormat) -> Bool {
    switch format {
    case .dnstap, .nmsg:
      guard let chosen = DnstapOptions(names: names) else { return false }
      dnstap = chosen.union(dnstap.intersection(.queryZone))
    case .powerdns:
      var sides: PowerDNSDecoder.Sides = []
      for name in names {
        switch name {
        case "authority": sides.insert(.authority)
        case "client": sides.insert(.client)
        default: return false
        }
      }
      powerDNS = sides
    default: return false
    }
    return true
  }

  /// A text that differs when the settings of a format do; empty for the standard ones.
  func identity(of format: SourceFormat) -> String {
    let standard = FormatOptions()
    switch format {
    case .dnstap where dnstap != standard.dnstap, .nmsg where dnstap != standard.dnstap:
      return " messages \(dnstap.rawValue)"
    case .powerdns where powerDNS != standard.powerDNS || hasLongPowerDNSFrames:
      return " sides \(powerDNS.rawValue) \(hasLongPowerDNSFrames)"
    case .passivedns where passiveDNS != standard.passiveDNS: return " layout \(passiveDNS)"
    case .csv: return csv.map { " layout \($0)" } ?? ""
    case .fever where !feverExcluded.isEmpty:
      return " without \(feverExcluded.map { $0.text(finalDot: false) })"
    case .zeek where takesVantageFromAA: return " aa"
    default: return ""
    }
  }
}

extension SourceFormat {
  /// Makes a decoder of this format.
  ///
  /// - Parameter batch: any; each window brings its own.
  /// - Returns: nil for formats that need more than octets: a zone's files have a time, delimited
  ///   text needs a layout, and a D4 session says itself what it holds.
  public func makeDecoder(
    _ settings: SourceSettings, options: FormatOptions, batch: RecordBatch
  ) -> AnyDecoder? {
    let now = settings.now
    switch self {
    case .pcap: return .make(CaptureDecoder(settings: settings, batch: batch))
    case .dnstap: return .make(DnstapDecoder(settings: settings, options: options.dnstap))
    case .nmsg:
      return .make(
        NMSGDecoder(
          settings: settings, unpack: { ZlibInflater.unpack($0, octetsMax: $1) },
          dnstap: options.dnstap, batch: batch))
    case .powerdns:
      return .make(
        PowerDNSDecoder(
          settings: settings, framing: options.hasLongPowerDNSFrames ? .fourOctets : .twoOctets,
          sides: options.powerDNS))
    case .cof: return text(COFFeed(now: now), settings)
    case .passivedns:
      return text(
        PassiveDNSLogFeed(
          layout: options.passiveDNS, vantage: settings.origin.vantage, now: now), settings)
    case .eve: return text(EVEReader(now: now), settings)
    case .zeek:
      return text(
        ZeekReader(now: now, takesVantageFromAA: options.takesVantageFromAA), settings)
    case .packetbeat: return text(PacketbeatReader(now: now), settings)
    case .fever: return text(FEVERReader(now: now, excluding: options.feverExcluded), settings)
    case .gopassivedns: return text(GopassivednsReader(now: now), settings)
    case .nmsgText: return text(NMSGTextReader(now: now), settings)
    case .csv: return options.csv.map { text(CSVReader(layout: $0, now: now), settings) }
    case .dnscap: return text(DnscapReader(now: now), settings)
    case .d4Redis: return text(D4RedisReader(now: now), settings)
    case .zone, .d4: return nil
    }
  }

  private func text(
    _ reader: consuming some ObservationReader & ~Copyable, _ settings: SourceSettings
  ) -> AnyDecoder {
    .make(TextDecoder(reader, settings: settings))
  }
}
