import FoundationEssentials
public import TidemarkSharing

/// What stands in a partner's folder of files: `manifest.json`.
///
/// It is written after the file that it names last, so that a process that is killed in between
/// makes the same file again.
public struct ShareManifest: Sendable, Equatable, Codable {
  /// A file of rows.
  public struct File: Sendable, Equatable, Codable {
    /// Its name in the folder.
    public var name: String
    /// Of the file as it is, packed; lower-case hexadecimal digits.
    public var sha256: String
    /// Octets of the file as it is, packed.
    public var octets: Int
    /// Rows in it.
    public var rows: Int
    /// Number of the first chunk whose rows are in it.
    public var first: String
    /// Number of the last one.
    public var last: String
    /// Begin and end of the period, seconds since 1970; the end is not in it.
    public var start: UInt32
    /// See ``start``.
    public var end: UInt32
  }

  /// Chunks that the log had dropped before they could be written.
  public struct Gap: Sendable, Equatable, Codable {
    /// The last number before them.
    public var after: String
    /// The first number behind them.
    public var before: String
  }

  /// The name in the folder.
  public static let name = "manifest.json"
  /// Longest manifest that is read, octets: some 100,000 files.
  static let octetsMax = 32 << 20

  /// 1.
  public var version = 1
  /// Whose files they are: the first octets of the SHA-256 of its token, in hexadecimal digits. A
  /// partner's policy never changes, so that all of the files were made by one.
  public var partner: String
  /// The stream.
  public var stream: String
  /// `hour` or `day`.
  public var period: PartnerFiles.Period
  /// The number of the last chunk that is dealt with, with or without a file; nil at the start.
  public var position: String?
  /// The files that are there, oldest first.
  public var files: [File] = []
  /// Empty if all is well.
  public var gaps: [Gap] = []

  /// Octets of the token's digest that tell partners apart. Numbers of partners begin anew with
  /// another control database.
  private static let partnerOctets = 16

  /// Makes the manifest of an empty folder.
  public init(of partner: Partner, period: PartnerFiles.Period) {
    self.partner = ShareManifest.mark(of: partner)
    stream = partner.policy.stream
    self.period = period
  }

  /// True for the one partner whose files these are.
  public func isOf(_ partner: Partner) -> Bool {
    self.partner == ShareManifest.mark(of: partner) && stream == partner.policy.stream
  }

  private static func mark(of partner: Partner) -> String {
    hex(partner.tokenDigest.prefix(partnerOctets))
  }

  /// Reads the manifest of a folder; nil when there is none.
  ///
  /// - Throws: ``ShareFileError`` when it cannot be read.
  public static func read(folder: String) throws -> ShareManifest? {
    try open(folder: folder)?.manifest
  }

  /// The same with its octets.
  static func open(folder: String) throws -> (manifest: ShareManifest, octets: [UInt8])? {
    let path = "\(folder)/\(name)"
    guard let octets = try ShareFile.read(path, octetsMax: octetsMax) else { return nil }
    guard let manifest = try? JSONDecoder().decode(ShareManifest.self, from: Data(octets)),
      manifest.version == 1, manifest.files.allSatisfy({ ShareManifest.isName($0.name) }),
      manifest.position.map({ UInt64($0) != nil }) ?? true
    else { throw ShareFileError(path: path, reason: "not a manifest that this program can read") }
    return (manifest, octets)
  }

  /// Replaces the manifest of a folder. Files that somebody took away are not in it any more.
  func write(folder: String) throws {
    var manifest = self
    manifest.files = files.filter { ShareFile.exists("\(folder)/\($0.name)") }
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .prettyPrinted, .withoutEscapingSlashes]
    let file = try ShareFile(folder: folder, name: ShareManifest.name)
    try file.write(Array(try encoder.encode(manifest)) + [10])
    try file.finish()
  }

  static func hex(_ octets: some Sequence<UInt8>) -> String {
    octets.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
  }

  /// True for names without a folder in them.
  private static func isName(_ text: String) -> Bool {
    !text.isEmpty && !text.hasPrefix(".") && !text.contains("/") && !text.utf8.contains(0)
  }
}
