public import TidemarkModel

/// Where the reading of a followed file starts.
public struct FollowStart: Sendable, Equatable {
  /// Octets of the head at most.
  public static let headOctetsMax = 1 << 16

  /// Unpacked octets before the first window. Always 0 for whole files: these are read from their
  /// start, and `items` says how much of them is stored.
  public let offset: UInt64
  /// Items that are stored already, those before `offset` included.
  public let items: UInt64
  /// The first octets of the file when `offset` is not 0: what a header says about the rest.
  public let head: [UInt8]
}

/// A file as a ``FileFollower`` knows it.
public final class FollowedFile {
  enum State: Equatable {
    /// To be looked at: new, or changed while it was not read.
    case unexamined
    /// Read, and the owner of its position.
    case reading
    /// Begins with what another file holds that is being read; see ``original``.
    case copy
    /// Read to its end.
    case ended
    /// Rotated before the follower was started for the first time.
    case ignored
  }

  /// The file's latest name.
  public internal(set) var path: String

  var status: FileStatus
  var role: FollowPattern.Role
  let pattern: Int
  var state = State.unexamined
  weak var original: FollowedFile?
  /// The follower's clock when the status last changed.
  var changedAt: Int64
  /// The follower's clock when it was found.
  let foundAt: Int64
  /// Looks in which the file was not found.
  var misses = 0
  var hasBegun = false
  /// Read as far as it went when the status was taken.
  var isIdle = false
  var reader: FollowReader?
  var slot: UInt32?
  /// The first octets, as far as known.
  var head: [UInt8] = []
  /// Unpacked octets before the window, and the last of them.
  var offset: UInt64 = 0
  var tail: [UInt8] = []
  /// The same for the last place where reading may start again.
  var boundary: (offset: UInt64, tail: [UInt8]) = (0, [])
  /// Octets read and not used.
  var carry: [UInt8] = []
  var items: UInt64 = 0

  /// What is offered just now.
  private var window: [UInt8] = []
  private var offered = 0
  private var isFinal = false
  private var isWhole = false
  private var held = 0
  private unowned let follower: FileFollower

  init(
    path: String, status: FileStatus, role: FollowPattern.Role, pattern: Int, now: Int64,
    follower: FileFollower
  ) {
    self.path = path
    self.status = status
    self.role = role
    self.pattern = pattern
    changedAt = now
    foundAt = now
    self.follower = follower
  }

  /// The change of the `state` family that belongs to the octets used so far. Valid while
  /// ``FollowerClient/take(_:of:isFinal:)`` runs.
  ///
  /// - Parameters:
  ///   - consumed: octets of the window given that are used; a place between items.
  ///   - items: items read, ``FollowStart/items`` included.
  ///   - held: how many of the last octets used, of this window or of earlier ones, belong to an
  ///     item that is not complete. Reading starts again before them.
  public func change(
    consumed: Int, items: UInt64, held: Int = 0
  ) -> RecordBatch.StateChange? {
    precondition(consumed <= offered, "more octets used than given")
    (self.items, self.held) = (items, held)
    let place = boundary(consumed)
    guard place.offset > 0, let slot else { return nil }
    let position = position(at: place, isAtEnd: isFinal && consumed == offered && held == 0)
    return follower.change(slot, position)
  }

  /// The position at a place.
  func position(at place: (offset: UInt64, tail: [UInt8]), isAtEnd: Bool) -> FollowPosition {
    var position = FollowPosition()
    position.offset = place.offset
    position.head = .init(of: Array(head.prefix(Int(clamping: place.offset))))
    position.tail = .init(of: place.tail)
    position.items = items
    position.modified = status.modified
    position.isAtEnd = isAtEnd
    return position
  }

  /// Gives octets to a client, and keeps those that it does not use.
  ///
  /// - Parameters:
  ///   - octets: those behind ``offset``.
  ///   - count: how many of them are given.
  ///   - isWhole: nothing given belongs to an item that goes on behind it.
  /// - Returns: octets used.
  func offer(
    _ octets: inout [UInt8], count: Int, isWhole: Bool, isFinal: Bool,
    to client: some FollowerClient
  ) throws -> Int {
    swap(&window, &octets)
    defer {
      swap(&window, &octets)
      octets.removeAll(keepingCapacity: true)
    }
    (offered, self.isFinal, self.isWhole, held) = (count, isFinal, isWhole, 0)
    if head.count < FollowPosition.headOctetsMax, offset <= UInt64(head.count) {
      head.append(
        contentsOf: window[..<count].dropFirst(head.count - Int(offset))
          .prefix(FollowPosition.headOctetsMax - head.count))
    }
    let consumed = try give(to: client)
    precondition(consumed >= 0 && consumed <= count, "more octets used than given")
    boundary = boundary(consumed)
    tail = tail(consumed)
    offset += UInt64(consumed)
    carry = Array(window[consumed...])
    return consumed
  }

  private func give(to client: some FollowerClient) throws -> Int {
    let octets = window
    return try client.take(octets.span.extracting(0..<offered), of: self, isFinal: isFinal)
  }

  private func boundary(_ consumed: Int) -> (offset: UInt64, tail: [UInt8]) {
    guard isWhole || consumed < offered, held <= consumed else { return boundary }
    return (offset + UInt64(consumed - held), tail(consumed - held))
  }

  private func tail(_ consumed: Int) -> [UInt8] {
    let most = FollowPosition.tailOctetsMax
    let fresh = window[..<consumed].suffix(most)
    return Array(tail.suffix(most - fresh.count)) + fresh
  }

  /// Forgets everything about the content.
  func reset() {
    state = .unexamined
    original = nil
    hasBegun = false
    isIdle = false
    reader = nil
    slot = nil
    head = []
    offset = 0
    tail = []
    boundary = (0, [])
    carry = []
    items = 0
  }
}

/// What happens to followed files beside being read.
public enum FollowEvent: Sendable, Equatable {
  /// It was cut or replaced where it lies, and starts again. What was written to it after the last
  /// look and before that is lost.
  case truncated
  /// It was deleted before it was read to its end; so many octets are lost, as they lay in it.
  case vanished(unread: UInt64)
  /// It cannot be read, or not any further, until it changes.
  case failed(SourceError)
}

/// Takes what a ``FileFollower`` reads. All calls come from ``FileFollower/poll(now:client:)``.
public protocol FollowerClient: AnyObject {
  /// A file is read from here on; it needs a new decoder.
  func begin(_ file: FollowedFile, at start: FollowStart) throws

  /// Octets of a file that was begun.
  ///
  /// - Parameters:
  ///   - window: in a file of lines whole lines, unless a line is longer than
  ///     ``FileFollower/chunkOctets``.
  ///   - isFinal: the file ends with this window, which may be empty.
  /// - Returns: octets used; the others come again, with more behind them. Of a final window all
  ///   must be used in the end, wanted or not.
  func take(_ window: Span<UInt8>, of file: FollowedFile, isFinal: Bool) throws -> Int

  /// A file that was begun is read no more: its decoder is not needed. It may begin again.
  func end(_ file: FollowedFile)

  /// Something happened to a file.
  func note(_ event: FollowEvent, of file: FollowedFile)
}
