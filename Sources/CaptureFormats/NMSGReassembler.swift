/// Puts containers together that were sent in fragments (the message `NmsgFragment` of libnmsg's
/// `nmsg.proto`), in bounded memory.
///
/// - Fragments may come in any order and more than once; the first of each place counts.
/// - A fragment that contradicts those before it spoils its container.
/// - Nothing depends on time, so reading a file again gives the same containers.
public struct NMSGReassembler: Sendable {
  /// What became of a fragment.
  public enum Result: Sendable {
    /// It waits for others, or has come before.
    case held
    /// The data of the container that it completes.
    case complete([UInt8])
    /// It cannot be used. With it goes what was held of its container.
    case malformed
    /// All fragments are there and their check (CRC-32C) differs.
    case badChecksum
  }

  private struct Key: Hashable {
    var id: UInt32
    var checksum: UInt32?
  }

  /// A container of which some fragments came.
  private struct Partial {
    var fragments: [[UInt8]?]
    var missing: Int
    var octets: Int
    var startedAt: UInt64
  }

  /// The fields of a fragment.
  private struct Fragment {
    var id: UInt32?
    var current: UInt32?
    var last: UInt32?
    var octets: Range<Int>?
    var checksum: UInt32?
  }

  private var partials: [Key: Partial] = [:]
  private var octetsHeld = 0
  private var fragments: UInt64 = 0
  /// Containers given up: too old, pushed out by others, or without their last fragments when
  /// ``finish()`` was called.
  public private(set) var abandoned: UInt64 = 0

  /// A reassembler without fragments.
  public init() {}

  /// Takes a fragment.
  ///
  /// - Parameter bytes: the data of a container with the flag
  ///   ``NMSGContainer/Flags/fragment``.
  public mutating func add(_ bytes: RawSpan) -> Result {
    fragments += 1
    giveUpOld()
    let fragment: Fragment
    do throws(ProtobufError) {
      fragment = try NMSGReassembler.read(bytes)
    } catch {
      return .malformed
    }
    guard let id = fragment.id, let current = fragment.current, let last = fragment.last,
      let octets = fragment.octets, current <= last, last < UInt32(NMSGLimits.fragmentsMax)
    else { return .malformed }
    let key = Key(id: id, checksum: fragment.checksum)
    let count = Int(last) + 1
    if partials[key] == nil { begin(key, fragments: count) }
    switch insert(bytes.extracting(octets), at: Int(current), of: count, into: key) {
    case .new: return complete(key)
    case .known: return .held
    case .contradicts:
      forget(key)
      return .malformed
    }
  }

  /// Gives all incomplete containers up and counts them as ``abandoned``.
  public mutating func finish() {
    abandoned += UInt64(partials.count)
    partials = [:]
    octetsHeld = 0
  }

  private static func read(_ bytes: RawSpan) throws(ProtobufError) -> Fragment {
    var fragment = Fragment()
    var fields = ProtobufFields(0..<bytes.byteCount)
    while let field = try fields.next(in: bytes) {
      let number = UInt32(truncatingIfNeeded: field.value)
      switch (field.number, field.kind) {
      case (1, .varint): fragment.id = number
      case (2, .varint): fragment.current = number
      case (3, .varint): fragment.last = number
      case (4, .octets): fragment.octets = field.octets
      case (5, .varint): fragment.checksum = number
      default: continue
      }
    }
    return fragment
  }

  private mutating func begin(_ key: Key, fragments count: Int) {
    if partials.count >= NMSGLimits.fragmentedContainersMax { giveUpOldest(but: key) }
    let charge = count * NMSGLimits.fragmentBookkeepingOctets
    makeRoom(for: charge, of: key)
    octetsHeld += charge
    partials[key] = Partial(
      fragments: Array(repeating: nil, count: count), missing: count, octets: 0,
      startedAt: fragments)
  }

  private enum Insertion { case new, known, contradicts }

  /// Keeps the octets of a fragment.
  private mutating func insert(
    _ bytes: RawSpan, at index: Int, of count: Int, into key: Key
  ) -> Insertion {
    guard partials[key]?.fragments.count == count else { return .contradicts }
    guard partials[key]?.fragments[index] == .some(nil) else { return .known }
    let total = (partials[key]?.octets ?? 0) + bytes.byteCount
    guard total <= NMSGLimits.containerOctetsMax else { return .contradicts }
    var octets: [UInt8] = []
    octets.reserveCapacity(bytes.byteCount)
    bytes.append(0..<bytes.byteCount, to: &octets)
    makeRoom(for: octets.count, of: key)
    octetsHeld += octets.count
    // In place: a copy of the value would copy its list of fragments.
    partials[key]?.octets = total
    partials[key]?.missing -= 1
    partials[key]?.fragments[index] = octets
    return .new
  }

  /// Gives up other containers until `octets` more of `key` may be held. One container alone
  /// always fits.
  private mutating func makeRoom(for octets: Int, of key: Key) {
    while octetsHeld + octets > NMSGLimits.fragmentOctetsMax, giveUpOldest(but: key) {}
  }

  private mutating func complete(_ key: Key) -> Result {
    guard let partial = partials[key] else { return .held }
    let lastIsMissing = partial.missing == 1 && partial.fragments.last == .some(nil)
    guard partial.missing == 0 || lastIsMissing && key.checksum != nil else { return .held }
    var octets: [UInt8] = []
    octets.reserveCapacity(partial.octets)
    for fragment in partial.fragments { octets += fragment ?? [] }
    var isIntact = true
    if let checksum = key.checksum {
      isIntact = unsafe CRC32C.matches(checksum, octets.span.bytes)
    }
    // libnmsg announces one fragment too many when the length is a multiple of the fragments'.
    // Then the check is right without the last one.
    if lastIsMissing, !isIntact { return .held }
    forget(key)
    return isIntact ? .complete(octets) : .badChecksum
  }

  private mutating func forget(_ key: Key) {
    guard let partial = partials.removeValue(forKey: key) else { return }
    let charge = partial.fragments.count * NMSGLimits.fragmentBookkeepingOctets
    octetsHeld -= partial.octets + charge
  }

  private mutating func giveUpOld() {
    guard !partials.isEmpty, fragments % 1_024 == 0 else { return }
    let old = partials.filter { fragments - $0.value.startedAt > NMSGLimits.fragmentWait }
    for key in old.keys {
      forget(key)
      abandoned += 1
    }
  }

  /// Gives up the oldest container that is not `key`; false when there is none.
  @discardableResult
  private mutating func giveUpOldest(but key: Key) -> Bool {
    // No two containers started with the same fragment, so which is the oldest is never open.
    let others = partials.lazy.filter { $0.key != key }
    guard let oldest = others.min(by: { $0.value.startedAt < $1.value.startedAt }) else {
      return false
    }
    forget(oldest.key)
    abandoned += 1
    return true
  }
}
