import D4Wire
import FoundationEssentials
import HTTPTypes
import Hummingbird
import NIOPosix
import TidemarkSharing

/// `POST /api/v1/add/sensor/register`: a new sensor, as the server of D4 takes it. Scripts that
/// roll out sensors there work here.
struct SensorRegistrationRoute: Route {
  /// Nil where nobody keeps sensors.
  let sensors: (any SensorDirectory)?

  func respond(to exchange: Exchange) async throws -> Response {
    guard exchange.request.method == .post else { throw Problem.method(allowed: "POST") }
    let body = try await SensorRegistrationRoute.body(of: exchange.request)
    guard let sensors else {
      throw Problem(.serviceUnavailable, "no sensors are kept here: there is no control database")
    }
    let members = try SensorRegistrationMembers(body)
    let uuid = try members.version4()
    // Before the key: who is known is told so, whatever else the request lacks.
    guard sensors.profile(of: uuid) == nil else { throw SensorRegistrationRoute.known }
    let registration = try members.registration(of: uuid)
    let outcome: SensorRegistrationOutcome
    do {
      outcome = try await NIOThreadPool.singleton.runIfActive {
        try sensors.register(registration)
      }
    } catch {
      // Why is the operator's business; the control database complains by itself.
      throw Problem(.serviceUnavailable, "the registration could not be written; try again")
    }
    switch outcome {
    case .registered: return SensorRegistrationRoute.registered(uuid)
    case .alreadyRegistered: throw SensorRegistrationRoute.known
    case .tooManyPending:
      throw Problem(.tooManyRequests, "Too many sensors wait for approval")
    }
  }

  /// The word is spelled as clients know it.
  private static let known = Problem(.conflict, "Sensor already registred")

  /// The UUID without dashes, as the server of D4 has it.
  private static func registered(_ uuid: SensorUUID) -> Response {
    var json = JSONLine()
    json.add("uuid", uuid.description.filter { $0 != "-" })
    return Response(
      status: .ok, headers: [.contentType: "application/json", .cacheControl: "no-store"],
      octets: json.finished(), isHead: false)
  }

  private static func body(of request: Request) async throws -> [UInt8] {
    let most = ServerLimits.registrationOctetsMax
    let tooLong = Problem(.contentTooLarge, "a registration may have \(most) octets")
    if let encoding = request.headers[.contentEncoding]?.lowercased(), encoding != "identity" {
      throw Problem(.unsupportedMediaType, "registrations are taken without Content-Encoding only")
    }
    if let length = request.headers[.contentLength].flatMap({ Int($0) }), length > most {
      throw tooLong
    }
    var body: [UInt8] = []
    for try await buffer in request.body {
      guard body.count + buffer.readableBytes <= most else { throw tooLong }
      body.append(contentsOf: buffer.readableBytesView)
    }
    return body
  }
}

/// The members of a registration that mean something here.
private struct SensorRegistrationMembers: Decodable {
  private enum CodingKeys: String, CodingKey {
    case uuid, mail
    case key = "hmac_key"
    case thirdParty = "third_party"
  }

  private let uuid: String?
  private let key: String?
  private let mail: String
  private let isThirdParty: Bool

  /// - Throws: ``Problem`` for what is no JSON object.
  init(_ body: [UInt8]) throws(Problem) {
    do {
      self = try JSONDecoder().decode(SensorRegistrationMembers.self, from: Data(body))
    } catch {
      throw Problem(.badRequest, "Malformed JSON")
    }
  }

  init(from decoder: any Decoder) throws {
    let members = try decoder.container(keyedBy: CodingKeys.self)
    // Members of another type are as good as none, but for the mail, which may be left out.
    uuid = try? members.decode(String.self, forKey: .uuid)
    key = try? members.decode(String.self, forKey: .key)
    mail = try members.decodeIfPresent(String.self, forKey: .mail) ?? ""
    isThirdParty = SensorRegistrationMembers.isTrue(members, .thirdParty)
  }

  func version4() throws(Problem) -> SensorUUID {
    guard let uuid = uuid.flatMap({ SensorUUID(text: $0) }), uuid.isVersion4 else {
      throw Problem(.badRequest, "Invalid uuid")
    }
    return uuid
  }

  func registration(of uuid: SensorUUID) throws(Problem) -> SensorRegistration {
    guard let key, !key.isEmpty else {
      throw Problem(.badRequest, "Mandatory parameter(s) not provided")
    }
    guard SensorRegistrationMembers.isLine(mail), mail.utf8.count <= SensorProfile.nameOctetsMax
    else { throw Problem(.badRequest, "Invalid mail") }
    return SensorRegistration(
      uuid: uuid, key: try SensorRegistrationMembers.secret(key), mail: mail,
      isThirdParty: isThirdParty)
  }

  /// Scripts send longer keys than anybody uses: the clients read the first 100 octets of theirs,
  /// and the server of D4 keeps no more. Nothing in a key is escaped.
  private static func secret(_ text: String) throws(Problem) -> D4Key {
    guard !text.utf8.contains(where: { [0, 0x0A, 0x0D].contains($0) }) else {
      throw Problem(.badRequest, "Invalid hmac_key: it holds CR, LF or NUL")
    }
    guard let key = try? D4Key(octets: Array(text.utf8.prefix(D4Key.octetCountMax))) else {
      throw Problem(.badRequest, "Invalid hmac_key")
    }
    guard !key.isSample else {
      throw Problem(.badRequest, "Invalid hmac_key: everybody knows this one")
    }
    return key
  }

  /// What Python takes for true.
  private static func isTrue(
    _ members: KeyedDecodingContainer<CodingKeys>, _ name: CodingKeys
  ) -> Bool {
    if let flag = try? members.decode(Bool.self, forKey: name) { return flag }
    if let number = try? members.decode(Double.self, forKey: name) { return number != 0 }
    if let text = try? members.decode(String.self, forKey: name) { return !text.isEmpty }
    return false
  }

  private static func isLine(_ text: String) -> Bool {
    text.unicodeScalars.allSatisfy {
      $0.properties.generalCategory != .control && $0.properties.generalCategory != .format
    }
  }
}
