import CRocksDB
import Synchronization
import TidemarkStore

/// An open database with its column families. Closes them in the order that RocksDB demands: every
/// family's handle, `default` too, then the database.
@safe final class RocksDBHandle {
  let database: OpaquePointer
  let options: RocksDBOptions
  private let families: [OpaquePointer]
  private let secondaryPath: TemporaryDirectory?
  private let hasFailedWrite = Atomic(false)

  subscript(family: StoreFamily) -> OpaquePointer { unsafe families[family.index + 1] }

  /// RocksDB's own family comes first and stays empty.
  private static let names = ["default"] + StoreFamily.allCases.map(\.rawValue)

  init(path: String, mode: RocksDBStore.Mode, tuning: RocksDBTuning) throws(StoreError) {
    let use: RocksDBOptions.Use
    switch mode {
    case .write(let create): use = .write(create: create)
    case .secondary: use = .secondary
    case .readOnly: use = .readOnly
    }
    let options = RocksDBOptions(tuning, use: use)
    if case .write(create: true) = mode {
      try RocksDBHandle.checkFamilies(path, options, mayBeAbsent: true)
    } else {
      try RocksDBHandle.checkFamilies(path, options, mayBeAbsent: false)
    }
    var secondaryPath: TemporaryDirectory?
    if mode == .secondary {
      secondaryPath = TemporaryDirectory()
      if secondaryPath == nil { throw .io(detail: "cannot make a temporary directory") }
    }
    self.options = options
    self.secondaryPath = secondaryPath
    let opened = unsafe try RocksDBHandle.open(
      path, RocksDBHandle.names, options, mode, secondaryPath: secondaryPath?.path)
    unsafe database = opened.database
    unsafe families = opened.families
  }

  deinit {
    unsafe families.forEach { unsafe rocksdb_column_family_handle_destroy($0) }
    unsafe rocksdb_close(database)
  }

  /// True while RocksDB may be given files.
  ///
  /// After a write or a flush that failed, because the disk was full for a while, say, RocksDB 7.8
  /// goes on by itself, but believes itself stopped (`ErrorHandler::ClearBGError` leaves
  /// `is_db_stopped_` as it is): it numbers every file that it is given 0, and an assertion aborts.
  var takesFiles: Bool { !hasFailedWrite.load(ordering: .relaxed) && backgroundFailures == 0 }

  /// Remembers that a write failed, until the database is opened again.
  func noteFailedWrite() { hasFailedWrite.store(true, ordering: .relaxed) }

  @unsafe private struct Opened {
    let database: OpaquePointer
    let families: [OpaquePointer]
  }

  private static func open(
    _ path: String, _ names: [String], _ options: RocksDBOptions, _ mode: RocksDBStore.Mode,
    secondaryPath: String?
  ) throws(StoreError) -> Opened {
    var handles = unsafe [OpaquePointer?](repeating: nil, count: names.count)
    let familyOptions: [OpaquePointer?] = unsafe names.map { name in
      unsafe StoreFamily(rawValue: name).map { unsafe options.families[$0.index] }
        ?? options.database
    }
    let database: OpaquePointer?
    do throws(StoreError) {
      unsafe database = try CStrings.with(names) { names throws(StoreError) in
        unsafe try RocksDBFailure.check(nil) { message in
          switch mode {
          case .write:
            unsafe rocksdb_open_column_families(
              options.database, path, Int32(handles.count), names, familyOptions, &handles,
              message)
          case .secondary:
            unsafe rocksdb_open_as_secondary_column_families(
              options.database, path, secondaryPath, Int32(handles.count), names, familyOptions,
              &handles, message)
          case .readOnly:
            unsafe rocksdb_open_for_read_only_column_families(
              options.database, path, Int32(handles.count), names, familyOptions, &handles, 0,
              message)
          }
        }
      }
    } catch {
      throw openError(error, path)
    }
    guard let database = unsafe database else { throw .io(detail: "\(path): cannot be opened") }
    return unsafe Opened(database: database, families: handles.compactMap { unsafe $0 })
  }

  /// Refuses what is no store of ours before anything is changed in it.
  private static func checkFamilies(
    _ path: String, _ options: RocksDBOptions, mayBeAbsent: Bool
  ) throws(StoreError) {
    guard Files.exist(path + "/CURRENT") else {
      guard Files.exist(path) else {
        if mayBeAbsent { return }
        throw .notFound(path: path)
      }
      guard Files.isEmptyDirectory(path) else {
        throw .notAStore(path: path, detail: "something else is there")
      }
      if mayBeAbsent { return }
      throw .notFound(path: path)
    }
    var count = 0
    let list = unsafe try RocksDBFailure.check(nil) { message in
      unsafe rocksdb_list_column_families(options.database, path, &count, message)
    }
    var found = Set<String>()
    for index in 0..<count {
      if let name = unsafe list?[index] { unsafe found.insert(String(cString: name)) }
    }
    unsafe rocksdb_list_column_families_destroy(list, count)
    let unknown = found.subtracting(names)
    guard unknown.isEmpty else { throw try unknownFamilies(unknown, found, path, options) }
    // A crash while the store was made leaves some out: they are made again. Otherwise they must
    // all be there.
    let missing = Set(names).subtracting(found)
    guard missing.isEmpty || mayBeAbsent else {
      throw .notAStore(path: path, detail: "it has no family \(missing.sorted()[0])")
    }
  }

  /// More families than we know: a newer format if the state says so, otherwise not ours.
  private static func unknownFamilies(
    _ unknown: Set<String>, _ found: Set<String>, _ path: String, _ options: RocksDBOptions
  ) throws(StoreError) -> StoreError {
    let other = StoreError.notAStore(
      path: path, detail: "it has a family \(unknown.sorted()[0])")
    guard found.contains(StoreFamily.state.rawValue) else { return other }
    let opened = unsafe try open(
      path, ["default", StoreFamily.state.rawValue], options, .readOnly, secondaryPath: nil)
    defer {
      unsafe opened.families.forEach { unsafe rocksdb_column_family_handle_destroy($0) }
      unsafe rocksdb_close(opened.database)
    }
    let read = unsafe rocksdb_readoptions_create()
    defer { unsafe rocksdb_readoptions_destroy(read) }
    var valueCount = 0
    let key = StateKey.format.map { CChar(bitPattern: $0) }
    let value = unsafe try RocksDBFailure.check(.state) { message in
      unsafe rocksdb_get_cf(
        opened.database, read, opened.families[1], key, key.count, &valueCount, message)
    }
    guard let value = unsafe value else { return other }
    defer { unsafe rocksdb_free(value) }
    guard let format = unsafe StoreFormat.decode(Array(octets(value, valueCount))),
      format > StoreFormat.current
    else { return other }
    return .formatTooNew(path: path, found: format, known: StoreFormat.current)
  }

  private static func openError(_ error: StoreError, _ path: String) -> StoreError {
    guard case .io(let detail) = error else { return error }
    if detail.contains("lock hold by current process") {
      return .locked(path: path, process: Files.thisProcess)
    }
    if detail.contains("While lock file") {
      return .locked(path: path, process: Files.lockHolder(ofDirectory: path))
    }
    return error
  }
}

extension StoreFamily {
  /// Position among all families.
  var index: Int {
    switch self {
    case .records: 0
    case .inverse: 1
    case .names: 2
    case .state: 3
    }
  }
}

/// Arrays of C strings.
enum CStrings {
  static func with<R>(
    _ strings: [String],
    _ body: (UnsafePointer<UnsafePointer<CChar>?>?) throws(StoreError) -> R
  ) throws(StoreError) -> R {
    var octets: [CChar] = []
    var starts: [Int] = []
    for string in strings {
      starts.append(octets.count)
      octets.append(contentsOf: string.utf8CString)
    }
    return try unsafe octets.withUnsafeBufferPointer { octets throws(StoreError) in
      let pointers = unsafe starts.map { start in
        unsafe octets.baseAddress.map { unsafe $0 + start }
      }
      return try unsafe pointers.withUnsafeBufferPointer { pointers throws(StoreError) in
        try unsafe body(pointers.baseAddress)
      }
    }
  }
}
