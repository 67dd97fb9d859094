import DNSWire
import TidemarkEnrichment
import TidemarkModel
import TidemarkPivots
import TidemarkRegistration

/// The action `whois-history`.
extension TidemarkSource {
  /// Snapshots of a domain's registration, newest first.
  func registrationHistory(_ request: ActionRequest) throws(ActionFailure) -> SourceAnswer {
    let domain = try name(of: request).folded(suffixes, registriesOnly: true)
    let subject = Registration.Subject.domain(name: domain.text(finalDot: false))
    let count = try libraryWork { () throws(LibraryError) in
      try library.snapshotCount(of: subject)
    }
    var servers: [String] = []
    var records = request.table("records")
    var lines = AnswerLines()
    var octets = 0
    while records.rows.count < min(count, request.configuration.rowsMax),
      octets < LibraryLimits.rawOctetsMax
    {
      let offset = records.rows.count
      let page = try libraryWork { () throws(LibraryError) in
        try library.snapshots(of: subject, offset: offset, limit: TidemarkSource.snapshotsAtOnce)
      }
      if page.isEmpty { break }
      for snapshot in page {
        let server = snapshot.registration.source.server
        if !server.isEmpty, !servers.contains(server) { servers.append(server) }
        let text = snapshot.texts.map(\.string).joined(separator: "\n")
        octets += text.utf8.count
        records.append(
          [
            "date": .time(snapshot.checkedAt), "record": text.isEmpty ? .empty : .text(text),
          ], seen: snapshot.checkedAt...snapshot.checkedAt)
        lines.append(snapshot)
      }
    }
    records.countFurther(count - records.total)
    var informants = request.table("servers")
    for server in servers { informants.append(["server": .text(server)]) }
    var answer = SourceAnswer(source: TidemarkSource.ownData, raw: lines.raw)
    answer.tables = [informants, records]
    answer.isTruncated = records.isTruncated
    if count > 0 {
      answer.notes = [
        ResultNote("WHOIS Records", "\(count), of which \(records.rows.count) are shown")
      ]
    }
    return answer
  }

  /// Snapshots that are read at once: texts may have some hundred thousand octets each.
  static let snapshotsAtOnce = 50
}

extension AnswerLines {
  fileprivate mutating func append(_ snapshot: RegistrationSnapshot) {
    let registration = snapshot.registration
    append([
      "date": .integer(UInt64(snapshot.checkedAt)), "server": .text(registration.source.server),
      "kind": .text(registration.source.kind.rawValue), "digest": .text(snapshot.digest),
      "is_private": .flag(snapshot.isPrivate), "registrar": .optional(registration.registrar?.name),
      "registrant": .optional(registration.registrantName),
      "created": .optional(registration.created?.text),
      "updated": .optional(registration.updated?.text),
      "expires": .optional(registration.expires?.text), "statuses": .list(registration.statuses),
      "name_servers": .list(registration.nameServers.map(\.name)),
      "texts": .list(snapshot.texts.map(\.string)),
    ])
  }
}
