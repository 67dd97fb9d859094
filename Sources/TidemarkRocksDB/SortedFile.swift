import CRocksDB
import TidemarkStore

/// Many index rows as a table file that RocksDB takes in whole: no log, no memory table.
enum SortedFile {
  /// Ending of files that are not taken in yet; leftovers of a crash are removed at opening.
  static let suffix = ".ingest"

  /// Removes files that a crash left behind. Only for the process that holds the lock.
  static func removeLeftovers(in directory: String) {
    for family in StoreFamily.allCases { Files.remove(directory + "/" + family.rawValue + suffix) }
  }

  static func ingest(
    _ rows: IndexRows, into family: StoreFamily, of handle: RocksDBHandle, directory: String
  ) throws(StoreError) {
    let path = directory + "/" + family.rawValue + suffix
    try write(rows, to: path, family, handle)
    let options = unsafe rocksdb_ingestexternalfileoptions_create()
    defer { unsafe rocksdb_ingestexternalfileoptions_destroy(options) }
    unsafe rocksdb_ingestexternalfileoptions_set_move_files(options, 1)
    do throws(StoreError) {
      unsafe try CStrings.with([path]) { paths throws(StoreError) in
        unsafe try RocksDBFailure.check(family) {
          unsafe rocksdb_ingest_external_file_cf(
            handle.database, handle[family], paths, 1, options, $0)
        }
      }
    } catch {
      handle.noteFailedWrite()
      throw error
    }
  }

  private static func write(
    _ rows: IndexRows, to path: String, _ family: StoreFamily, _ handle: RocksDBHandle
  ) throws(StoreError) {
    let environment = unsafe rocksdb_envoptions_create()
    defer { unsafe rocksdb_envoptions_destroy(environment) }
    let writer = unsafe rocksdb_sstfilewriter_create(
      environment, handle.options.ingestion)
    defer { unsafe rocksdb_sstfilewriter_destroy(writer) }
    unsafe try RocksDBFailure.check(family) { unsafe rocksdb_sstfilewriter_open(writer, path, $0) }
    var failure: UnsafeMutablePointer<CChar>?
    rows.forEach { key in
      guard unsafe failure == nil else { return }
      unsafe key.withUnsafeBytes { key in
        unsafe rocksdb_sstfilewriter_put(
          writer, key.baseAddress?.assumingMemoryBound(to: CChar.self), key.count, "", 0, &failure)
      }
    }
    if let failure = unsafe failure { throw unsafe RocksDBFailure.take(failure, family) }
    unsafe try RocksDBFailure.check(family) { unsafe rocksdb_sstfilewriter_finish(writer, $0) }
  }
}
