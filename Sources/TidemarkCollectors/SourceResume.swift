/// Finds out how much of a source is stored already, by hashing it once up to the farthest
/// candidate.
public struct SourceResume: Sendable {
  /// A checkpoint in the store.
  public struct Candidate: Sendable, Equatable {
    /// Its key in the `state` family.
    public let key: [UInt8]
    /// Its value.
    public let checkpoint: SourceCheckpoint

    /// Makes a candidate of a row of the `state` family; nil when the row is none.
    public init?(key: [UInt8], value: [UInt8]) {
      guard SourceIdentity.index(ofKey: key) != nil,
        let checkpoint = SourceCheckpoint(decoding: value)
      else { return nil }
      self.key = key
      self.checkpoint = checkpoint
    }
  }

  private var hasher = SourceHasher()
  /// By offset, those not yet reached.
  private var waiting: ArraySlice<Candidate>
  /// The farthest candidate whose octets are those of the source.
  public private(set) var match: Candidate?

  /// Takes what the store has under the source's ``SourceIdentity/keyPrefixes``.
  public init(candidates: [Candidate]) {
    waiting = candidates.sorted { $0.checkpoint.offset < $1.checkpoint.offset }[...]
  }

  /// True when no candidate is left to reach: further octets make no difference.
  public var isDecided: Bool { waiting.isEmpty }

  /// Takes the next octets of the source.
  public mutating func update(_ octets: Span<UInt8>) {
    var at = 0
    while let next = waiting.first {
      let missing = next.checkpoint.offset - hasher.offset
      guard missing <= UInt64(octets.count - at) else { break }
      hasher.update(octets.extracting(at..<(at + Int(missing))))
      at += Int(missing)
      if hasher.checkpoint(items: next.checkpoint.items) == next.checkpoint,
        next.checkpoint.items >= match?.checkpoint.items ?? 0
      {
        match = next
      }
      waiting.removeFirst()
    }
    if !waiting.isEmpty { hasher.update(octets.extracting(at..<octets.count)) }
  }

  /// Reads a source as far as needed and goes back to its start.
  ///
  /// - Parameters:
  ///   - source: at any position.
  ///   - options: see ``SourceIdentity/init(head:options:)``.
  ///   - lookUp: rows of the `state` family whose keys start with a prefix.
  /// - Returns: the identity, nil for an empty source; the stored part; and a key for its next
  ///   checkpoint: the key of the match, or a new one.
  /// - Throws: ``SourceError/io(path:code:)``, and whatever `lookUp` throws. Damaged compression is
  ///   left for the import to find, behind the octets that can be read.
  public static func find(
    in source: ByteSource, options: String,
    lookUp: ([UInt8]) throws -> [(key: [UInt8], value: [UInt8])]
  ) throws -> (key: [UInt8], match: Candidate?)? {
    try source.rewind()
    var chunk: [UInt8] = []
    guard try nextWhole(source, into: &chunk) else { return nil }
    let head = Array(chunk.prefix(SourceIdentity.headOctetsMax))
    guard let identity = SourceIdentity(head: head.span, options: options) else { return nil }
    var candidates: [Candidate] = []
    var used: Set<UInt16> = []
    for (index, prefix) in identity.keyPrefixes.enumerated() {
      for row in try lookUp(prefix) {
        if index == 0, let number = SourceIdentity.index(ofKey: row.key) { used.insert(number) }
        if let candidate = Candidate(key: row.key, value: row.value) {
          candidates.append(candidate)
        }
      }
    }
    var resume = SourceResume(candidates: candidates)
    repeat {
      resume.update(chunk.span)
    } while try !resume.isDecided && nextWhole(source, into: &chunk)
    try source.rewind()
    if let match = resume.match { return (match.key, match) }
    // 65,536 sources that begin alike and differ later: the first is overwritten then, which only
    // costs the memory of it.
    let index = (0...UInt16.max).first { !used.contains($0) } ?? 0
    return (identity.key(index: index), nil)
  }

  private static func nextWhole(
    _ source: ByteSource, into chunk: inout [UInt8]
  ) throws(SourceError) -> Bool {
    do {
      return try source.next(into: &chunk)
    } catch .corrupt {
      return false
    }
  }
}
