import Crypto
import Glibc
public import TidemarkIngest
import TidemarkModel

/// Imports the database of a D4 analyzer, once.
///
/// Its counts are sums since ever, so that reading it twice would count everything twice, and a
/// walk through a database cannot be taken up again. Therefore everything is first written to a
/// file beside the store, and that is imported as any file is, exactly once, however often it is
/// interrupted. When all is stored the store remembers it, and the file is removed:
///
/// - the same content again, from wherever, is skipped;
/// - other content from the same address is refused.
public struct D4RedisImport {
  /// First octet of the keys that say what was imported, `r`.
  public static let keyKind: UInt8 = 0x72
  private static let form: UInt8 = 1
  private static let fingerprintOctets = 16
  private static let ending = ".d4-redis"

  /// Why a database is not imported.
  public enum Problem: Error, Sendable, Equatable, CustomStringConvertible {
    /// Its counts are in the store already, and it has changed since.
    case changed(address: String, records: UInt64)
    /// The file of what was read cannot be written.
    case io(path: String, code: Int32)

    /// One line for people.
    public var description: String {
      switch self {
      case .changed(let address, let records):
        "\(address): was imported already (\(records) records) and has changed since; its counts "
          + "are sums, and would be counted twice. Import it into another dataset, or take what is "
          + "new from the queue"
      case .io(let path, let code): "\(path): input/output error \(code)"
      }
    }
  }

  private let address: RedisAddress
  private let sink: any BatchSink
  private let options: ImportRun.Options
  private let folder: String
  private let limits: RedisConnection.Limits
  private let progress: (ImportRun.Progress) -> Void
  private let prefix: [UInt8]
  private let place: [UInt8]

  /// Makes an import.
  ///
  /// - Parameters:
  ///   - folder: where what was read waits until it is stored: some 30 octets a record.
  ///   - progress: see ``ImportRun``.
  public init(
    _ address: RedisAddress, sink: any BatchSink, options: ImportRun.Options, folder: String,
    limits: RedisConnection.Limits = RedisConnection.Limits(),
    progress: @escaping (ImportRun.Progress) -> Void = { _ in }
  ) {
    self.address = address
    self.sink = sink
    var options = options
    options.format = .d4Redis
    self.options = options
    self.folder = folder
    self.limits = limits
    self.progress = progress
    let identity = options.identity(format: .d4Redis)
    prefix = [D4RedisImport.keyKind] + SHA256.hash(data: Array(identity.utf8)).prefix(16)
    place = Array(SHA256.hash(data: Array(address.description.utf8)).prefix(16))
  }

  /// True for an argument that names a database.
  public static func isDatabase(_ argument: String) -> Bool {
    argument.lowercased().hasPrefix("redis://")
  }

  /// Reads and stores.
  ///
  /// - Throws: ``RedisError``, ``Problem``, and what ``ImportRun`` throws.
  public func run() throws -> ImportRun.Report {
    let name = prefix[1...].map(D4RedisImport.hex).joined() + place.map(D4RedisImport.hex).joined()
    var file = finished(name)
    if file == nil { file = try fetch(name) }
    guard let file else { return ImportRun.Report() }
    let known = try imports()
    if let same = known.first(where: { $0.fingerprint == file.fingerprint }) {
      unsafe unlink(file.path)
      var report = ImportRun.Report()
      report.format = .d4Redis
      report.skipped = same.records
      return report
    }
    if let other = known.first(where: { $0.place == place }) {
      unsafe unlink(file.path)
      throw Problem.changed(address: address.description, records: other.records)
    }
    let source = try ByteSource(path: file.path, spoolFolder: folder)
    let report = try ImportRun(
      source: source, sink: sink, options: options, progress: progress
    ).run()
    if report.damage == nil {
      try remember(file.fingerprint, records: report.skipped + report.accounting.read)
      unsafe unlink(file.path)
    }
    return report
  }

  // MARK: What the store knows

  private struct Known {
    var place: [UInt8]
    var fingerprint: [UInt8]
    var records: UInt64
  }

  private func imports() throws -> [Known] {
    try sink.states(prefix: prefix).compactMap { row in
      let count = 1 + D4RedisImport.fingerprintOctets + 8
      guard row.value.count == count, row.value[0] == D4RedisImport.form else { return nil }
      return Known(
        place: Array(row.key[prefix.count...]),
        fingerprint: Array(row.value[1...D4RedisImport.fingerprintOctets]),
        records: row.value[(1 + D4RedisImport.fingerprintOctets)...].reduce(0) {
          $0 << 8 | UInt64($1)
        })
    }
  }

  private func remember(_ fingerprint: [UInt8], records: UInt64) throws {
    let number = (0..<8).map { UInt8(truncatingIfNeeded: records >> UInt64(56 - 8 * $0)) }
    let batch = RecordBatch()
    batch.stateChanges.append(
      RecordBatch.StateChange(
        key: prefix + place, value: [D4RedisImport.form] + fingerprint + number))
    _ = try sink.write(batch)
  }

  // MARK: The file

  private struct File {
    var path: String
    var fingerprint: [UInt8]
  }

  /// What an interrupted import left: it was read whole, and its name says what is in it.
  private func finished(_ name: String) -> File? {
    for file in FolderListing.names(in: folder)
    where file.hasPrefix(name + "-") && file.hasSuffix(D4RedisImport.ending) {
      let digits = file.dropFirst(name.utf8.count + 1).dropLast(D4RedisImport.ending.utf8.count)
      let octets = D4RedisImport.octets(digits)
      guard octets.count == D4RedisImport.fingerprintOctets else { continue }
      return File(path: "\(folder)/\(file)", fingerprint: octets)
    }
    return nil
  }

  /// Reads the database; nil when there is nothing in it.
  private func fetch(_ name: String) throws -> File? {
    let connection = try RedisConnection(address, limits: limits)
    let partial = "\(folder)/\(name).tmp"
    let descriptor = unsafe open(partial, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else { throw Problem.io(path: partial, code: errno) }
    let output = D4SpoolOutput(SpoolOutput(descriptor: descriptor, path: partial))
    let disk = SpoolDisk(folder: folder, hook: nil)
    let result: D4RedisDump.Result
    do {
      var dump = D4RedisDump(
        connection, write: { try disk.write($0, to: output.file) },
        progress: { [progress] lines in
          progress(ImportRun.Progress(position: 0, size: 0, items: lines, observations: 0))
        })
      result = try dump.run()
      try disk.sync(output.file)
    } catch {
      unsafe unlink(partial)
      throw error
    }
    guard result.lines > 0 else {
      unsafe unlink(partial)
      return nil
    }
    let final =
      "\(name)-\(result.fingerprint.map(D4RedisImport.hex).joined())"
      + D4RedisImport.ending
    try disk.rename("\(name).tmp", to: final)
    try disk.syncFolder()
    return File(path: "\(folder)/\(final)", fingerprint: result.fingerprint)
  }

  private static func hex(_ octet: UInt8) -> String {
    (octet < 16 ? "0" : "") + String(octet, radix: 16)
  }

  private static func octets(_ digits: some StringProtocol) -> [UInt8] {
    let text = Array(digits.utf8)
    return stride(from: 0, to: text.count - 1, by: 2).compactMap { at in
      UInt8(String(decoding: text[at...(at + 1)], as: UTF8.self), radix: 16)
    }
  }
}
