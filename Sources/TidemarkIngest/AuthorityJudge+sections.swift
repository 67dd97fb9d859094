import CaptureFormats
import DNSWire
import TidemarkModel

/// What kind of response a message is, which decides what its sections may hold.
struct ResponseShape {
  /// End of the authority section's records.
  let authorityEnd: Int
  /// NOERROR, no answer, AA clear, name servers and no SOA (RFC 2308 section 2.2).
  let isReferral: Bool
  /// The queried name or type does not exist at the end of the chain.
  let isNegative: Bool

  init(_ parser: borrowing MessageParser, chain: AnswerChain) {
    let answers = parser.answers
    var end = answers
    var hasServers = false
    var hasSOA = false
    while end < parser.recordCount {
      let record = parser.record(end)
      guard record.section == .authority else { break }
      hasServers = hasServers || record.type == .ns
      hasSOA = hasSOA || record.type == .soa
      end += 1
    }
    authorityEnd = end
    isReferral =
      answers == 0 && parser.rcode == 0 && !parser.header.isAuthoritative && hasServers && !hasSOA
    var isAnswered = false
    for position in chain.reached.indices {
      let type = parser.record(chain.reached[position]).type
      if type == parser.questionType || parser.questionType == .any { isAnswered = true }
    }
    isNegative = parser.rcode == 3 || !isAnswered
  }
}

/// The last owner that was looked up: records of an RRset follow one another.
struct ZoneMemo {
  var owner: MessageRange?
  var isParentSide = false
  var labels: Int?
}

extension AuthorityJudge {
  /// Fills ``verdicts`` for the message just parsed.
  ///
  /// - Returns: false when the server's zone for the queried name, or of the referral, is not
  ///   known. Records that need it are ``Verdict/outOfBailiwick`` then.
  mutating func judge(_ parser: inout MessageParser, source: Source) -> Bool {
    chain.connect(&parser)
    memo = ZoneMemo()
    verdicts.removeAll(keepingCapacity: true)
    verdicts.append(contentsOf: repeatElement(.misplaced, count: parser.recordCount))
    let shape = ResponseShape(parser, chain: chain)
    targets.begin(isWanted: shape.authorityEnd < parser.recordCount)
    var isKnown = true
    if !shape.isReferral {
      let isParentSide = parser.questionType == .ds
      isKnown =
        zoneLabels(of: parser.questionName, isParentSide: isParentSide, parser, source) != nil
    }
    judgeAnswers(&parser, source)
    isKnown = judgeAuthority(&parser, shape, source) && isKnown
    judgeAdditional(parser, shape, source)
    return isKnown
  }

  private mutating func judgeAnswers(_ parser: inout MessageParser, _ source: Source) {
    for index in 0..<parser.answers {
      verdicts[index] = index < AnswerExtractor.recordsMax ? .unconnected : .excess
    }
    for position in chain.reached.indices {
      let index = chain.reached[position]
      let record = parser.record(index)
      if let refusal = refusal(of: record, question: parser.questionType) {
        verdicts[index] = refusal
        continue
      }
      let isParentSide = AuthorityJudge.isParentSide(record, parser)
      guard let labels = zoneLabels(of: record.owner, isParentSide: isParentSide, parser, source)
      else {
        verdicts[index] = .outOfBailiwick
        continue
      }
      verdicts[index] = .kept(labels: labels)
      targets.add(record, labels: labels, &parser)
    }
  }

  /// - Returns: false when the response is a referral whose zone is not known.
  private mutating func judgeAuthority(
    _ parser: inout MessageParser, _ shape: ResponseShape, _ source: Source
  ) -> Bool {
    var isKnown = true
    let end = min(shape.authorityEnd, parser.answers + AuthorityExtractor.sectionRecordsMax)
    for index in parser.answers..<max(end, parser.answers) {
      let record = parser.record(index)
      if let refusal = refusal(of: record, question: parser.questionType) {
        verdicts[index] = refusal
        continue
      }
      guard isTaken(record, shape, parser) else { continue }
      let isParentSide =
        shape.isReferral || AuthorityJudge.isParentSide(record, parser)
      guard let labels = zoneLabels(of: record.owner, isParentSide: isParentSide, parser, source)
      else {
        verdicts[index] = .outOfBailiwick
        if shape.isReferral && record.type == .ns { isKnown = false }
        continue
      }
      if record.type == .ns, !shape.isReferral, labels != labelCount(record.owner, parser) {
        continue
      }
      verdicts[index] = .kept(labels: labels)
      targets.add(record, labels: labels, &parser)
    }
    return isKnown
  }

  /// True for records of the authority section that are taken when the zone is right.
  private func isTaken(
    _ record: MessageRecord, _ shape: ResponseShape, _ parser: borrowing MessageParser
  ) -> Bool {
    switch record.type {
    case .ns: isOnTheWay(record.owner, shape, parser)
    case .ds: shape.isReferral && isOnTheWay(record.owner, shape, parser)
    case .soa: shape.isNegative && !shape.isReferral && isOnTheWay(record.owner, shape, parser)
    case .rrsig, .nsec, .nsec3: true
    default: false
    }
  }

  /// True when the queried name, or the name that its chain ends at, is the owner or below it.
  private func isOnTheWay(
    _ owner: MessageRange, _ shape: ResponseShape, _ parser: borrowing MessageParser
  ) -> Bool {
    if parser.isName(parser.questionName, below: owner) { return true }
    let last = chain.names[chain.names.count - 1]
    return chain.names.count > 1 && parser.isName(last, below: owner)
  }

  private mutating func judgeAdditional(
    _ parser: borrowing MessageParser, _ shape: ResponseShape, _ source: Source
  ) {
    let start = shape.authorityEnd
    let end = min(parser.recordCount, start + AuthorityExtractor.sectionRecordsMax)
    for index in start..<max(end, start) {
      let record = parser.record(index)
      if let refusal = refusal(of: record, question: parser.questionType) {
        verdicts[index] = refusal
        continue
      }
      guard record.type == .a || record.type == .aaaa,
        let target = targets.find(record.owner, parser)
      else { continue }
      guard parser.isName(record.owner, below: target.apex) else {
        verdicts[index] = .outOfBailiwick
        continue
      }
      let nearest =
        shape.isReferral
        ? nil : zoneLabels(of: record.owner, isParentSide: false, parser, source)
      verdicts[index] = .kept(labels: nearest ?? target.labels)
    }
  }

  /// What refuses a record in any section.
  private func refusal(of record: MessageRecord, question: RRType) -> Verdict? {
    guard AnswerExtractor.isStorable(record, question: question) else { return .neverStored }
    switch record.type {
    case .rrsig, .nsec, .nsec3:
      return settings.takesDNSSEC || record.type == question ? nil : .unwantedDNSSEC
    default: return nil
    }
  }

  /// DS stands at the parent's side of a zone cut, and so does the signature over it
  /// (RFC 4035 section 2.4).
  private static func isParentSide(
    _ record: MessageRecord, _ parser: borrowing MessageParser
  ) -> Bool {
    if record.type == .ds { return true }
    guard record.type == .rrsig, record.rdata.count >= 2 else { return false }
    return parser.withOctets(record.rdata) {
      UInt16($0[0]) << 8 | UInt16($0[1]) == RRType.ds.rawValue
    }
  }

  /// Labels of the nearest zone at or above a name that the server answers for, strictly above it
  /// for what stands at the parent's side; nil when none is known.
  private mutating func zoneLabels(
    of owner: MessageRange, isParentSide: Bool, _ parser: borrowing MessageParser,
    _ source: Source
  ) -> Int? {
    if let known = memo.owner, memo.isParentSide == isParentSide, parser.isEqual(known, owner) {
      return memo.labels
    }
    let labels: Int?
    switch source {
    case .zone(let apex):
      let isInside =
        parser.isName(owner, below: apex) && (!isParentSide || owner.count > apex.count)
      labels = isInside ? labelCount(apex, parser) : nil
    case .server(let address, let time):
      labels = parser.withOctets(owner) {
        tracker.zoneLabels(of: $0, isParentSide: isParentSide, server: address, time: time)
      }
    }
    memo = ZoneMemo(owner: owner, isParentSide: isParentSide, labels: labels)
    return labels
  }

  private func labelCount(_ name: MessageRange, _ parser: borrowing MessageParser) -> Int {
    parser.withOctets(name) { DomainName.labelCount(ofWire: $0) }
  }
}

extension AuthorityJudge {
  /// Turns the verdicts of a response whose server stayed unknown into final ones.
  ///
  /// The resolver asked this server for this name, so what it says about the name itself, and about
  /// zones on the way to it, is kept without bailiwick, but nothing else: an unknown server would
  /// otherwise put any name into the store. Top-level domains are the root's, whose servers are
  /// known; for them nobody's word is kept.
  mutating func settleUnverified(_ parser: borrowing MessageParser) {
    let isAuthoritative = parser.header.isAuthoritative
    for index in 0..<parser.recordCount where verdicts[index] == .outOfBailiwick {
      let record = parser.record(index)
      let isBelievable: Bool
      switch record.section {
      case .answer: isBelievable = parser.isEqual(record.owner, parser.questionName)
      case .authority:
        isBelievable =
          parser.isName(parser.questionName, below: record.owner)
          && labelCount(record.owner, parser) > 1
      case .additional: isBelievable = false
      }
      let isReferral = record.section == .authority && parser.answers == 0 && record.type != .soa
      if settings.isStrict || !isBelievable {
        verdicts[index] = .unverified
      } else {
        verdicts[index] = isAuthoritative || isReferral ? .keptUnknown : .notAuthoritative
      }
    }
  }
}
