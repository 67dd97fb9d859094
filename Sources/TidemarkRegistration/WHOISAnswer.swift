/// What a WHOIS server said, recognised.
public enum WHOISAnswer: Sendable, Equatable {
  /// There is such an object.
  case registration(Registration)
  /// There is none.
  case noMatch
  /// There is none, but the name is kept back.
  case reserved
  /// It was asked too often. This must never be kept as a record.
  case rateLimited(retryAfterSeconds: Int?)
  /// It does not answer us. This must never be kept as a record.
  case denied
  /// A text of another form: worth keeping as it is, nothing is known of it.
  case unrecognised

  /// Reads an answer.
  ///
  /// An answer may have several records, such as that of the registry and that of the registrar
  /// behind it; later ones win field by field.
  ///
  /// - Parameter octets: all that the server sent.
  /// - Parameter source: who was asked; the reference to these octets is added here. The host
  ///   says which form the answer has.
  public static func read(_ octets: [UInt8], source: RegistrationSource) -> WHOISAnswer {
    var source = source
    source.texts = [AnswerReference(of: octets)]
    let lines = WHOISLine.lines(of: WHOISText.decode(octets))
    if let network = WHOISNetworkReader(lines: lines, source: source).registration() {
      return .registration(network)
    }
    let form = WHOISForm.of(server: source.server.lowercased())
    var (found, hasEvidence): (Registration?, Bool) = (nil, false)
    for record in records(lines) {
      var reader = WHOISRecordReader(form: form)
      for line in record {
        guard reader.read(line) else { break }
      }
      let builder = WHOISRecordBuilder(draft: reader.draft, form: form)
      guard let registration = builder.registration(source) else { continue }
      hasEvidence = hasEvidence || saysMoreThanName(registration)
      found = found.map { $0.overlaid(with: registration) } ?? registration
    }
    if let found, hasEvidence { return .registration(found) }
    if let refusal = WHOISRefusal.find(in: lines) { return refusal }
    if let found, !found.statuses.isEmpty { return .registration(found) }
    return .unrecognised
  }

  /// True when a record says more than that somebody asked about a name.
  private static func saysMoreThanName(_ found: Registration) -> Bool {
    found.created != nil || found.expires != nil || found.updated != nil
      || found.registrar != nil || !found.nameServers.isEmpty || !found.contacts.isEmpty
  }

  /// A second `Domain Name` begins another record.
  private static func records(_ lines: [WHOISLine]) -> [ArraySlice<WHOISLine>] {
    var records: [ArraySlice<WHOISLine>] = []
    var start = 0
    var hasDomain = false
    for (index, line) in lines.enumerated() where !line.value.isEmpty {
      if line.key == "domain name" {
        if hasDomain, records.count < RegistrationLimits.recordsMax - 1 {
          records.append(lines[start..<index])
          start = index
        }
        hasDomain = true
      } else if line.key == "domain" {
        hasDomain = true
      }
    }
    records.append(lines[start...])
    return records
  }
}

/// Lines by which servers say that there is nothing to see, as data.
enum WHOISRefusal {
  /// Longer lines are legal text.
  private static let lineOctetsMax = 200
  /// Refusals are short, though some have long headers.
  private static let linesMax = 300

  private static let limits = [
    "limit exceeded", "quota exceeded", "rate limit", "exceeded the maximum", "too many",
    "please go away", "excessive querying", "you have exceeded", "query rate",
    "number of allowed queries", "lookup quota", "connection limit", "try again later",
    "requests exceeded", "limit reached",
  ]
  private static let denials = [
    "access denied", "access control limit", "permission denied", "blacklisted",
    "ip address has been blocked", "is not allowed to query", "connection refused",
  ]
  private static let reservations = [
    "premium name", "reserved by", "registry reserved", "restricted domain", "reserved name",
    "reserved domain", "is reserved", "status: reserved", "not available for registration",
    "cannot be registered", "blocked from registration",
  ]
  private static let absences = [
    "no match", "not found", "no entries found", "no data found", "nothing found",
    "no object found", "no objects found", "is free", "no such domain", "not registered",
    "not been registered", "no information available", "does not exist", "no existe",
    "no found", "no records found", "no results", "not have an entry",
    "is available for registration", "not known in", "status: available", "status: free",
    "not exist", "unregistered", "no se encuentra",
  ]
  private static let wholeAbsences: Set<String> = ["available", "free"]

  /// Longer paragraphs are the terms of use, which speak of limits as well.
  private static let paragraphLinesMax = 8

  /// Looks into short paragraphs first, then everywhere.
  static func find(in lines: [WHOISLine]) -> WHOISAnswer? {
    let paragraphs = lines.split { line in
      !line.text.contains { $0.isLetter || $0.isNumber }
    }
    let short = paragraphs.filter { $0.count <= paragraphLinesMax }.flatMap { $0 }
    return recognise(short) ?? recognise(lines)
  }

  private static func recognise(_ lines: [WHOISLine]) -> WHOISAnswer? {
    let texts = lines.lazy.map(\.text).filter { !$0.isEmpty }
      .filter { $0.utf8.count <= lineOctetsMax }.prefix(linesMax)
    let all = Array(texts).map { collapsed($0.lowercased()) }
    if let line = first(of: limits, in: all) {
      return .rateLimited(retryAfterSeconds: seconds(in: line))
    }
    if first(of: denials, in: all) != nil { return .denied }
    if first(of: reservations, in: all) != nil { return .reserved }
    if first(of: absences, in: all) != nil || all.contains(where: wholeAbsences.contains) {
      return .noMatch
    }
    return nil
  }

  private static func first(of phrases: [String], in lines: [String]) -> String? {
    lines.first { line in phrases.contains { line.has($0) } }
  }

  /// With one blank where there were several.
  private static func collapsed(_ text: String) -> String { text.words.joined(separator: " ") }

  /// `Please go away for 13 seconds`.
  private static func seconds(in line: String) -> Int? {
    let words = line.words
    for (word, unit) in zip(words, words.dropFirst()) {
      guard let number = Int(word), (0...86_400).contains(number) else { continue }
      if unit.hasPrefix("second") { return number }
      if unit.hasPrefix("minute") { return number * 60 }
    }
    return nil
  }
}
