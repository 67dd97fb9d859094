public import D4Wire
import Glibc

/// The configuration folder of the D4 clients, one value a file, as the Go client reads it: the
/// first 100 octets of a file, less one line feed and then one carriage return at their end.
public struct D4ClientFolder: Sendable {
  /// Why a folder cannot be used. Each prints as one line; none holds the key.
  public struct Fault: Error, Sendable, Equatable, CustomStringConvertible {
    /// One line for people.
    public let description: String
  }

  /// Octets of a value.
  public static let valueOctetsMax = 100

  /// Who we are. Made, and written into the folder, when the folder has none.
  public let uuid: SensorUUID
  /// The secret.
  public let key: D4Key
  /// What is sent; 254 for a folder that says 2.
  public let type: D4Type
  /// The protocol's version.
  public let version: UInt8
  /// Octets of a packet.
  public let snapOctets: Int
  /// `metaheader.json`; nil for types without.
  public let metaHeader: [UInt8]?
  /// What file `destination` says.
  public let destination: String
  /// What file `source` says; nil for one that is not there, or for a source that is none.
  public let source: String?
  /// Authorities to trust: `rootCA.crt` inside the folder, or beside it under the folder's name
  /// with that behind it, where the Go client looks for it.
  public let authorities: String?

  private let path: String

  /// Reads a folder.
  ///
  /// - Parameter allowsSampleKey: for tests: takes the key that comes with every D4 program.
  /// - Throws: ``Fault``.
  public init(path: String, allowsSampleKey: Bool = false) throws(Fault) {
    var folder = path
    while folder.count > 1, folder.hasSuffix("/") { folder.removeLast() }
    self.path = folder
    func value(_ name: String) throws(Fault) -> String? {
      try D4ClientFolder.value(name, in: folder)
    }
    key = try D4ClientFolder.key(in: folder, allowsSample: allowsSampleKey)
    type = try D4ClientFolder.type(try value("type"), folder)
    version =
      try D4ClientFolder.number(try value("version"), 1...255, "version", folder).map {
        UInt8(clamping: $0)
      } ?? D4Header.currentVersion
    snapOctets =
      try D4ClientFolder.number(
        try value("snaplen"), 1...D4PayloadCutter.payloadOctetsMax, "snaplen", folder)
      ?? D4PayloadCutter.snapOctetsStandard
    metaHeader = type == .extended ? try D4ClientFolder.metaHeader(in: folder) : nil
    destination = try value("destination") ?? ""
    source = try value("source")
    authorities = ["\(folder)/rootCA.crt", "\(folder)rootCA.crt"].first {
      unsafe access($0, R_OK) == 0
    }
    uuid = try D4ClientFolder.uuid(in: folder)
  }

  /// Where payload comes from.
  ///
  /// - Parameter isRaw: files of a folder are sent as they are.
  /// - Throws: ``Fault`` for a source that is none, or whose files are missing.
  public func input(isRaw: Bool) throws(Fault) -> D4Input.Source {
    switch source {
    case "stdin": return .standardInput
    case "pcap": return .file(path: "\(path)/capture.pcap")
    case "folder":
      guard let name = try value("folder") else { throw missing("folder") }
      return .folder(path: name, isRaw: isRaw)
    case "d4server":
      guard let place = try value("redis_d4") else { throw missing("redis_d4") }
      guard let list = try value("redis_queue") else { throw missing("redis_queue") }
      do {
        return .queue(try RedisAddress(place: place), list: list)
      } catch {
        throw Fault(description: "\(path)/redis_d4: must be host:port/number")
      }
    default:
      throw Fault(
        description: "\(path)/source: must be stdin, pcap, folder or d4server")
    }
  }

  private func value(_ name: String) throws(Fault) -> String? {
    try D4ClientFolder.value(name, in: path)
  }

  private func missing(_ name: String) -> Fault {
    Fault(description: "\(path)/\(name): is missing or empty")
  }

  // MARK: Values

  private static func value(_ name: String, in folder: String) throws(Fault) -> String? {
    guard var octets = try octets("\(folder)/\(name)", max: valueOctetsMax, isCut: true) else {
      return nil
    }
    if octets.last == 0x0A { octets.removeLast() }
    if octets.last == 0x0D { octets.removeLast() }
    guard let text = String(validating: octets, as: UTF8.self),
      !text.unicodeScalars.contains(where: { $0.value < 0x20 || $0.value == 0x7F })
    else { throw Fault(description: "\(folder)/\(name): is not one line of text") }
    return text.isEmpty ? nil : text
  }

  private static func key(in folder: String, allowsSample: Bool) throws(Fault) -> D4Key {
    let path = "\(folder)/key"
    guard let content = try octets(path, max: D4Key.octetCountMax, isCut: true) else {
      throw Fault(description: "\(path): is missing")
    }
    let key: D4Key
    do {
      key = try D4Key(file: content)
    } catch {
      throw Fault(description: "\(path): \(error)")
    }
    guard allowsSample || !key.isSample else {
      throw Fault(
        description: "\(path): is the key that comes with every D4 program; choose another")
    }
    return key
  }

  private static func type(_ text: String?, _ folder: String) throws(Fault) -> D4Type {
    guard let text, let type = D4Type(name: text), type.rawValue != 0 else {
      throw Fault(description: "\(folder)/type: must be a number such as 8")
    }
    return type == .metaHeader ? .extended : type
  }

  private static func number(
    _ text: String?, _ range: ClosedRange<Int>, _ name: String, _ folder: String
  ) throws(Fault) -> Int? {
    guard let text else { return nil }
    guard let number = Int(text), range.contains(number) else {
      throw Fault(
        description: "\(folder)/\(name): must be \(range.lowerBound) to \(range.upperBound)")
    }
    return number
  }

  private static func metaHeader(in folder: String) throws(Fault) -> [UInt8] {
    let path = "\(folder)/metaheader.json"
    guard let json = try octets(path, max: D4MetaHeader.octetCountMax, isCut: false) else {
      throw Fault(description: "\(path): is missing; type 254 needs it")
    }
    let object = json.filter { $0 != 0x0A }
    do {
      _ = try D4MetaHeader(json: object.span)
    } catch {
      throw Fault(description: "\(path): must be a JSON object with a text \"type\"")
    }
    return json
  }

  /// The UUID; a new one is written where there is none, as the clients do.
  private static func uuid(in folder: String) throws(Fault) -> SensorUUID {
    let path = "\(folder)/uuid"
    if let text = try value("uuid", in: folder) {
      guard let uuid = SensorUUID(text: text), uuid.isVersion4 else {
        throw Fault(description: "\(path): must be a UUID of version 4")
      }
      return uuid
    }
    let made = SensorUUID.random()
    let disk = SpoolDisk(folder: folder, hook: nil)
    do {
      try disk.replace("uuid", with: Array("\(made)\n".utf8))
    } catch {
      throw Fault(description: "\(path): cannot be written: \(error)")
    }
    return made
  }

  /// - Parameter isCut: takes the start of a longer file.
  /// - Returns: nil when there is no such file.
  private static func octets(
    _ path: String, max: Int, isCut: Bool
  ) throws(Fault) -> [UInt8]? {
    var room = [UInt8](repeating: 0, count: isCut ? max : max + 1)
    do throws(SourceError) {
      let count = try FileHandleReader(path: path).readArray(&room)
      guard count <= max else { throw SourceError.io(path: path, code: EFBIG) }
      return Array(room[..<count])
    } catch .notFound {
      return nil
    } catch {
      throw Fault(description: "\(error)")
    }
  }
}
