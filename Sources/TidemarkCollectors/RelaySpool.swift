import Synchronization
import TidemarkCompression
public import TidemarkIngest
public import TidemarkModel

/// Batches on disk until a server has them: bounded, and safe against a crash at any moment.
///
/// A batch becomes one file, together with the positions of the sources that it came from: both
/// are there or neither is. So a source that can be replayed goes on behind what the spool holds,
/// and what the spool holds is sent under ids that never change, which the server stores once.
///
///     let spool = try RelaySpool(folder: "/var/lib/tidemark/spool", maxOctets: 4 << 30)
///     let run = ImportRun(source: source, sink: spool, options: options)
///     …
///     try await RelaySender(spool: spool, transport: transport).run()
///
/// When the files have more octets than allowed, the oldest are dropped and counted.
///
/// - Concurrency: any thread. Writers wait for each other; one sender at a time.
public final class RelaySpool: BatchSink {
  /// Octets of a spool unless told otherwise: some 100 million rows.
  public static let maxOctetsStandard: UInt64 = 2 << 30
  /// Longest name of a sensor or dataset, octets.
  public static let nameOctetsMax = 255
  static let refusedFolder = "refused"
  static let damagedFolder = "damaged"
  private static let partialName = "next.tmp"

  /// Names the spool in batch ids: 32 hexadecimal digits that no other spool has.
  public let id: String
  /// Gives an element when something was written. For one sender.
  public let arrivals: AsyncStream<Void>

  private let disk: SpoolDisk
  private let folderLock: SpoolLock
  private let maxOctets: UInt64
  private let partOctets: Int
  private let arrival: AsyncStream<Void>.Continuation
  let contents: Mutex<SpoolContents>
  /// Held while a file is written: one at a time bounds memory and disk.
  private let writing = Mutex(())

  /// Opens the spool in a folder, or makes one.
  ///
  /// - Parameters:
  ///   - maxOctets: most octets of all files. One file that is being written comes on top.
  ///   - partOctets: octets of rows at which another body is begun.
  ///   - hook: asked before each change of the disk, for tests.
  /// - Throws: ``SpoolError/inUse(folder:)``, ``SpoolError/io(path:code:)``,
  ///   ``SpoolError/damagedState(path:)``. Damaged batches are set aside and counted instead.
  public init(
    folder: String, maxOctets: UInt64 = RelaySpool.maxOctetsStandard,
    partOctets: Int = ObservationFeed.partOctets, hook: SpoolHook? = nil
  ) throws(SpoolError) {
    disk = SpoolDisk(folder: folder, hook: hook)
    try disk.makeFolders([RelaySpool.refusedFolder, RelaySpool.damagedFolder])
    folderLock = try disk.lock()
    let contents = try SpoolContents(opening: disk)
    id = contents.state.idText
    self.contents = Mutex(contents)
    self.maxOctets = maxOctets
    self.partOctets = min(partOctets, ObservationFeed.bodyOctetsMax - COFReader.objectOctetsMax)
    (arrivals, arrival) = AsyncStream.makeStream(
      of: Void.self, bufferingPolicy: .bufferingNewest(1))
  }

  deinit { arrival.finish() }

  /// What became of everything that went into the spool.
  public var account: SpoolAccount { contents.withLock { $0.account } }

  /// Positions of sources whose keys start with a prefix, those in waiting batches included.
  public func states(prefix: [UInt8]) throws -> [(key: [UInt8], value: [UInt8])] {
    contents.withLock { contents in
      contents.positions.filter { $0.key.starts(with: prefix) }
        .sorted { $0.key.lexicographicallyPrecedes($1.key) }
        .map { (key: $0.key, value: $0.value) }
    }
  }

  /// The number of a sensor in this spool. Durable before the first batch that uses it.
  ///
  /// - Throws: ``SpoolError/badName(what:)``.
  public func sensor(named name: String) throws -> SensorNumber {
    try contents.withLock { contents throws(SpoolError) in try contents.sensor(named: name) }
  }

  /// The number of a dataset in this spool; `main` is ``DatasetNumber/main``. Durable before the
  /// first batch that uses it.
  ///
  /// - Throws: ``SpoolError/badName(what:)``.
  public func dataset(named name: String) throws(SpoolError) -> DatasetNumber {
    try contents.withLock { contents throws(SpoolError) in try contents.dataset(named: name) }
  }

  /// Writes a batch and the positions that belong to it as one file, durable on return.
  ///
  /// - Returns: the records of the batch: whether they are new, only the server knows.
  /// - Throws: ``SpoolError``; nothing of the batch is sent then, and it may be given again.
  public func write(_ batch: RecordBatch) throws -> UInt64 {
    guard !batch.isEmpty else { return 0 }
    let file = try writing.withLock { _ throws(SpoolError) in
      let names = try contents.withLock { contents throws(SpoolError) in
        try contents.saveNames(on: disk)
        return (contents.state.sensors, contents.state.datasets)
      }
      do throws(SpoolError) {
        let file = try writeFile(batch, sensors: names.0, datasets: names.1)
        try contents.withLock { contents throws(SpoolError) in
          try contents.add(file, named: RelaySpool.partialName, maxOctets: maxOctets, on: disk)
        }
        return file
      } catch {
        try? disk.remove(RelaySpool.partialName)
        throw error
      }
    }
    arrival.yield()
    return file.rows
  }

  /// Writes everything of a file but its name.
  private func writeFile(
    _ batch: RecordBatch, sensors: [String], datasets: [String]
  ) throws(SpoolError) -> SpoolFile {
    let compressor: ZstdCompressor
    do throws(ZstdCompressor.OutOfMemory) {
      compressor = try ZstdCompressor()
    } catch {
      throw .outOfMemory
    }
    var bodies = SpoolBodies(batch, sensors: sensors, datasets: datasets, partOctets: partOctets)
    let output = try disk.create(RelaySpool.partialName)
    var parts: [SpoolFile.Part] = []
    var octets: UInt64 = 0
    while let body = try bodies.nextBody(compressor) {
      try disk.write(body.packed, to: output)
      parts.append(SpoolFile.Part(body, offset: octets))
      octets += UInt64(body.packed.count)
    }
    let index = SpoolFile.index(parts: parts, changes: batch.stateChanges)
    try disk.write(index, to: output)
    try disk.sync(output)
    return SpoolFile(
      sequence: 0, octets: octets + UInt64(index.count), parts: parts,
      changes: batch.stateChanges)
  }

  /// The oldest body that no server has confirmed; nil when everything is sent.
  ///
  /// - Throws: ``SpoolError``; worth another try.
  public func nextPart() throws(SpoolError) -> SpoolPart? {
    try contents.withLock { contents throws(SpoolError) in
      try contents.nextPart(on: disk, id: id)
    }
  }

  /// The body behind one that is not confirmed yet, for senders that have several under way: they
  /// confirm them in their order.
  ///
  /// - Returns: nil when there is none, or none that can be read: ``nextPart()`` deals with that
  ///   when its turn comes.
  public func part(after part: SpoolPart) throws(SpoolError) -> SpoolPart? {
    try contents.withLock { contents throws(SpoolError) in
      try contents.part(after: part, on: disk, id: id)
    }
  }

  /// Says that a server has a body. Behind the last body of a file the file is removed.
  ///
  /// - Parameter leftOut: rows that the server could not use.
  /// - Throws: ``SpoolError``; the next ``nextPart()`` tries again what failed.
  public func delivered(_ part: SpoolPart, leftOut: UInt64 = 0) throws(SpoolError) {
    try contents.withLock { contents throws(SpoolError) in
      try contents.finish(part, isRefused: false, leftOut: min(leftOut, part.rows), on: disk)
    }
  }

  /// Says that a server will never take a body. Its file is kept in the folder `refused` when the
  /// other bodies were sent, until its octets are needed.
  ///
  /// - Throws: as ``delivered(_:leftOut:)``.
  public func refused(_ part: SpoolPart) throws(SpoolError) {
    try contents.withLock { contents throws(SpoolError) in
      try contents.finish(part, isRefused: true, leftOut: 0, on: disk)
    }
  }
}

/// One body to send.
public struct SpoolPart: Sendable, Equatable {
  /// What the server stores it under: the spool's id, the file's number, the body's number.
  public let batchID: String
  /// The dataset that receives the rows.
  public let dataset: String
  /// COF ndjson, packed by zstd.
  public let octets: [UInt8]
  /// Rows in it.
  public let rows: UInt64
  let sequence: UInt64
  let index: Int
}
