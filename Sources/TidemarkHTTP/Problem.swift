import HTTPTypes
import Hummingbird
import NIOCore
import TidemarkAccess
import TidemarkStore

/// Why a request gets no answer: a status, and one line for people.
struct Problem: Error {
  let status: HTTPResponse.Status
  let text: String
  var headers = HTTPFields()

  init(_ status: HTTPResponse.Status, _ text: String, headers: HTTPFields = HTTPFields()) {
    self.status = status
    self.text = text
    self.headers = headers
  }

  init(_ error: StoreError) {
    let status: HTTPResponse.Status =
      switch error {
      case .diskFull: .init(code: 507, reasonPhrase: "Insufficient Storage")
      case .registryFull, .badRegistryName: .unprocessableContent
      case .readOnly: .serviceUnavailable
      default: .internalServerError
      }
    self.init(status, error.description)
  }

  /// Another method than those that the route has.
  static func method(allowed: String) -> Problem {
    Problem(.methodNotAllowed, "only \(allowed) can be used here", headers: [.allow: allowed])
  }

  /// One line of plain text: CIRCL clients take a JSON object for a record.
  func plainResponse(isHead: Bool, headers common: HTTPFields = HTTPFields()) -> Response {
    response(Array(line.utf8), type: "text/plain; charset=utf-8", isHead: isHead, common)
  }

  /// `{"error":"…"}`.
  func jsonResponse(isHead: Bool, headers common: HTTPFields = HTTPFields()) -> Response {
    var json = JSONLine()
    json.add("error", text)
    return response(json.finished(), type: "application/json", isHead: isHead, common)
  }

  /// `{"reason":"…","status":"error"}`.
  func reasonResponse(isHead: Bool, headers: HTTPFields = [:]) -> Response {
    var json = JSONLine()
    json.add("reason", text)
    json.add("status", "error")
    return response(json.finished(), type: "application/json", isHead: isHead, headers)
  }

  /// `{"error":{"code":…,"message":"…"},"resources":{"support":"…"}}`; the code is the status.
  func codedResponse(isHead: Bool, headers: HTTPFields = [:]) -> Response {
    var error = JSONLine()
    error.add("code", UInt64(status.code))
    error.add("message", text)
    var resources = JSONLine()
    resources.add("support", "the operator of this server")
    var json = JSONLine()
    json.add("error", error)
    json.add("resources", resources)
    let type = DomainToolsRoute.contentType
    return response(json.finished(), type: type, isHead: isHead, headers)
  }

  private func response(
    _ body: [UInt8], type: String, isHead: Bool, _ common: HTTPFields
  ) -> Response {
    var fields = common
    for field in headers { fields[field.name] = field.value }
    fields[.contentType] = type
    return Response(status: status, headers: fields, octets: body, isHead: isHead)
  }

  /// The text without anything that could start a second line, and not too long.
  private var line: String {
    String(
      text.unicodeScalars.prefix(240).map {
        $0.properties.generalCategory == .control ? "?" : Character($0)
      })
      + "\n"
  }
}

extension Response {
  /// A whole answer that may be large: sent in pieces, and counted among the caller's running
  /// queries until the last of them is taken.
  init(headers: HTTPFields, octets: [UInt8], isHead: Bool, holding admission: Admission) {
    guard !isHead, octets.count > ServerLimits.pageOctets else {
      self.init(status: .ok, headers: headers, octets: octets, isHead: isHead)
      return
    }
    self.init(
      status: .ok, headers: headers,
      body: ResponseBody(contentLength: octets.count) { writer in
        for start in stride(from: 0, to: octets.count, by: ServerLimits.pageOctets) {
          let end = min(start + ServerLimits.pageOctets, octets.count)
          try await writer.write(ByteBuffer(bytes: octets[start..<end]))
        }
        try await writer.finish(nil)
        withExtendedLifetime(admission) {}
      })
  }

  /// A whole answer. For HEAD the same headers without the octets.
  init(status: HTTPResponse.Status, headers: HTTPFields, octets: [UInt8], isHead: Bool) {
    guard isHead else {
      self.init(
        status: status, headers: headers, body: ResponseBody(byteBuffer: ByteBuffer(bytes: octets)))
      return
    }
    var headers = headers
    headers[.contentLength] = String(octets.count)
    self.init(status: status, headers: headers)
  }
}
