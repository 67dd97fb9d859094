/// Why a session is refused or ended. The raw value is the name in counts.
public enum D4Fault: String, Error, Equatable, Sendable, CaseIterable {
  /// A version other than 1.
  case version
  /// A UUID that is not version 4.
  case uuid
  /// A type that is not accepted here.
  case type
  /// A payload beyond the limit.
  case size
  /// A wrong code: another key, or a damaged packet.
  case hmac
  /// Nobody registered the sensor.
  case unknownSensor = "unknown-sensor"
  /// The sensor is registered and not approved yet.
  case pending
  /// The sensor is blocked.
  case blocked
  /// The sensor has no key, and neither has the server.
  case noKey = "no-key"
  /// The key of the sensor is the one of all examples.
  case sampleKey = "sample-key"
  /// A living session of the same sensor and type is there, or many of the same sensor.
  case duplicate
  /// The type changes inside a session.
  case typeChange = "type-change"
  /// The UUID changes inside a session.
  case uuidChange = "uuid-change"
  /// Type 254 without a complete meta header before it.
  case noMetaHeader = "no-meta-header"
  /// A meta header that is no JSON object with a `type`, or more text behind it.
  case badMetaHeader = "bad-meta-header"
  /// A meta header longer than ``D4MetaHeader/octetCountMax``.
  case longMetaHeader = "long-meta-header"
  /// A meta header of a type that is not accepted here.
  case metaType = "meta-type"
  /// A packet much older than one that came before: somebody sends again what he recorded.
  case replayed
  /// Too many large first packets wait for their codes to be checked, or too many captures are
  /// being read.
  case crowded
  /// The sensor's dataset or name cannot be taken down in the store.
  case store
  /// A meta header that names us among the origins: what we sent comes back.
  case ownOrigin = "own-origin"
}

extension D4Fault: CustomStringConvertible {
  /// One line for people.
  public var description: String {
    switch self {
    case .version: "speaks another version of the protocol, or another protocol"
    case .uuid: "its UUID is not version 4"
    case .type: "sends a type that is not taken"
    case .size: "sent a packet beyond the limit"
    case .hmac: "its packets are signed with another key"
    case .unknownSensor: "is not registered"
    case .pending: "is not approved yet"
    case .blocked: "is blocked"
    case .noKey: "has no key"
    case .sampleKey: "its key is the one of all examples"
    case .duplicate: "has another connection for the same type, or too many"
    case .typeChange: "changed the type inside a connection"
    case .uuidChange: "changed its UUID inside a connection"
    case .noMetaHeader: "sent type 254 without a meta header"
    case .badMetaHeader: "sent a meta header that cannot be read"
    case .longMetaHeader: "sent a meta header beyond the limit"
    case .metaType: "sends an extended type that is not taken"
    case .replayed: "sent a packet much older than one before"
    case .crowded: "came while too many large first packets, or captures, were taken"
    case .store: "could not be taken down in the store"
    case .ownOrigin: "sends back what was shared from here"
    }
  }
}
