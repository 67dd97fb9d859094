import CRocksDB
import TidemarkStore

/// RocksDB's options for the database and for each family, made from ``RocksDBTuning``.
@safe final class RocksDBOptions {
  /// How the database is opened.
  enum Use { case write(create: Bool), secondary, readOnly }

  let database: OpaquePointer?
  let families: [OpaquePointer?]
  /// For files that ``SortedFile`` writes: they are new and will be compacted, so quick
  /// compression is right for them wherever RocksDB puts them.
  let ingestion: OpaquePointer?
  private let cache: OpaquePointer?
  private var tables: [OpaquePointer?] = unsafe []

  init(_ tuning: RocksDBTuning, use: Use) {
    unsafe cache = RocksDBOptions.makeCache(tuning)
    unsafe database = rocksdb_options_create()
    var families: [OpaquePointer?] = unsafe []
    for family in StoreFamily.allCases {
      let table = unsafe RocksDBOptions.makeTable(family, tuning, cache: cache)
      unsafe tables.append(table)
      unsafe families.append(RocksDBOptions.makeFamily(family, tuning, table: table))
    }
    unsafe self.families = families
    unsafe ingestion = rocksdb_options_create_copy(families[StoreFamily.inverse.index])
    unsafe rocksdb_options_set_bottommost_compression(ingestion, Int32(rocksdb_lz4_compression))
    configureDatabase(tuning, use: use)
  }

  deinit {
    unsafe families.forEach { unsafe rocksdb_options_destroy($0) }
    unsafe tables.forEach { unsafe rocksdb_block_based_options_destroy($0) }
    unsafe rocksdb_options_destroy(ingestion)
    unsafe rocksdb_options_destroy(database)
    unsafe rocksdb_cache_destroy(cache)
  }

  /// A filter is one block of some megabytes. With the usual 64 parts none of them has room for it,
  /// and every look-up reads it from the file again.
  private static func makeCache(_ tuning: RocksDBTuning) -> OpaquePointer? {
    let options = unsafe rocksdb_lru_cache_options_create()
    defer { unsafe rocksdb_lru_cache_options_destroy(options) }
    unsafe rocksdb_lru_cache_options_set_capacity(options, tuning.blockCacheOctets)
    unsafe rocksdb_lru_cache_options_set_num_shard_bits(options, tuning.blockCachePartBits)
    return unsafe rocksdb_cache_create_lru_opts(options)
  }

  private func configureDatabase(_ tuning: RocksDBTuning, use: Use) {
    unsafe rocksdb_options_set_max_background_jobs(database, Int32(tuning.backgroundJobs))
    // One writer at a time: the plain insert remembers its place, and sorted batches profit.
    unsafe rocksdb_options_set_allow_concurrent_memtable_write(database, 0)
    unsafe rocksdb_options_set_max_total_wal_size(database, UInt64(tuning.logOctetsMax))
    unsafe rocksdb_options_set_bytes_per_sync(database, 1 << 20)
    unsafe rocksdb_options_set_wal_bytes_per_sync(database, 1 << 20)
    unsafe rocksdb_options_set_keep_log_file_num(database, 4)
    unsafe rocksdb_options_set_max_log_file_size(database, 4 << 20)
    // Nothing but a header: RocksDB 7.8 asserts that no line of its log could not be written, so
    // warnings of a full disk end the process. Errors come back from the calls that meet them.
    unsafe rocksdb_options_set_info_log_level(database, 4)
    unsafe rocksdb_options_set_stats_dump_period_sec(database, 0)
    unsafe rocksdb_options_set_stats_persist_period_sec(database, 0)
    unsafe rocksdb_options_set_max_open_files(database, Int32(tuning.openFilesMax))
    switch use {
    case .write(let create):
      unsafe rocksdb_options_set_create_if_missing(database, create ? 1 : 0)
      unsafe rocksdb_options_set_create_missing_column_families(database, create ? 1 : 0)
    case .secondary:
      // A secondary must hold every file: the primary may delete it meanwhile.
      unsafe rocksdb_options_set_max_open_files(database, -1)
    case .readOnly:
      // Keeps going where files are damaged or gone; reading them says so.
      unsafe rocksdb_options_set_paranoid_checks(database, 0)
      unsafe rocksdb_options_set_skip_checking_sst_file_sizes_on_db_open(database, 1)
    }
  }

  private static func makeFamily(
    _ family: StoreFamily, _ tuning: RocksDBTuning, table: OpaquePointer?
  ) -> OpaquePointer? {
    let options = unsafe rocksdb_options_create()
    unsafe rocksdb_options_set_block_based_table_factory(options, table)
    unsafe rocksdb_options_set_write_buffer_size(options, tuning.writeBufferOctets)
    unsafe rocksdb_options_set_max_write_buffer_number(options, 3)
    // Imports write newer files faster than they are asked for: merging them half as often saves
    // work that nobody waits for.
    unsafe rocksdb_options_set_level0_file_num_compaction_trigger(options, 8)
    unsafe rocksdb_options_set_compression(options, Int32(rocksdb_lz4_compression))
    unsafe rocksdb_options_set_bottommost_compression(options, Int32(rocksdb_zstd_compression))
    unsafe rocksdb_options_set_level_compaction_dynamic_level_bytes(options, 1)
    unsafe rocksdb_options_set_target_file_size_base(options, 64 << 20)
    unsafe rocksdb_options_set_max_bytes_for_level_base(options, 256 << 20)
    if family == .records {
      unsafe rocksdb_options_set_prefix_extractor(options, OwnerPrefix.makeTransform())
    }
    return unsafe options
  }

  private static func makeTable(
    _ family: StoreFamily, _ tuning: RocksDBTuning, cache: OpaquePointer?
  ) -> OpaquePointer? {
    let table = unsafe rocksdb_block_based_options_create()
    unsafe rocksdb_block_based_options_set_block_cache(table, cache)
    unsafe rocksdb_block_based_options_set_block_size(table, tuning.blockOctets)
    unsafe rocksdb_block_based_options_set_format_version(table, 5)
    // Bounds memory: outside the cache, filters and indexes grow with the store.
    unsafe rocksdb_block_based_options_set_cache_index_and_filter_blocks(table, 1)
    unsafe rocksdb_block_based_options_set_pin_l0_filter_and_index_blocks_in_cache(table, 1)
    if family == .records {
      let filter = unsafe rocksdb_filterpolicy_create_ribbon_hybrid(tuning.filterBitsPerKey, 1)
      unsafe rocksdb_block_based_options_set_filter_policy(table, filter)
      let whole = tuning.recordFilter == .owner ? 0 : 1
      unsafe rocksdb_block_based_options_set_whole_key_filtering(table, UInt8(whole))
    }
    return unsafe table
  }
}
