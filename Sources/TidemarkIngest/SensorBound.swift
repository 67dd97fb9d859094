import Synchronization
public import TidemarkModel

/// Bounds how many sensors somebody else's feed may name. A store keeps a name and its number for
/// ever, and there are 65,535 of them for everybody.
public enum SensorBound {
  /// Names of one feed, for as long as the lookup lives.
  public static let namesMax = 64

  /// A lookup that asks for the first names only.
  ///
  /// - Parameters:
  ///   - lookup: asked for each of them, again and again.
  ///   - standard: the sensor of records that name any other.
  public static func lookup(
    _ lookup: @escaping SensorLookup, standard: SensorNumber, namesMax: Int = SensorBound.namesMax
  ) -> SensorLookup {
    let names = Names()
    return { name in names.has(name, most: namesMax) ? lookup(name) : standard }
  }

  private final class Names: Sendable {
    private let known = Mutex<Set<[UInt8]>>([])

    func has(_ name: [UInt8], most: Int) -> Bool {
      known.withLock { known in
        if known.contains(name) { return true }
        guard known.count < most else { return false }
        known.insert(name)
        return true
      }
    }
  }
}
