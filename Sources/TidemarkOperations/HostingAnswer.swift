import DNSWire
import TidemarkEnrichment
import TidemarkModel
import TidemarkPivots
import TidemarkRegistration
import TidemarkStore

/// The action `hosting-history`.
extension TidemarkSource {
  /// Changes of addresses, name servers and registrars, oldest first.
  func hostingHistory(_ request: ActionRequest) throws(ActionFailure) -> SourceAnswer {
    let name = try name(of: request)
    let domain = name.folded(suffixes, registriesOnly: true).text(finalDot: false)
    let registrations = try registrations(of: domain)
    let history = try reading { () throws(StoreError) in
      try HostingHistory(
        of: name, suffixes: suffixes, registrations: registrations, now: now(), store: store)
    }
    var lines = AnswerLines()
    var answer = SourceAnswer(source: TidemarkSource.ownData, raw: lines.raw)
    answer.tables = [
      TidemarkSource.addresses(history, request.table("addresses"), &lines),
      TidemarkSource.nameServers(history, request.table("name-servers"), &lines),
      TidemarkSource.registrars(history, request.table("registrars"), &lines),
    ]
    TidemarkSource.appendMail(history, &lines)
    answer.raw = lines.raw
    answer.isTruncated =
      history.ipv4.isTruncated || history.ipv6.isTruncated || history.nameServers.isTruncated
    if history.chain.count > 1 {
      let chain = history.chain.map { $0.text(finalDot: false) }.joined(separator: ", ")
      answer.notes.append(ResultNote("Aliases followed", chain))
    }
    answer.notes += history.notes.map { ResultNote("Precision", $0) }
    return answer
  }

  /// All snapshots that are kept of a domain.
  private func registrations(of domain: String) throws(ActionFailure) -> [Registration] {
    var registrations: [Registration] = []
    let subject = Registration.Subject.domain(name: domain)
    while true {
      let offset = registrations.count
      let page = try libraryWork { () throws(LibraryError) in
        try library.snapshots(
          of: subject, offset: offset, limit: TidemarkSource.snapshotsAtOnce)
      }
      registrations += page.map { snapshot in
        // The time of the look-up that is kept, whatever the answer says of itself.
        var registration = snapshot.registration
        registration.source.time = Int64(snapshot.checkedAt)
        return registration
      }
      if page.count < TidemarkSource.snapshotsAtOnce { return registrations }
    }
  }

  private static func addresses(
    _ history: HostingHistory, _ empty: ResultTable, _ lines: inout AnswerLines
  ) -> ResultTable {
    var table = empty
    let events = (history.ipv4.events + history.ipv6.events).enumerated().sorted {
      ($0.element.day, $0.offset) < ($1.element.day, $1.offset)
    }
    for event in events.map(\.element) {
      let day = AnswerLines.text(of: event.day)
      table.append(
        [
          "type": .text(event.action.words),
          "action": .text("\((event.after ?? event.before)?.text ?? "") on \(day)"),
          "date": .text(day), "address": event.after.map { .text($0.text) } ?? .empty,
        ], seen: event.day.span)
      lines.append([
        "history": .text("address"), "action": .text(event.action.rawValue),
        "date": .day(event.day), "pre_ip": .optional(event.before?.text),
        "post_ip": .optional(event.after?.text),
      ])
    }
    return table
  }

  private static func nameServers(
    _ history: HostingHistory, _ empty: ResultTable, _ lines: inout AnswerLines
  ) -> ResultTable {
    var table = empty
    for event in history.nameServers.events {
      let (day, provider) = (AnswerLines.text(of: event.day), ProviderEvent.text(event.after))
      table.append(
        [
          "type": .text("WHOIS \(event.action.words)"), "action": .text("\(provider) on \(day)"),
          "date": .text(day), "name_server": .text(event.after.text(finalDot: false)),
        ], seen: event.day.span)
      lines.append("name-server", event)
    }
    return table
  }

  private static func registrars(
    _ history: HostingHistory, _ empty: ResultTable, _ lines: inout AnswerLines
  ) -> ResultTable {
    var table = empty
    for period in history.registrars {
      let name = period.registrar.name ?? period.registrar.identity ?? ""
      let last = UnixSeconds(clamping: period.lastChecked)
      let first = min(UnixSeconds(clamping: period.firstChecked), last)
      table.append(
        [
          "registrar": .text(name), "created": period.created.cell,
          "updated": period.updated.cell, "expires": period.expires.cell, "checked": .time(last),
        ], seen: first...last)
      lines.append([
        "history": .text("registrar"), "registrar": .text(name),
        "iana_id": period.registrar.ianaID.map { .count($0) } ?? .none,
        "created": .optional(period.created?.text), "updated": .optional(period.updated?.text),
        "expires": .optional(period.expires?.text), "first_checked": .integer(UInt64(first)),
        "last_checked": .integer(UInt64(last)),
      ])
    }
    return table
  }

  /// No table shows mail hosts; the raw answer has them.
  private static func appendMail(_ history: HostingHistory, _ lines: inout AnswerLines) {
    for event in history.mail.events { lines.append("mail", event) }
  }
}

extension AnswerLines {
  fileprivate mutating func append(_ history: String, _ event: ProviderEvent) {
    append([
      "history": .text(history), "action": .text(event.action.rawValue), "date": .day(event.day),
      "pre": event.before.map { .name($0) } ?? .none, "post": .name(event.after),
    ])
  }
}

extension UnixDay {
  /// The seconds of the day.
  fileprivate var span: ClosedRange<UnixSeconds> {
    let first = multipliedReportingOverflow(by: TimeLimits.secondsPerDay)
    let start = first.overflow ? UnixSeconds.max : first.partialValue
    let end = start.addingReportingOverflow(TimeLimits.secondsPerDay - 1)
    return start...(end.overflow ? .max : end.partialValue)
  }
}

extension RegistrationTime? {
  /// The time as a cell: an instant where one is known, else as it was written.
  var cell: Cell {
    guard let self else { return .empty }
    guard self.precision == .second, let seconds = UnixSeconds(exactly: self.seconds) else {
      return .text(self.text)
    }
    return .time(seconds)
  }
}
