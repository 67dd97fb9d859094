import CRocksDB
import TidemarkStore

/// RocksDB reports failures as text; this sorts them into ``StoreError``.
enum RocksDBFailure {
  typealias Message = UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>

  /// Calls a function that takes a `char **` and turns what it reports into an error.
  static func check<R>(
    _ family: StoreFamily?, _ body: (Message) -> R
  ) throws(StoreError) -> R {
    var message: UnsafeMutablePointer<CChar>?
    let result = unsafe body(&message)
    guard let message = unsafe message else { return result }
    throw unsafe take(message, family)
  }

  /// Frees a message and makes an error of it.
  static func take(_ message: UnsafeMutablePointer<CChar>, _ family: StoreFamily?) -> StoreError {
    let text = unsafe String(cString: message)
    unsafe rocksdb_free(message)
    return error(text, family)
  }

  static func error(_ text: String, _ family: StoreFamily?) -> StoreError {
    let line = text.split(separator: "\n").joined(separator: " ")
    if line.contains("No space left on device") || line.contains("SpaceLimit") {
      return .diskFull(detail: line)
    }
    if line.hasPrefix("Corruption") { return .corrupt(family: family, detail: line) }
    // A file that the manifest names and the disk does not have is damage, not a missing store.
    if line.contains("No such file or directory"), line.contains(".sst") {
      return .corrupt(family: family, detail: line)
    }
    return .io(detail: line)
  }
}
