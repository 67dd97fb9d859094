import Synchronization

/// Something about a reload that an operator should know.
public enum RiskListNotice: Sendable, Equatable, CustomStringConvertible {
  /// A list has less than half of the entries it had: the old one stays in force.
  case shrunk(name: String, entries: Int, before: Int)
  /// Two lists have the same name: the first one counts.
  case doubleName(name: String)
  /// More than ``RiskListLimits/listsMax`` lists: this one is left out.
  case tooManyLists(name: String)

  /// One line for people.
  public var description: String {
    switch self {
    case .shrunk(let name, let entries, let before):
      "list \(name) has \(entries) entries after \(before): the old one is kept; remove the list "
        + "and add it again if this is right"
    case .doubleName(let name): "two lists are named \(name): the second one is left out"
    case .tooManyLists(let name):
      "list \(name) is left out: at most \(RiskListLimits.listsMax) lists"
    }
  }
}

/// The lists in force. A reload builds a new set beside the old one and puts it in place in one
/// step: a reader sees all of the old lists or all of the new ones.
///
/// - Concurrency: any thread; readers never wait for a reload.
public final class RiskListCatalog: Sendable {
  private let inForce = Mutex(RiskListSet())
  /// By name; held while a reload is at work, so that reloads wait for each other.
  private let lists = Mutex<[String: RiskList]>([:])

  /// Makes a catalogue without lists.
  public init() {}

  /// The lists in force.
  public var current: RiskListSet { inForce.withLock { $0 } }

  /// Puts lists in place of all that were there. A list that lost more than half of its entries
  /// since the last reload is taken for damaged: the old one of that name stays.
  ///
  /// - Parameters:
  ///   - lists: all of them; a name that is missing is gone.
  ///   - unreadable: names of lists that should be there but could not be read: the old ones stay.
  ///   - shrinks: true when somebody made sure already that lists that lost entries are right.
  /// - Returns: what an operator should know.
  @discardableResult
  public func replace(
    with lists: [RiskList], unreadable: Set<String> = [], shrinks: Bool = false
  ) -> [RiskListNotice] {
    self.lists.withLock { known in
      var notices: [RiskListNotice] = []
      var taken: [String: RiskList] = [:]
      var order: [RiskList] = []
      let stale = unreadable.sorted().compactMap { known[$0] }
      for list in lists + stale {
        let name = list.header.name
        guard taken[name] == nil else {
          notices.append(.doubleName(name: name))
          continue
        }
        guard order.count < RiskListLimits.listsMax else {
          notices.append(.tooManyLists(name: name))
          continue
        }
        var kept = list
        if !shrinks, let old = known[name],
          list.entryCount < old.entryCount - old.entryCount / 2
        {
          notices.append(
            .shrunk(name: name, entries: list.entryCount, before: old.entryCount))
          kept = old
        }
        taken[name] = kept
        order.append(kept)
      }
      known = taken
      let next = RiskListSet(order, generation: current.generation + 1)
      inForce.withLock { $0 = next }
      return notices
    }
  }
}
