import DNSWire
import Glibc
public import TidemarkDomains
public import TidemarkModel

/// The folder where lists are kept: of each its octets as they came (`NAME.list`) and a description
/// (`NAME.json`).
///
/// A list changes in one step, also when the program is killed: the new octets are on the disk as
/// `NAME.list.new` before the description tells of them, and get their name behind it. Whoever
/// reads takes the octets that the description tells of.
///
/// - Concurrency: any number of readers; one writer at a time.
public struct RiskListFolder: Sendable {
  /// Longest name of a list, octets.
  public static let nameOctetsMax = 64

  /// The folder.
  public let path: String

  /// Names a folder; it need not be there.
  public init(path: String) { self.path = path }

  /// The folder that belongs to a store, unless another one is named.
  public static func path(besideStore store: String) -> String {
    var store = Substring(store)
    while store.utf8.count > 1, store.hasSuffix("/") { store = store.dropLast() }
    return store + ".lists"
  }

  /// Descriptions of all lists, by name. Comparing them with those of a moment ago tells whether
  /// anything changed, without reading any list.
  ///
  /// - Returns: also why some lists cannot be described, by name.
  /// - Throws: ``RiskListFolderError`` when the folder cannot be read; one that is not there has no
  ///   lists.
  public func lists() throws(RiskListFolderError) -> RiskListInventory {
    var inventory = RiskListInventory()
    let suffix = ".json"
    for file in try RiskListFile.names(in: path).sorted() where file.hasSuffix(suffix) {
      let name = String(file.dropLast(suffix.count))
      guard RiskListFolder.isName(name) else { continue }
      do throws(RiskListFolderError) {
        inventory.lists.append(try description(of: name))
      } catch .unknownList {
        // Removed meanwhile.
      } catch {
        inventory.failures[name] = error
      }
    }
    return inventory
  }

  /// The description of a list.
  ///
  /// - Throws: ``RiskListFolderError/unknownList(name:)``, ``RiskListFolderError``.
  public func description(of name: String) throws(RiskListFolderError) -> StoredRiskList {
    let file = try file(of: name, "json")
    let json = try RiskListFile.read(file, octetsMax: StoredRiskList.octetsMax)
    guard let json else { throw .unknownList(name: name) }
    guard let stored = StoredRiskList(json: json), stored.header.name == name else {
      throw .badDescription(path: file)
    }
    return stored
  }

  /// A list with its octets.
  ///
  /// - Throws: ``RiskListFolderError/unknownList(name:)``, ``RiskListFolderError``.
  public func read(
    _ name: String
  ) throws(RiskListFolderError) -> (stored: StoredRiskList, octets: [UInt8]) {
    let file = try file(of: name, "list")
    // A writer may have put another list in place between description and octets.
    for _ in 0..<3 {
      let stored = try description(of: name)
      for place in [file, file + ".new"] {
        let octets = try RiskListFile.read(place, octetsMax: RiskListLimits.octetsMax)
        if let octets, RiskListFile.digest(octets) == stored.sha256 { return (stored, octets) }
      }
    }
    throw .otherOctets(path: file)
  }

  /// Keeps a list, in place of the one of that name.
  ///
  /// - Parameters:
  ///   - list: what the octets hold.
  ///   - source: the file or URL that they come from.
  ///   - shrinks: also when more than half of the entries that it had are gone. Otherwise such a
  ///     list is taken for damaged.
  /// - Returns: its description.
  /// - Throws: ``RiskListFolderError``; then the list is as it was.
  @discardableResult
  public func write(
    _ list: RiskList, octets: [UInt8], source: String, now: UnixSeconds, shrinks: Bool = false
  ) throws(RiskListFolderError) -> StoredRiskList {
    let name = list.header.name
    let (json, file) = (try self.file(of: name, "json"), try self.file(of: name, "list"))
    if !shrinks, let before = try? description(of: name).entryCount,
      list.entryCount < before - before / 2
    {
      throw .shrunk(name: name, entries: list.entryCount, before: before)
    }
    guard unsafe mkdir(path, 0o750) == 0 || errno == EEXIST else { throw .system(path: path) }
    // Octets that a killed writer left may be those that count: they get their name first.
    if (try? read(name)) != nil { try settle(name, file) }
    let stored = StoredRiskList(list, octets: octets, source: source, taken: now)
    try RiskListFile.write(octets, to: file + ".new")
    try RiskListFile.write(stored.json, to: json + ".new")
    try RiskListFile.rename(json + ".new", to: json, in: path)
    try RiskListFile.rename(file + ".new", to: file, in: path)
    return stored
  }

  /// Takes a list away.
  ///
  /// - Throws: ``RiskListFolderError/unknownList(name:)``, ``RiskListFolderError``.
  public func remove(_ name: String) throws(RiskListFolderError) {
    let (json, file) = (try self.file(of: name, "json"), try self.file(of: name, "list"))
    guard unsafe unlink(json) == 0 else {
      if errno == ENOENT { throw .unknownList(name: name) }
      throw .system(path: json)
    }
    for left in [file, file + ".new"] {
      guard unsafe unlink(left) == 0 || errno == ENOENT else { throw .system(path: left) }
    }
  }

  /// Puts all lists of the folder in force. A list that cannot be read stays as it was in force.
  ///
  /// - Returns: what was found, and what an operator should know.
  /// - Throws: ``RiskListFolderError`` when the folder cannot be read; then nothing changes.
  @discardableResult
  public func load(
    into catalog: RiskListCatalog, suffixes: PublicSuffixList
  ) throws(RiskListFolderError) -> RiskListInventory {
    var inventory = try lists()
    var lists: [RiskList] = []
    for stored in inventory.lists {
      let name = stored.header.name
      do throws(RiskListFolderError) {
        let found = try read(name)
        do throws(RiskListError) {
          lists.append(
            try RiskList(found.stored.header, octets: found.octets, suffixes: suffixes))
        } catch {
          inventory.failures[name] = .list(name: name, error)
        }
      } catch .unknownList {
        // Removed meanwhile.
      } catch {
        inventory.failures[name] = error
      }
    }
    // Whoever wrote a list that lost entries was asked.
    inventory.notices = catalog.replace(
      with: lists, unreadable: Set(inventory.failures.keys), shrinks: true)
    return inventory
  }

  /// Gives octets that the description tells of their name.
  private func settle(_ name: String, _ file: String) throws(RiskListFolderError) {
    let stored = try description(of: name)
    let octets = try RiskListFile.read(file, octetsMax: RiskListLimits.octetsMax)
    if let octets, RiskListFile.digest(octets) == stored.sha256 { return }
    try RiskListFile.rename(file + ".new", to: file, in: path)
  }

  private func file(of name: String, _ ending: String) throws(RiskListFolderError) -> String {
    guard RiskListFolder.isName(name) else { throw .badName }
    return "\(path)/\(name).\(ending)"
  }

  /// True for a name that can be that of a list and of a file.
  public static func isName(_ name: String) -> Bool {
    let octets = Array(name.utf8)
    return (1...nameOctetsMax).contains(octets.count) && octets.first != UInt8(ascii: ".")
      && octets.allSatisfy { octet in
        switch octet {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
          UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"),
          UInt8(ascii: "."):
          true
        default: false
        }
      }
  }
}

/// What a folder of lists has.
public struct RiskListInventory: Sendable, Equatable {
  /// Lists by name.
  public fileprivate(set) var lists: [StoredRiskList] = []
  /// Why lists cannot be used, by name.
  public fileprivate(set) var failures: [String: RiskListFolderError] = [:]
  /// What an operator should know of the reload.
  public fileprivate(set) var notices: [RiskListNotice] = []

  /// Failures and notices, a line each.
  public var remarks: [String] {
    failures.sorted { $0.key < $1.key }.map(\.value.description) + notices.map(\.description)
  }
}
