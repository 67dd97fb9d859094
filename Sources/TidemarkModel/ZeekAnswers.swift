import DNSWire

/// What the answers of a Zeek transaction are, and whose: the log tells neither.
///
/// An answer's own form tells addresses, names, strings of TXT, and summaries such as
/// `RRSIG 5 example.com` from each other. Names are written in lower case, so anything else that
/// starts with a capital letter or `<` is a summary; it holds no rdata.
struct ZeekAnswers: Sendable {
  /// What one answer is by its form.
  enum Form: UInt8, Sendable {
    case ipv4, ipv6, text, name
    /// Something of which the log does not give the data.
    case summary
  }

  /// Whose the answers are.
  enum Order: Sendable {
    /// Names are aliases in order, each the owner of the next; what was asked for comes last and
    /// belongs to the last of them.
    case chain
    /// There are aliases, and nobody knows in which order: everything is taken for an answer to
    /// the question, lossy.
    case guessed
    /// Names are what was asked for.
    case direct
    /// For addresses from reverse zones: names of such zones are aliases, the others the answer.
    case reverse
    /// More than one kind of name, and nothing tells them apart.
    case unknown
  }

  private(set) var forms: [Form] = []
  private(set) var order = Order.unknown

  /// Looks at the answers to a question.
  mutating func classify(
    _ line: Span<UInt8>, _ row: borrowing ZeekRow, type: RRType
  ) {
    forms.removeAll(keepingCapacity: true)
    for value in row.answers { forms.append(ZeekAnswers.form(line, value)) }
    order =
      switch type {
      case .ns, .ptr, .mx, .srv, .soa, .cname, .dname:
        namedOrder(line, row, type: type)
      case .any: anyOrder()
      default: type.isOnlyForQuestions ? .unknown : chainOrder(type: type)
      }
  }

  /// Looks at one answer.
  static func form(_ line: Span<UInt8>, _ value: JSONValue) -> Form {
    guard value.isString else { return .summary }
    let text = line.extracting(value.start..<value.end)
    guard !text.isEmpty else { return .name }
    switch text[0] {
    case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "<"):
      let isText = starts(text, with: "TXT ") || starts(text, with: "SPF ")
      return isText ? .text : .summary
    default: break
    }
    if ASCII.isDigit(text[0]), IPAddressText.parseIPv4(text) != nil { return .ipv4 }
    if LineCutter.place(of: UInt8(ascii: ":"), in: text, from: 0) < min(text.count, 5),
      IPAddressText.parseIPv6(text) != nil
    {
      return .ipv6
    }
    return .name
  }

  private static func starts(_ text: Span<UInt8>, with word: StaticString) -> Bool {
    guard text.count >= word.utf8CodeUnitCount else { return false }
    for index in 0..<word.utf8CodeUnitCount
    where unsafe text[index] != word.utf8Start[index] {
      return false
    }
    return true
  }

  /// The type of which an answer of this form is whole; nil for names and summaries.
  static func type(of form: Form, asked: RRType) -> RRType? {
    switch form {
    case .ipv4: .a
    case .ipv6: .aaaa
    case .text: asked == .spf ? .spf : .txt
    case .name, .summary: nil
    }
  }

  /// Types that are never logged as a bare name: any name is an alias then.
  private func chainOrder(type: RRType) -> Order {
    var isPastNames = false
    for form in forms where form != .summary {
      if form == .name {
        if isPastNames { return .guessed }
      } else {
        isPastNames = true
        if ZeekAnswers.type(of: form, asked: type) != type { return .guessed }
      }
    }
    return .chain
  }

  /// Types that are logged as a bare name, just as aliases are. Lifetimes that differ betray more
  /// than one set of records (RFC 2181 section 5.2).
  private func namedOrder(
    _ line: Span<UInt8>, _ row: borrowing ZeekRow, type: RRType
  ) -> Order {
    for form in forms where form != .name && form != .summary { return .unknown }
    if type == .ptr, let order = reverseOrder(line, row) { return order }
    guard forms.count > 1 else { return .direct }
    return row.hasOneLifetime && type != .cname && type != .soa ? .direct : .unknown
  }

  /// Delegations of parts of a network (RFC 2317) are aliases inside reverse zones.
  private func reverseOrder(_ line: Span<UInt8>, _ row: borrowing ZeekRow) -> Order? {
    var isPastAliases = false
    for index in forms.indices where forms[index] == .name {
      let value = row.answers[index]
      let isAlias = ZeekAnswers.isReverse(line.extracting(value.start..<value.end))
      if isAlias, isPastAliases { return .unknown }
      if !isAlias {
        if index == 0 { return nil }
        isPastAliases = true
      }
    }
    return .reverse
  }

  /// True for names below `in-addr.arpa` and `ip6.arpa`.
  static func isReverse(_ text: Span<UInt8>) -> Bool {
    ends(text, with: ".in-addr.arpa") || ends(text, with: ".ip6.arpa")
  }

  private static func ends(_ text: Span<UInt8>, with word: StaticString) -> Bool {
    let start = text.count - word.utf8CodeUnitCount
    guard start >= 0 else { return false }
    for index in 0..<word.utf8CodeUnitCount
    where unsafe text[start + index] != word.utf8Start[index] {
      return false
    }
    return true
  }

  /// Answers to ANY that say themselves what they are belong to the question when nothing among
  /// them may be an alias.
  private func anyOrder() -> Order { forms.contains(.name) ? .guessed : .chain }
}
