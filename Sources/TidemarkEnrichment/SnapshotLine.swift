import DNSWire
import FoundationEssentials
import TidemarkModel
import TidemarkRegistration

/// A snapshot as one line of ndjson.
///
///     {"subject":"domain example.com","checked_at":"2025-01-31T12:00:00Z","is_private":false,
///      "registration":{…},"texts":[{"content_type":"text/plain","is_cut":false,"text":"…"}]}
///
/// Subjects are `domain NAME`, `network FIRST LAST`, `autnum FIRST LAST`, `nameserver NAME` and
/// `entity HANDLE`; texts that are not UTF-8 stand in `base64` instead of `text`.
struct SnapshotLine: Codable {
  var subject: String
  var checkedAt: TimeValue
  var isPrivate: Bool?
  var registration: Registration
  var texts: [Text]?

  private enum CodingKeys: String, CodingKey {
    case subject, registration, texts
    case checkedAt = "checked_at"
    case isPrivate = "is_private"
  }

  struct Text: Codable {
    var contentType: String
    var isCut: Bool?
    var text: String?
    var base64: Data?

    private enum CodingKeys: String, CodingKey {
      case text, base64
      case contentType = "content_type"
      case isCut = "is_cut"
    }

    init(_ answer: RawAnswer) {
      contentType = answer.contentType
      isCut = answer.isCut
      text = String(validating: answer.octets, as: UTF8.self)
      if text == nil { base64 = Data(answer.octets) }
    }

    var answer: RawAnswer {
      RawAnswer(
        contentType: String(contentType.prefix(LibraryLimits.labelOctetsMax)),
        octets: base64.map { Array($0) } ?? Array((text ?? "").utf8), isCut: isCut ?? false)
    }
  }

  /// - Parameter withContacts: false leaves out who registered it, and the texts, which say so too.
  init(_ snapshot: RegistrationSnapshot, withContacts: Bool) {
    subject = SubjectKey(snapshot.subject)?.text ?? ""
    checkedAt = TimeValue(snapshot.checkedAt)
    isPrivate = snapshot.isPrivate
    registration = snapshot.registration
    if withContacts {
      texts = snapshot.texts.map(Text.init)
    } else {
      registration.contacts = []
    }
  }

  /// Reads one line.
  ///
  /// - Parameter last: no look-up was done later.
  static func draft(
    _ line: ArraySlice<UInt8>, last: UnixSeconds
  ) throws(RowRefusal) -> SnapshotDraft {
    guard line.count <= LibraryLine.lineOctetsMax else {
      throw RowRefusal("a line of more than \(LibraryLine.lineOctetsMax) octets")
    }
    guard let read = try? JSONDecoder().decode(SnapshotLine.self, from: Data(line)) else {
      throw RowRefusal("the line is no JSON object with subject, checked_at and registration")
    }
    return try read.draft(last: last)
  }

  private func draft(last: UnixSeconds) throws(RowRefusal) -> SnapshotDraft {
    guard let subject = SnapshotRows.subject(subject), let key = SubjectKey(subject) else {
      throw RowRefusal("a subject that cannot be registered")
    }
    guard let own = SubjectKey(registration.subject), own.text == key.text || key.covers(own) else {
      throw RowRefusal("the registration is of another subject")
    }
    guard checkedAt.time <= last else { throw RowRefusal("a look-up in the future") }
    return SnapshotDraft(
      key: key, checkedAt: checkedAt.time, registration: registration,
      texts: (texts ?? []).prefix(RegistrationSnapshot.textsMax).map(\.answer),
      isPrivate: isPrivate ?? registration.isPrivate)
  }
}
