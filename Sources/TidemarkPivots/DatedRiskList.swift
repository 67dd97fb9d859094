import DNSWire
public import TidemarkDomains
public import TidemarkModel

/// A block list with a date per entry, cut in two at a time: what was known then and what came
/// later. Lines are `ENTRY,DATE`, with a comma, a semicolon or a tab between them; more columns are
/// not looked at.
public struct DatedRiskList: Sendable {
  /// Entries up to the cut.
  public private(set) var knownCount = 0
  /// Entries behind it, up to the end.
  public private(set) var laterCount = 0
  /// Entries behind the end, which are left out.
  public private(set) var tooLateCount = 0
  /// Lines without an entry and a date, comments not counted; a line of headings is one.
  public private(set) var rejectedCount = 0

  private let cut: UnixSeconds
  private var known: [UInt8] = []
  private var later: [UInt8] = []

  private static let delimiters = [ASCII.tab, UInt8(ascii: ","), UInt8(ascii: ";")]

  /// Reads lines. Dates are what ``TimeText/parse(_:now:)`` reads, from 1990 on.
  public init(_ octets: [UInt8], cut: UnixSeconds, end: UnixSeconds) {
    self.cut = cut
    var lines = RiskListLineCutter(octets)
    while let line = lines.next() {
      let text = RiskListLayout.trimmed(line)
      if text.isEmpty || RiskListLayout.isComment(text) { continue }
      guard text.count <= RiskListLimits.lineOctetsMax,
        let (entry, time) = DatedRiskList.read(text)
      else {
        rejectedCount += 1
        continue
      }
      if time <= cut {
        known += entry + [ASCII.lineFeed]
        knownCount += 1
      } else if time <= end {
        later += entry + [ASCII.lineFeed]
        laterCount += 1
      } else {
        tooLateCount += 1
      }
    }
  }

  private static func read(
    _ line: ArraySlice<UInt8>
  ) -> (entry: [UInt8], time: UnixSeconds)? {
    guard let delimiter = delimiters.first(where: { line.contains($0) }) else { return nil }
    let cells = RiskListLayout.cells(line, delimiter)
    // A cell with a line end in quotes would be two entries.
    guard cells.count >= 2, !cells[0].isEmpty, !cells[0].contains(ASCII.lineFeed),
      let time = TimeText.parse(String(decoding: cells[1], as: UTF8.self), now: 0),
      time >= TimeLimits.timeMin
    else { return nil }
    return (cells[0], time)
  }

  /// What was read, in one line for people.
  public var summary: String {
    "\(knownCount) entries up to the cut, \(laterCount) behind it, \(tooLateCount) too late, "
      + "\(rejectedCount) lines refused"
  }

  /// Both parts as block lists; a part without an entry is no list.
  ///
  /// - Throws: ``RiskListError``.
  public func lists(
    named name: String, suffixes: PublicSuffixList
  ) throws(RiskListError) -> (known: [RiskList], later: [RiskList]) {
    let day = cut / TimeLimits.secondsPerDay
    func lists(_ octets: [UInt8], _ day: UnixDay) throws(RiskListError) -> [RiskList] {
      let header = RiskListHeader(name: name, kind: .block, updated: day)
      do throws(RiskListError) {
        return [try RiskList(header, octets: octets, suffixes: suffixes)]
      } catch .empty {
        return []
      } catch {
        throw error
      }
    }
    return (try lists(known, day), try lists(later, day + 1))
  }
}
