import DNSWire
import TidemarkEnrichment
import TidemarkModel
import TidemarkPivots
import TidemarkQuery
import TidemarkRegistration
import TidemarkStore

/// Answers questions of MISP from our own data; no other service is asked.
struct MISPDesk: Sendable {
  let store: any RecordStore
  /// The library with its snapshots, lists and suffixes.
  let data: DomainToolsData
  let clock: @Sendable () -> UnixSeconds

  /// Answers a question. Blocks; for a thread of its own.
  ///
  /// - Parameter datasets: those that the caller may read.
  /// - Throws: ``MISPFault``.
  func answer(
    _ question: MISPQuestion, datasets: [DatasetNumber]
  ) throws(MISPFault) -> MISPAnswer {
    let indicator = try question.attribute.indicator()
    var answer = MISPAnswer(to: question.attribute)
    do {
      switch question.module {
      case .records:
        try addRecords(of: indicator, datasets, question.attribute.uuid, to: &answer)
      case .registration:
        try addRegistration(of: indicator, question.attribute.uuid, to: &answer)
      case .risk: try addRisk(of: indicator, datasets, to: &answer)
      }
    } catch let fault as MISPFault {
      throw fault
    } catch {
      // Its words name files of this machine.
      throw MISPFault("the data cannot be read")
    }
    return answer
  }

  private func addRecords(
    of indicator: IndicatorKey, _ datasets: [DatasetNumber], _ attribute: String,
    to answer: inout MISPAnswer
  ) throws {
    var query = RecordQuery(.all)
    query.datasets = datasets
    query.limit = MISPLimits.objectsMax
    query.mergesTriples = true
    let cursor = LookupCursor(try LookupValue(indicator.value), like: query, store: store)
    let deadline = ContinuousClock.now + .seconds(MISPLimits.searchSeconds)
    var end = RecordCursor.End.paused
    var octets = 0
    while end == .paused, octets < MISPLimits.rdataOctetsMax, ContinuousClock.now < deadline {
      end = try cursor.next { row in
        octets += row.rdata.count
        guard octets <= MISPLimits.rdataOctetsMax else { return false }
        answer.add(MISPDesk.object(row, relatedTo: attribute))
        return true
      }
    }
    let isCut = end != .complete
    if cursor.rows == 0 {
      answer.error =
        isCut ? "the search took too long" : "No passive DNS record for \(indicator.value)"
    } else if isCut {
      answer.add(
        text: "There are more records of \(indicator.value) than were sent.", type: "comment")
    }
  }

  private static func object(
    _ row: borrowing RecordRow, relatedTo attribute: String
  ) -> MISPObject {
    let text = row.textRow
    var name: [UInt8] = []
    DomainName.appendText(of: row.rrname.span, finalDot: false, to: &name)
    var rdata: [UInt8] = []
    if row.isLossy {
      rdata = row.rdata
    } else {
      RDataText.append(row.rdata.span, type: row.rrtype, style: .circl, to: &rdata)
    }
    var bailiwick: [UInt8] = []
    text.appendBailiwick(of: row.rrname.span, to: &bailiwick)
    func string(_ octets: [UInt8]) -> String { String(decoding: octets, as: UTF8.self) }
    return MISPObject(
      rrname: string(name), rrtype: row.rrtype.mnemonic, rdata: [string(rdata)],
      timeFirst: text.timeFirst, timeLast: text.timeLast, count: text.count,
      bailiwick: bailiwick.isEmpty ? nil : string(bailiwick), isOfZone: text.vantage == .zone,
      relatedTo: attribute)
  }

  private func addRegistration(
    of indicator: IndicatorKey, _ attribute: String, to answer: inout MISPAnswer
  ) throws {
    guard let library = data.library else {
      throw MISPFault("there is no library of registrations here")
    }
    let snapshot =
      indicator.type == .fqdn
      ? try MISPDesk.snapshot(ofDomainOf: indicator.value, library)
      : try library.snapshot(covering: indicator.value)
    if let snapshot {
      answer.add(MISPObject(snapshot, relatedTo: attribute))
    } else {
      answer.error = "No registration of \(indicator.value) is known here"
    }
  }

  /// The snapshot of the name, or of the closest name above it that has one; never that of a name
  /// of one label.
  private static func snapshot(
    ofDomainOf name: String, _ library: Library
  ) throws(LibraryError) -> RegistrationSnapshot? {
    var name = name[...]
    while let dot = name.firstIndex(of: ".") {
      if let found = try library.latestSnapshot(of: .domain(name: String(name))) { return found }
      name = name[name.index(after: dot)...]
    }
    return nil
  }

  private func addRisk(
    of indicator: IndicatorKey, _ datasets: [DatasetNumber], to answer: inout MISPAnswer
  ) throws {
    guard let suffixes = data.suffixes else {
      throw MISPFault("there is no public suffix list here")
    }
    let assessor = RiskAssessor(catalog: data.lists, suffixes: suffixes, store: store)
    let name = try DomainName(text: indicator.value)
    let report = try assessor.report(on: name, datasets: datasets, now: clock())
    guard !report.components.isEmpty else {
      answer.error = "Nothing is known that speaks for or against \(indicator.value)"
      return
    }
    let reasons = report.components.map { component in
      let evidence = component.evidence.prefix(3).joined(separator: "; ")
      return "\(component.name.rawValue) \(component.score)"
        + (evidence.isEmpty ? "" : " (\(evidence))")
    }
    answer.add(
      text: "Tidemark risk score \(report.score) of 100 for \(indicator.value): "
        + reasons.joined(separator: ", "))
  }
}
