import ArgumentParser
import DNSWire
import Glibc
import TidemarkCollectors
import TidemarkIngest
import TidemarkModel

/// Options of zone files and zone transfers.
struct ZoneOptions: ParsableArguments {
  /// The environment variable with a TSIG key: NAME ALGORITHM SECRET.
  static let keyVariable = "TIDEMARK_TSIG_KEY"

  @Option(
    help: """
      Zone files: the first origin, and the zone of files without an SOA record. Implies \
      --format zone.
      """)
  var zone: String?
  @Option(
    help: """
      Zone files: when the zone looked like this; default: the file's time. \
      2025-03-01, 2025-03-01T12:00:00Z or seconds since 1970.
      """)
  var zoneTime: String?
  @Flag(
    help: """
      Zones: count a serial again that is stored already, as seen at another time; for files with \
      --zone-time.
      """)
  var zoneAgain = false
  @Flag(help: "Zones: keep RRSIG, NSEC, NSEC3, NSEC3PARAM and DNSKEY records.")
  var zoneDnssec = false
  @Option(
    help: "Zone files: the folder below which $INCLUDE may read; default: nowhere.",
    completion: .directory)
  var includeRoot: String?
  @Option(help: "Zone files: records that all $GENERATE of a file may make together.")
  var generateMax = 0
  @Option(
    help: """
      axfr://: file with the TSIG key, BIND's key statement or NAME ALGORITHM SECRET; \
      default: the environment variable \(ZoneOptions.keyVariable), if set.
      """)
  var tsigKeyFile: String?

  func validate() throws {
    if let zone, (try? DomainName(text: zone)) == nil {
      throw ValidationError("--zone: \(zone) is no domain name")
    }
    if let zoneTime, TimeText.parse(zoneTime) == nil {
      throw ValidationError("--zone-time: \(zoneTime) is no time")
    }
    guard (0...ZoneOptions.generatedMax).contains(generateMax) else {
      throw ValidationError("--generate-max: 0 to \(ZoneOptions.generatedMax)")
    }
  }

  /// What BIND makes of one directive at most.
  static let generatedMax = 1 << 24

  /// The options of a run.
  ///
  /// - Parameters:
  ///   - time: when the zone looked like this, unless `--zone-time` says something else.
  ///   - isTransfer: the time is the transfer's and no file's.
  func runOptions(
    settings: SourceSettings, filterIdentity: String, time: UnixSeconds, isTransfer: Bool,
    spoolFolder: String
  ) throws -> ZoneImportRun.Options {
    let stated = zoneTime.flatMap(TimeText.parse)
    guard !zoneAgain || isTransfer || stated != nil else { throw Problem.againWithoutTime }
    var options = ZoneImportRun.Options(settings: settings, time: stated ?? time)
    options.filterIdentity = filterIdentity
    options.takesDNSSEC = zoneDnssec
    options.isKnownByTime = zoneAgain
    options.zone = try zone.map { text throws(NameError) in try DomainName(text: text) }
    options.file.generatedMax = generateMax
    if let includeRoot {
      let folder = try ZoneIncludeFolder(path: includeRoot, spoolFolder: spoolFolder)
      options.file.includer = { try folder.open($0) }
    }
    return options
  }

  /// The key for transfers; nil when none is configured.
  func tsigKey() throws -> TSIGKey? {
    if let tsigKeyFile {
      let octets = try TextFile.octets(tsigKeyFile, max: ZoneOptions.keyOctetsMax)
      return try TSIGKey(parsing: String(decoding: octets, as: UTF8.self))
    }
    guard let value = unsafe getenv(ZoneOptions.keyVariable) else { return nil }
    return try TSIGKey(parsing: unsafe String(cString: value))
  }

  /// Octets of a key file; the longest key that makes sense has 200.
  private static let keyOctetsMax = 1 << 16

  /// Options that do not go together.
  enum Problem: Error, CustomStringConvertible {
    case againWithoutTime

    var description: String {
      "--zone-again needs --zone-time: the time of a file changes when it is copied"
    }
  }
}
