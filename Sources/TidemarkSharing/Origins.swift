public import D4Wire
import Synchronization
import TidemarkModel
public import TidemarkStore

/// Where what this store shares comes from: an id of its own, made once, and the ids of the
/// stores whose streams it takes in. Every stream carries all of them, and whoever finds its own
/// id in a stream refuses it: nothing goes in circles.
///
/// - Concurrency: any thread.
public final class Origins: Sendable {
  /// Most ids that are learnt: a stream cannot make the list of others grow without bound, and a
  /// meta header of D4 has room for them and the own one. One that were left out would not keep
  /// its records from going in circles.
  public static let learntMax = D4MetaHeader.originsMax - 1

  /// Why a stream is refused.
  public enum Refusal: Error, Equatable, CustomStringConvertible {
    /// It carries what this store shared.
    case isOwn(SensorUUID)
    /// It would make more than ``Origins/learntMax`` known.
    case tooMany

    /// One line for people.
    public var description: String {
      switch self {
      case .isOwn(let id):
        "the stream carries what this store shared itself (\(id)): a circle"
      case .tooMany:
        "the streams that come in name more than \(Origins.learntMax) origins"
      }
    }
  }

  /// The id of this store.
  public let own: SensorUUID
  private let store: any RecordStore
  private let learnt: Mutex<[SensorUUID]>

  /// Reads the ids of a store; makes its own id if it has none.
  ///
  /// - Throws: ``StoreError``; ``StoreError/readOnly`` for a store without an id that cannot be
  ///   written.
  public init(store: any RecordStore) throws(StoreError) {
    self.store = store
    var page = KeyValuePage()
    _ = try store.read(.state, MixKey.origins, limit: .max, into: &page)
    var own: SensorUUID?
    var learnt: [SensorUUID] = []
    for index in 0..<page.count {
      let key = page.keys[index]
      let octets = key == MixKey.ownOrigin ? page.values[index] : Array(key.dropFirst())
      guard octets.count == 16 else {
        throw .corrupt(family: .state, detail: "an origin is damaged")
      }
      let id = SensorUUID(octets: octets.span)
      if key == MixKey.ownOrigin { own = id } else { learnt.append(id) }
    }
    if let own {
      self.own = own
    } else {
      self.own = SensorUUID.random()
      let batch = RecordBatch()
      batch.stateChanges = [.init(key: MixKey.ownOrigin, value: self.own.octets)]
      try store.apply(batch)
    }
    self.learnt = Mutex(learnt)
  }

  /// The own id, then those learnt, ascending.
  public var all: [SensorUUID] { [own] + learnt.withLock { $0 } }

  /// Takes the ids of a stream that wants to come in, and keeps those that are new. What is shared
  /// from now on carries them.
  ///
  /// - Returns: why the stream must not be taken; nothing was learnt then. Nil when it may.
  /// - Throws: ``StoreError`` when new ids cannot be kept; the stream must not be taken before.
  public func learn(_ ids: [SensorUUID]) throws(StoreError) -> Refusal? {
    if ids.contains(own) { return .isOwn(own) }
    let result: Result<Refusal?, StoreError> = learnt.withLock { learnt in
      let new = Set(ids).subtracting(learnt).sorted()
      guard !new.isEmpty else { return .success(nil) }
      guard learnt.count + new.count <= Origins.learntMax else { return .success(.tooMany) }
      let batch = RecordBatch()
      batch.stateChanges = new.map { .init(key: MixKey.origin($0), value: [1]) }
      do throws(StoreError) {
        try store.apply(batch)
      } catch {
        return .failure(error)
      }
      learnt = (learnt + new).sorted()
      return .success(nil)
    }
    return try result.get()
  }
}
