public import TidemarkDatabase

/// Why the control database did not do something. Each prints as one line.
public enum ControlError: DatabaseFailure, Sendable, Equatable, CustomStringConvertible {
  /// There is no such file.
  case notThere(path: String)
  /// The file cannot be used as it is.
  case unusable(path: String, reason: String)
  /// A database, but of another program.
  case notControl(path: String)
  /// Written by a later version of this program.
  case newer(path: String, found: Int, known: Int)
  /// Another file has taken its place since it was opened.
  case replaced(path: String)
  /// A valid token has this name.
  case nameTaken(String)
  /// No token has this name or number.
  case unknownToken(String)
  /// The token was revoked before.
  case revokedBefore(String)
  /// Something about a token makes no sense.
  case badGrant(String)
  /// No sensor has this name or UUID.
  case unknownSensor(String)
  /// The sensor is known already.
  case sensorKnown(String)
  /// Another sensor has this name.
  case sensorNameTaken(String)
  /// Something about a sensor makes no sense.
  case badSensor(String)
  /// A partner that was not revoked has this name.
  case partnerNameTaken(String)
  /// No partner has this name or number.
  case unknownPartner(String)
  /// The partner was revoked before.
  case partnerRevokedBefore(String)
  /// SQLite refused.
  case failed(path: String, reason: String)

  /// One line for people.
  public var description: String {
    switch self {
    case .notThere(let path):
      "\(path): there is no control database; tidemark token create or sensor add makes one"
    case .unusable(let path, let reason): "\(path): \(reason)"
    case .notControl(let path): "\(path): a database, but no control database of Tidemark"
    case .newer(let path, let found, let known):
      "\(path): has version \(found), and this program knows versions up to \(known);"
        + " use a later program"
    case .replaced(let path):
      "\(path): another file has taken its place; restart the server to use that one"
    case .nameTaken(let name):
      "a valid token is named \(name); revoke it first, or take another name"
    case .unknownToken(let name): "there is no token \(name)"
    case .revokedBefore(let name): "token \(name) was revoked before"
    case .badGrant(let reason), .badSensor(let reason): reason
    case .unknownSensor(let name): "there is no sensor \(name)"
    case .sensorKnown(let uuid): "sensor \(uuid) is known already"
    case .sensorNameTaken(let name): "another sensor is named \(name)"
    case .partnerNameTaken(let name):
      "a partner is named \(name); revoke it first, or take another name"
    case .unknownPartner(let name): "there is no partner \(name)"
    case .partnerRevokedBefore(let name): "partner \(name) was revoked before"
    case .failed(let path, let reason): "\(path): \(reason)"
    }
  }
}
