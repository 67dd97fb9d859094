/// Lines without a key that means something: headings, phrases, and what goes on with a value.
extension WHOISRecordReader {
  mutating func readText(_ line: WHOISLine) {
    let normalized = WHOISLine.normalized(line.text)
    if line.value.isEmpty {
      if let role = WHOISVocabulary.roles[normalized] { return startSection(role) }
      if line.key == nil, let field = WHOISVocabulary.fields[normalized] {
        section = .field(field)
        isSectionFresh = true
        continuation = .field(field)
        continuationIndentation = -1
        return
      }
    }
    if let key = line.key, let role = form.blocks[key], draft.has(.domain), !isInObject {
      return draft.addLine(line.value, role)
    }
    if readPhrase(line, normalized) || readContinuation(line) { return }
    readSectionText(line)
  }

  /// `Record expires on 2006-01-02`, `Domain example.kg (ACTIVE)`.
  private mutating func readPhrase(_ line: WHOISLine, _ normalized: String) -> Bool {
    for (beginning, field) in WHOISVocabulary.phrases where normalized.hasPrefix(beginning) {
      let wordCount = beginning.split(separator: " ").count
      let words = line.text.split { $0.isWhitespace || $0 == ":" }
      guard words.count > wordCount else { continue }
      if field == .domain {
        let name = String(words[wordCount]).filter { $0 != "\"" }
        guard !draft.has(.domain), HostText.hostName(name) != nil else { continue }
        draft.add(name, to: .domain)
      } else {
        draft.add(line.text.dropWords(wordCount), to: field)
      }
      return true
    }
    return false
  }

  private mutating func readContinuation(_ line: WHOISLine) -> Bool {
    guard let continuation, line.indentation > continuationIndentation else { return false }
    switch continuation {
    case .field(let field):
      let isList = [.nameServer, .domain, .registrar, .status].contains(field)
      guard isList || section != nil else { return false }
      if field != .registrar || !draft.has(.registrar) { draft.add(line.text, to: field) }
    case .object(let field):
      draft.setInObject(field, line.text)
    case .contact(.registrar, _):
      break
    case .contact(let role, let field?):
      draft.set(field, line.text, role)
    case .contact(let role, nil):
      draft.addLine(line.text, role)
    }
    isSectionFresh = false
    return true
  }

  private mutating func readSectionText(_ line: WHOISLine) {
    switch section {
    case .field(let field)?:
      // A key that nobody knows is no value, but an IPv6 address has colons as well.
      if line.key != nil {
        let first = line.text.words.first ?? ""
        guard HostText.hostName(first) != nil else { return }
      }
      draft.add(line.text, to: field)
    case .role(.registrar)?:
      if isSectionFresh { draft.add(line.text, to: .registrarName) }
    case .role(let role)?:
      // Below a heading that says it all, a key that nobody knows is another fact.
      guard !hasHeadingValue || line.key == nil else { return }
      draft.addLine(line.text, role)
    case nil: return
    }
    isSectionFresh = false
  }
}

extension String {
  /// What is behind some words.
  fileprivate func dropWords(_ count: Int) -> String {
    var rest = self[...]
    for _ in 0..<count {
      rest = rest.drop { $0.isWhitespace }.drop { !$0.isWhitespace }
    }
    return rest.trimmedText
  }
}
