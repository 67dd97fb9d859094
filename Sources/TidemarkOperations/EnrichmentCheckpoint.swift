import Crypto
import DNSWire
import Glibc
import TidemarkEnrichment

/// A file that says which indicators of a list are done, and what became of their runs.
///
/// The first line is `tidemark-enrichment 1 SHA256`, the digest of indicators and actions, so that
/// another list is noticed. Each line behind it is an indicator that is done: its place in the
/// list, its runs with rows and without, and its failed runs by kind. A line that was cut off by a
/// kill does not count; it is taken away before the next one is written.
///
/// - Concurrency: one user at a time; other processes are kept out.
final class EnrichmentCheckpoint {
  private static let mark = "tidemark-enrichment 1"
  /// Longest file, octets: a line of some forty for each indicator.
  private static let octetsMax = 64 * BulkEnrichment.indicatorsMax

  /// What earlier processes did, by place in the list.
  private(set) var done: [Int: RunCounts] = [:]
  private let path: String
  private let file: Int32

  /// Opens a checkpoint, or makes one.
  ///
  /// - Throws: ``BulkError/checkpoint(path:reason:)``: it is of another list, or in use, or the
  ///   operating system refuses.
  init(path: String, digest: String, indicators: Int) throws(BulkError) {
    self.path = path
    file = unsafe open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
    guard file >= 0 else { throw EnrichmentCheckpoint.fault(path) }
    guard flock(file, LOCK_EX | LOCK_NB) == 0 else {
      throw .checkpoint(path: path, reason: "another process works with it")
    }
    let octets = try read()
    let header = Array("\(EnrichmentCheckpoint.mark) \(digest)\n".utf8)
    // A header that was cut off by a kill has nothing behind it.
    if octets.count < header.count, header.starts(with: octets) {
      try cut(at: 0)
      try write(header)
      return
    }
    guard octets.starts(with: header) else {
      throw .checkpoint(path: path, reason: "is of another list or other actions, or no checkpoint")
    }
    var end = header.count
    for line in octets[end...].split(separator: ASCII.lineFeed, omittingEmptySubsequences: false) {
      guard end + line.count < octets.count,
        let entry = EnrichmentCheckpoint.entry(line, indicators: indicators)
      else { break }
      if done[entry.place] == nil { done[entry.place] = entry.counts }
      end += line.count + 1
    }
    try cut(at: end)
  }

  deinit { if file >= 0 { close(file) } }

  /// Notes that an indicator is done.
  func finish(_ place: Int, _ counts: RunCounts) throws(BulkError) {
    let failed = FailureKind.allCases.map { " \(counts.failed[$0] ?? 0)" }.joined()
    try write(Array("\(place) \(counts.ok) \(counts.empty)\(failed)\n".utf8))
  }

  /// The digest of what is to be done.
  static func digest(of indicators: [IndicatorKey], _ actions: [BulkAction]) -> String {
    var hash = SHA256()
    for action in actions {
      hash.update(data: Array("action \(action.operation) \(action.action)\n".utf8))
    }
    for key in indicators {
      hash.update(data: Array("\(key.type.rawValue) \(key.value)\n".utf8))
    }
    return hash.finalize().map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
  }

  private static func entry(
    _ line: ArraySlice<UInt8>, indicators: Int
  ) -> (place: Int, counts: RunCounts)? {
    let words = line.split(separator: ASCII.space, omittingEmptySubsequences: false)
    let numbers = words.compactMap { word in
      (1...9).contains(word.count) && word.allSatisfy(ASCII.isDigit)
        ? Int(String(decoding: word, as: UTF8.self)) : nil
    }
    guard numbers.count == words.count, numbers.count == 3 + FailureKind.allCases.count,
      numbers[0] < indicators
    else { return nil }
    var counts = RunCounts()
    counts.ok = numbers[1]
    counts.empty = numbers[2]
    for (kind, number) in zip(FailureKind.allCases, numbers[3...]) where number > 0 {
      counts.failed[kind] = number
    }
    return (numbers[0], counts)
  }

  private func read() throws(BulkError) -> [UInt8] {
    var octets: [UInt8] = []
    var piece = [UInt8](repeating: 0, count: 1 << 16)
    while true {
      let count = unsafe piece.withUnsafeMutableBytes {
        unsafe Glibc.read(file, $0.baseAddress, $0.count)
      }
      if count < 0, errno == EINTR { continue }
      guard count >= 0 else { throw EnrichmentCheckpoint.fault(path) }
      if count == 0 { return octets }
      octets += piece[..<count]
      guard octets.count <= EnrichmentCheckpoint.octetsMax else {
        throw .checkpoint(path: path, reason: "too long for a checkpoint")
      }
    }
  }

  private func cut(at end: Int) throws(BulkError) {
    guard ftruncate(file, off_t(end)) == 0, lseek(file, off_t(end), SEEK_SET) >= 0 else {
      throw EnrichmentCheckpoint.fault(path)
    }
  }

  /// A kill keeps what was written; a power cut may not, and then an indicator is run again.
  private func write(_ octets: [UInt8]) throws(BulkError) {
    var at = 0
    while at < octets.count {
      let count = unsafe octets.withUnsafeBytes {
        unsafe Glibc.write(file, $0.baseAddress.map { unsafe $0 + at }, octets.count - at)
      }
      if count < 0, errno == EINTR { continue }
      guard count >= 0 else { throw EnrichmentCheckpoint.fault(path) }
      at += count
    }
  }

  private static func fault(_ path: String) -> BulkError {
    .checkpoint(path: path, reason: unsafe String(cString: strerror(errno)))
  }
}
