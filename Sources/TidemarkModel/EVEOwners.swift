import DNSWire

/// Whose records are whose.
///
/// Answers in detail say it themselves. Answers grouped by type do not: without a CNAME among them
/// they belong to the name that was asked for; with one CNAME that is the alias's, and all others
/// belong to its target. With more of them nobody knows the chain's order: the first CNAME is
/// taken for that of the question, and all others stay with the question as guesses.
struct EVEOwners {
  /// The owner of a record.
  struct Owner: Equatable {
    let name: JSONValue
    let isCertain: Bool
    let isTruncated: Bool
  }

  private var isGrouped = false
  private var question = EVEAnswer()
  private var aliases = 0
  /// The first CNAME's place among the answers.
  private var firstAlias = 0

  /// For answers that name their owners.
  init() {}

  /// For answers in groups.
  init(_ line: Span<UInt8>, grouped event: borrowing EVEEvent) {
    isGrouped = true
    question = event.question.rrname.isString ? event.question : event.flat
    for index in event.answers.indices
    where JSONText.isText(line, event.answers[index].rrtype, "CNAME") {
      if aliases == 0 { firstAlias = index }
      aliases += 1
    }
  }

  /// The owner of the answer at `index`; its name is missing when nothing tells it.
  @inline(__always)
  func owner(
    _ line: Span<UInt8>, of answer: EVEAnswer, at index: Int, event: borrowing EVEEvent
  ) -> Owner {
    guard isGrouped else {
      return Owner(name: answer.rrname, isCertain: true, isTruncated: false)
    }
    return groupedOwner(line, of: answer, at: index, event: event)
  }

  private func groupedOwner(
    _ line: Span<UInt8>, of answer: EVEAnswer, at index: Int, event: borrowing EVEEvent
  ) -> Owner {
    if aliases == 0 {
      // Other types than the one asked for come with ANY, or from somewhere unknown.
      let isCertain =
        JSONText.isSame(line, answer.rrtype, question.rrtype)
        || JSONText.isText(line, question.rrtype, "ANY")
      return asked(isCertain: isCertain)
    }
    if index == firstAlias { return asked(isCertain: true) }
    guard aliases == 1 else { return asked(isCertain: false) }
    let alias = event.answers[firstAlias]
    return Owner(name: alias.rdata, isCertain: true, isTruncated: alias.isTruncated)
  }

  private func asked(isCertain: Bool) -> Owner {
    Owner(
      name: question.rrname, isCertain: isCertain, isTruncated: question.isTruncated)
  }
}
