import Crypto
import FoundationEssentials
import TidemarkCompression
public import TidemarkModel
public import TidemarkSharing

/// Writes a partner's rows into files, one for each hour or day in which rows were released.
///
/// A file holds the Common Output Format, packed by gzip. It is written when its period is over,
/// then the manifest, which has the position: whatever is interrupted is done again, and gives the
/// same octets.
///
/// - Concurrency: one user at a time for a folder.
public struct ShareFiles: Sendable {
  /// Seconds that a period is waited for beyond its end: for what is released at that moment.
  public static let graceSeconds: UInt64 = 60

  private let partner: Partner
  private let settings: PartnerFiles
  private let hub: PartnerHub
  /// Seconds since 1970 in which there is nothing to do.
  private var rest: Range<UInt64>?

  /// Makes a writer; nil for a partner that gets no files.
  public init?(_ partner: Partner, hub: PartnerHub) {
    guard let files = partner.outlets.files else { return nil }
    self.partner = partner
    settings = files
    self.hub = hub
  }

  /// False while ``writeNext(now:)`` would find nothing to do: before the end of the period that
  /// comes next. A look costs an open stream, whose filter is made of all zones of the policy.
  ///
  /// - Parameter now: seconds since 1970. After a clock was set back there is always a look.
  public func isDue(at now: UnixSeconds) -> Bool {
    rest.map { !$0.contains(UInt64(now)) } ?? true
  }

  /// Writes the file of the oldest period that was not dealt with, if it is over.
  ///
  /// - Parameter now: seconds since 1970.
  /// - Returns: true when there may be another one; false when there is nothing to do now.
  /// - Throws: `PartnerRevoked`, ``ShareFileError``, and what the log throws.
  public mutating func writeNext(now: UnixSeconds) throws -> Bool {
    rest = nil
    try ShareFile.make(folder: settings.folder)
    var manifest =
      try ShareManifest.read(folder: settings.folder)
      ?? ShareManifest(of: partner, period: settings.period)
    guard manifest.isOf(partner) else {
      throw ShareFileError(
        path: settings.folder, reason: "holds files of another partner or stream")
    }
    manifest.period = settings.period
    let position = manifest.position.flatMap { UInt64($0) }
    let feed: PartnerFeed
    do {
      feed = try hub.open(
        partner, stream: partner.policy.stream, from: position.map { .after($0) } ?? .oldest,
        outlet: .files)
    } catch let lost as PartnerPositionLost where lost.position < lost.first {
      manifest.gaps.append(
        .init(after: String(lost.position), before: String(lost.first)))
      manifest.position = String(lost.first - 1)
      try manifest.write(folder: settings.folder)
      return true
    }
    var next: UnixSeconds?
    _ = try feed.next { releasedAt in
      next = releasedAt
      return false
    }
    // What is released from now on is of this period or a later one.
    let earliest = now - UnixSeconds(min(UInt64(now), ShareFiles.graceSeconds))
    let start = (next ?? earliest) / settings.period.seconds * settings.period.seconds
    let end = UInt64(start) + UInt64(settings.period.seconds)
    guard next != nil, UInt64(now) >= end + ShareFiles.graceSeconds else {
      rest = UInt64(now)..<(end + ShareFiles.graceSeconds)
      return false
    }
    if let file = try write(feed, start: start, end: UnixSeconds(clamping: end)) {
      manifest.files.removeAll { $0.name == file.name }
      manifest.files.append(file)
    }
    manifest.position = String(feed.position)
    try manifest.write(folder: settings.folder)
    return true
  }

  /// Writes the rows of a period; nil when the partner gets none of them.
  private func write(
    _ feed: PartnerFeed, start: UnixSeconds, end: UnixSeconds
  ) throws -> ShareManifest.File? {
    let first = feed.position + 1
    let name = "\(feed.log.name)-\(periodText(start))-\(first).ndjson.gz"
    let file = try ShareFile(folder: settings.folder, name: name)
    let compressor = try GzipCompressor(level: 6)
    var rows = SharedRowWriter(stream: feed.log.name)
    var (count, octets, hash) = (0, 0, SHA256())
    var (text, packed): ([UInt8], [UInt8]) = ([], [])
    func pack(isLast: Bool) throws {
      packed.removeAll(keepingCapacity: true)
      compressor.append(text.span, isLast: isLast, to: &packed)
      text.removeAll(keepingCapacity: true)
      hash.update(data: packed)
      octets += packed.count
      try file.write(packed)
    }
    while let chunk = try feed.next(while: { $0 < end }) {
      for record in chunk.records { rows.appendCOF(record, to: &text) }
      count += chunk.records.count
      if !text.isEmpty { try pack(isLast: false) }
    }
    guard count > 0 else { return nil }
    try pack(isLast: true)
    try file.finish()
    return ShareManifest.File(
      name: name, sha256: ShareManifest.hex(hash.finalize()), octets: octets, rows: count,
      first: String(first), last: String(feed.position), start: start, end: end)
  }

  /// `2024-06-01` or `2024-06-01T10`, UTC.
  private func periodText(_ start: UnixSeconds) -> String {
    let text = Date(timeIntervalSince1970: Double(start)).formatted(.iso8601)
    return String(text.prefix(settings.period == .day ? 10 : 13))
  }
}
