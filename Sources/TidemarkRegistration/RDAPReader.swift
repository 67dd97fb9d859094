/// Reads RDAP answers: domains, networks, autonomous systems, name servers, entities, refusals.
public enum RDAPReader {
  /// Reads one answer.
  ///
  /// - Parameter octets: the body of the HTTP response.
  /// - Parameter source: who was asked; the reference to these octets is added here.
  /// - Returns: the answer; members without meaning are left out and counted.
  public static func read(
    _ octets: [UInt8], source: RegistrationSource
  ) throws(RDAPError) -> RDAPResponse {
    let value = try JSONValue.parse(octets)
    guard case .object = value else { throw .unknownObject(className: nil) }
    var source = source
    source.texts = [AnswerReference(of: octets)]
    var builder = RDAPObjectReader(value: value, source: source)
    let body = try builder.body()
    return RDAPResponse(
      body: body, notices: RDAPNotice.list(value["notices"]),
      conformance: value["rdapConformance"]?.texts ?? [], related: related(value),
      malformedCount: builder.malformedCount)
  }

  /// Links to the registrar's answer (RFC 9083 section 4.2).
  private static func related(_ value: JSONValue) -> [String] {
    let links = (value["links"]?.elements ?? []).filter { link in
      link["rel"]?.text?.lowercased() == "related"
        && link["type"]?.text?.lowercased().hasPrefix("application/rdap+json") ?? true
    }
    let urls = links.compactMap { $0["href"]?.text }.filter {
      $0.lowercased().hasPrefix("https://") && $0.utf8.count <= 2_000
    }
    return Array(urls.prefix(RegistrationLimits.referralsMax))
  }
}

extension RDAPNotice {
  /// Notices or remarks of an answer.
  static func list(_ value: JSONValue?) -> [RDAPNotice] {
    (value?.elements ?? []).prefix(RegistrationLimits.noticesMax).map { notice in
      RDAPNotice(
        title: notice["title"]?.text, kind: notice["type"]?.text?.lowercased(),
        descriptions: notice["description"]?.texts ?? [])
    }
  }
}
