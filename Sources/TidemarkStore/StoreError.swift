/// Why a store cannot do what was asked. Each prints as one line that says what to do, where
/// something can be done.
public enum StoreError: Error, Hashable, Sendable {
  /// There is no store at this path.
  case notFound(path: String)
  /// The path holds something else.
  case notAStore(path: String, detail: String)
  /// Another process has the store open for writing.
  case locked(path: String, process: Int32?)
  /// A newer program wrote the store.
  case formatTooNew(path: String, found: UInt32, known: UInt32)
  /// Data on disk is damaged. The family is nil when it is not known.
  case corrupt(family: StoreFamily?, detail: String)
  /// No room is left; nothing of the batch was written.
  case diskFull(detail: String)
  /// The operating system refused.
  case io(detail: String)
  /// The store was opened for reading.
  case readOnly
  /// A registry has no number left.
  case registryFull(what: String, limit: Int)
  /// A registry does not take this name.
  case badRegistryName(what: String, detail: String)
}

extension StoreError: CustomStringConvertible {
  /// One line for people.
  public var description: String {
    switch self {
    case .notFound(let path):
      "\(path): no store here; check the path, or import something to create it"
    case .notAStore(let path, let detail):
      "\(path): not a Tidemark store: \(detail)"
    case .locked(let path, let process?):
      "\(path): in use by process \(process); use --server to ask it, or stop it first"
    case .locked(let path, nil):
      "\(path): in use by another process; use --server to ask it, or stop it first"
    case .formatTooNew(let path, let found, let known):
      "\(path): has format \(found), this program knows formats up to \(known); use a newer one"
    case .corrupt(let family?, let detail):
      "the \(family) family is damaged: \(detail)"
    case .corrupt(nil, let detail):
      "the store is damaged: \(detail)"
    case .diskFull(let detail):
      "no room left on the store's disk: \(detail)"
    case .io(let detail):
      "the store cannot read or write: \(detail)"
    case .readOnly:
      "the store is open for reading only"
    case .registryFull(let what, let limit):
      "no more than \(limit) \(what) names fit into a store"
    case .badRegistryName(let what, let detail):
      "not a \(what) name: \(detail)"
    }
  }
}
