import CaptureFormats
import TidemarkModel

/// Responses of servers that are not known yet, until they are or their time is up.
///
/// Bounded by octets: the oldest leave early. In order of arrival, and beside that in a list for
/// each server, newest first.
struct HeldResponses {
  struct Held {
    let message: [UInt8]
    let server: FlowAddress
    let origin: ObservationOrigin
    /// Of the response.
    let time: UnixSeconds
    /// When the wait ends.
    let due: UnixSeconds
    /// How often it was judged in vain since.
    var tries: UInt8 = 0
  }

  /// Octets that a held response takes beside its message, about.
  private static let overheadOctets = 160

  private struct Node {
    var held: Held?
    var older: Int32 = -1
    var newer: Int32 = -1
    /// Neighbours of the same server, `nextOfServer` being the older.
    var nextOfServer: Int32 = -1
    var previousOfServer: Int32 = -1
  }

  private var nodes: [Node] = []
  private var free: Int32 = -1
  private var oldest: Int32 = -1
  private var newest: Int32 = -1
  private var servers: [FlowAddress: Int32] = [:]
  private let octetsMax: Int
  /// Octets of all that are held.
  private(set) var octets = 0
  /// Responses held.
  private(set) var count = 0

  init(octetsMax: Int) {
    self.octetsMax = octetsMax
  }

  /// True when the oldest must leave before its time.
  var isOverfull: Bool { octets > octetsMax }

  /// Adds a response behind all others.
  mutating func append(_ held: Held) {
    octets += held.message.count + HeldResponses.overheadOctets
    count += 1
    let index: Int32
    if free >= 0 {
      index = free
      free = nodes[Int(index)].newer
      nodes[Int(index)] = Node(held: held)
    } else {
      nodes.append(Node(held: held))
      index = Int32(nodes.count - 1)
    }
    nodes[Int(index)].older = newest
    if newest >= 0 { nodes[Int(newest)].newer = index } else { oldest = index }
    newest = index
    if let head = servers[held.server] {
      nodes[Int(index)].nextOfServer = head
      nodes[Int(head)].previousOfServer = index
    }
    servers[held.server] = index
  }

  /// Takes the oldest out, if `condition` holds for it.
  mutating func removeOldest(if condition: (Held) -> Bool) -> Held? {
    guard oldest >= 0, let held = nodes[Int(oldest)].held, condition(held) else { return nil }
    return remove(Int(oldest))
  }

  /// Numbers of the responses of a server, the oldest first.
  func numbers(of server: FlowAddress) -> [Int] {
    var numbers: [Int] = []
    var index = servers[server] ?? -1
    while index >= 0 {
      numbers.append(Int(index))
      index = nodes[Int(index)].nextOfServer
    }
    return numbers.reversed()
  }

  /// A response by its number; nil when it has left.
  subscript(number: Int) -> Held? { nodes[number].held }

  /// Notes that a response was judged in vain.
  mutating func countTry(_ number: Int) { nodes[number].held?.tries += 1 }

  /// Takes a response out.
  mutating func remove(_ number: Int) -> Held? {
    let node = nodes[number]
    guard let held = node.held else { return nil }
    if node.older >= 0 { nodes[Int(node.older)].newer = node.newer } else { oldest = node.newer }
    if node.newer >= 0 { nodes[Int(node.newer)].older = node.older } else { newest = node.older }
    if node.nextOfServer >= 0 {
      nodes[Int(node.nextOfServer)].previousOfServer = node.previousOfServer
    }
    if node.previousOfServer >= 0 {
      nodes[Int(node.previousOfServer)].nextOfServer = node.nextOfServer
    } else if node.nextOfServer >= 0 {
      servers[held.server] = node.nextOfServer
    } else {
      servers[held.server] = nil
    }
    nodes[number] = Node(newer: free)
    free = Int32(number)
    octets -= held.message.count + HeldResponses.overheadOctets
    count -= 1
    return held
  }
}
