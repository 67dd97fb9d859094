/// What a session says about its packets of type 254: a JSON object with a `type`, and whatever
/// else its sender finds useful.
public struct D4MetaHeader: Equatable, Sendable {
  /// Longest object, octets: what the Go client reads.
  public static let octetCountMax = 100_000
  /// Origins that are remembered of one header. A stream that passed more servers is refused.
  public static let originsMax = 256
  /// The type of passive DNS records in the Common Output Format, between servers of this program.
  public static let passivednsCOF = "passivedns-cof"

  /// The kind of data.
  public let type: String
  /// Ids of the stores whose records are in the stream, so that nobody takes his own back; empty
  /// when the sender says nothing about it.
  public let origins: [SensorUUID]
  /// The object as it came, line feeds left out.
  public let json: [UInt8]

  /// Reads an object.
  ///
  /// - Parameter json: the whole object, white space around it allowed.
  /// - Throws: ``D4Fault/badMetaHeader`` unless it is an object with a text `type`, and, if there
  ///   is one, a list of at most ``originsMax`` UUIDs as `origins`; ``D4Fault/longMetaHeader``.
  public init(json: Span<UInt8>) throws(D4Fault) {
    guard json.count <= D4MetaHeader.octetCountMax else { throw .longMetaHeader }
    var octets: [UInt8] = []
    octets.reserveCapacity(json.count)
    for index in json.indices { octets.append(json[index]) }
    var reader = MetaReader(octets)
    let found = try reader.read()
    guard let type = found.type else { throw .badMetaHeader }
    self.type = type
    var origins: [SensorUUID] = []
    for text in found.origins {
      guard let origin = SensorUUID(text: text) else { throw .badMetaHeader }
      origins.append(origin)
    }
    self.origins = origins
    self.json = octets
  }

  private init(type: String, origins: [SensorUUID]) {
    self.type = type
    self.origins = origins
    let list = origins.map { "\"\($0)\"" }.joined(separator: ",")
    json = Array("{\"type\":\"\(type)\",\"encoding\":\"utf-8\",\"origins\":[\(list)]}".utf8)
  }

  /// The header of a stream of records that come from these stores.
  ///
  /// - Parameter origins: at most ``originsMax``; those beyond are left out.
  public static func passivednsCOF(origins: [SensorUUID]) -> D4MetaHeader {
    D4MetaHeader(type: passivednsCOF, origins: Array(origins.prefix(originsMax)))
  }
}
