import DNSWire

/// Reads delimited text (RFC 4180, and TSV) with the columns that a layout tells.
///
/// A record is a line, or several when a line end stands in quotes. Blank lines are passed over.
/// Text of rdata is read in every dialect; what is not whole rdata is kept as lossy text, as are
/// strings without quotes that have blanks in them. Text that is not UTF-8 is refused.
public struct CSVReader: ObservationReader, Sendable {
  /// Longest record, octets. The largest rdata as text has 260,000.
  public static let recordOctetsMax = 1 << 20

  /// The reader's clock: later times (by more than a day) are refused.
  public var now: UnixSeconds

  /// See ``ObservationReader``: a record over several lines.
  public private(set) var heldOctets = 0

  private let layout: CSVLayout
  private var cutter: CSVRecordCutter
  private var cells = CSVCells()
  private var places: Places?
  private var isHeaderNext: Bool
  private var isAtStart = true

  /// Numbers of the columns, from 0.
  private struct Places: Sendable {
    var rrname = 0
    var rrtype = 0
    var rdata = 0
    var timeFirst: Int?
    var timeLast: Int?
    var count: Int?
    var sensor: Int?
    /// Columns that have to be looked at.
    var needed = 0
  }

  /// Makes a reader.
  ///
  /// - Parameter recordOctetsMax: longer records are skipped and counted.
  public init(
    layout: CSVLayout, now: UnixSeconds, recordOctetsMax: Int = CSVReader.recordOctetsMax
  ) {
    self.layout = layout
    self.now = now
    cutter = CSVRecordCutter(layout: layout, recordOctetsMax: recordOctetsMax)
    isHeaderNext = layout.hasHeader
    if !layout.hasHeader { places = CSVReader.places(layout) { _ in nil } }
  }

  /// Reads up to the next step; see ``ObservationReader``. An item is a record; the header is none.
  public mutating func next(
    _ chunk: Span<UInt8>, at: inout Int, into observation: inout TextObservation
  ) -> ReadStep {
    heldOctets = 0
    while true {
      switch cutter.next(chunk, at: &at) {
      case .inChunk(let range):
        if let step = read(chunk.extracting(range), into: &observation) { return step }
      case .inHeld:
        if let step = readHeld(into: &observation) { return step }
      case .tooLong: return .rejected(.tooLong, endsItem: true)
      case .openQuote, .needsInput:
        heldOctets = cutter.held.count
        return .needsInput
      }
    }
  }

  /// Ends the feed; see ``ObservationReader``.
  public mutating func finish(into observation: inout TextObservation) -> ReadStep {
    while true {
      switch cutter.finish() {
      case .inHeld:
        if let step = readHeld(into: &observation) { return step }
      case .openQuote: return .rejected(.truncated, endsItem: true)
      case .tooLong: return .rejected(.tooLong, endsItem: true)
      case .inChunk, .needsInput: return .needsInput
      }
    }
  }

  /// Takes the header, so that the feed can go on anywhere behind it.
  public mutating func prime(_ head: Span<UInt8>) {
    isAtStart = false
    guard isHeaderNext else { return }
    var at = 0
    var cutter = cutter
    switch cutter.next(head, at: &at) {
    case .inChunk(let range): readHeader(head.extracting(range))
    case .inHeld: readHeader(cutter.held.span)
    case .tooLong, .openQuote, .needsInput: break
    }
  }

  /// The octets leave the cutter while they are worked on.
  private mutating func readHeld(into observation: inout TextObservation) -> ReadStep? {
    var octets: [UInt8] = []
    swap(&octets, &cutter.held)
    let step = read(octets.span, into: &observation)
    swap(&octets, &cutter.held)
    return step
  }

  /// Reads one record; nil for a blank line and the header.
  private mutating func read(
    _ whole: Span<UInt8>, into observation: inout TextObservation
  ) -> ReadStep? {
    let record = whole.extracting((isAtStart ? CSVReader.start(whole) : 0)..<whole.count)
    isAtStart = false
    guard !CSVReader.isBlank(record) else { return nil }
    if isHeaderNext {
      readHeader(record)
      return nil
    }
    observation.reset()
    do throws(TextRejection) {
      guard CSVReader.isText(record) else { throw .notText }
      guard let places else { throw .noSuchColumn }
      cells.split(
        record, delimiter: layout.delimiter, quote: layout.quote, count: places.needed)
      try fill(record, places, into: &observation)
      return .observation(endsItem: true)
    } catch {
      return .rejected(error, endsItem: true)
    }
  }

  private func fill(
    _ record: Span<UInt8>, _ places: Places, into observation: inout TextObservation
  ) throws(TextRejection) {
    let octets = cells.unquoted
    func cell(_ place: Int) -> CSVCells.Cell? {
      place < cells.cells.count ? cells.cells[place] : nil
    }
    guard let rrname = cell(places.rrname), let rrtype = cell(places.rrtype),
      let rdata = cell(places.rdata)
    else { throw .missingField }
    observation.rrtype = try FeedField.type(
      (rrtype.isUnquoted ? octets.span : record).extracting(rrtype.range))
    try readTimes(record, places, into: &observation)
    if let count = places.count.flatMap(cell), !count.range.isEmpty {
      let text = (count.isUnquoted ? octets.span : record).extracting(count.range)
      guard let value = try? TextDecimal.floor(text), value > 0 else { throw .badCount }
      observation.count = value
    }
    if let sensor = places.sensor.flatMap(cell) {
      FeedField.readSensor(
        (sensor.isUnquoted ? octets.span : record).extracting(sensor.range), into: &observation)
    }
    try FeedField.readOwner(
      (rrname.isUnquoted ? octets.span : record).extracting(rrname.range), into: &observation)
    let text = (rdata.isUnquoted ? octets.span : record).extracting(rdata.range)
    let isLossy = FeedField.isStrings(observation.rrtype) && FeedField.isUnquoted(text)
    try FeedField.appendRData(text, isLossy: isLossy ? true : nil, to: &observation)
  }

  /// Either time stands in for the other one.
  private func readTimes(
    _ record: Span<UInt8>, _ places: Places, into observation: inout TextObservation
  ) throws(TextRejection) {
    let first = try time(record, places.timeFirst)
    let last = try time(record, places.timeLast)
    guard let timeFirst = first ?? last, let timeLast = last ?? first else {
      throw .missingField
    }
    guard timeFirst <= timeLast else { throw .timesReversed }
    (observation.timeFirst, observation.timeLast) = (timeFirst, timeLast)
  }

  /// A time; nil when there is no such cell, or nothing in it.
  private func time(
    _ record: Span<UInt8>, _ place: Int?
  ) throws(TextRejection) -> UnixSeconds? {
    guard let place, place < cells.cells.count, !cells.cells[place].range.isEmpty else {
      return nil
    }
    let cell = cells.cells[place]
    let octets = cells.unquoted
    let text = (cell.isUnquoted ? octets.span : record).extracting(cell.range)
    guard let time = layout.timeFormat.parse(text) else { throw .badTime }
    return try time.checked(now: now)
  }
}

/// The header.
extension CSVReader {
  private mutating func readHeader(_ line: Span<UInt8>) {
    isHeaderNext = false
    let record = line.extracting(CSVReader.start(line)..<line.count)
    cells.split(
      record, delimiter: layout.delimiter, quote: layout.quote, count: CSVLayout.columnsMax)
    var names: [String: Int] = [:]
    for (index, cell) in cells.cells.enumerated() {
      var octets: [UInt8] = []
      for at in cell.range { octets.append(cell.isUnquoted ? cells.unquoted[at] : record[at]) }
      let name = String(decoding: octets, as: UTF8.self).lowercased()
      // Of columns with one name the first counts.
      if names[name] == nil { names[name] = index }
    }
    places = CSVReader.places(layout) { names[$0.lowercased()] }
  }

  /// The places of the layout's columns; nil when one that every record needs is not there.
  private static func places(
    _ layout: CSVLayout, _ find: (String) -> Int?
  ) -> Places? {
    func place(_ field: CSVLayout.Field) -> Int? {
      switch layout.columns[field] {
      case nil: nil
      case .index(let index): index
      case .name(let name): find(name)
      }
    }
    guard let rrname = place(.rrname), let rrtype = place(.rrtype), let rdata = place(.rdata)
    else { return nil }
    var places = Places(rrname: rrname, rrtype: rrtype, rdata: rdata)
    places.timeFirst = place(.timeFirst)
    places.timeLast = place(.timeLast)
    guard places.timeFirst != nil || places.timeLast != nil else { return nil }
    places.count = place(.count)
    places.sensor = place(.sensor)
    let all = CSVLayout.Field.allCases.compactMap(place)
    places.needed = (all.max() ?? 0) + 1
    return places
  }

  /// Where the text behind the byte order mark starts, which spreadsheets write.
  private static func start(_ text: Span<UInt8>) -> Int {
    let hasMark = text.count >= 3 && text[0] == 0xEF && text[1] == 0xBB && text[2] == 0xBF
    return hasMark ? 3 : 0
  }

  private static func isBlank(_ record: Span<UInt8>) -> Bool {
    for index in record.indices where record[index] > ASCII.space { return false }
    return true
  }

  /// True for UTF-8 without NUL.
  private static func isText(_ record: Span<UInt8>) -> Bool {
    var at = 0
    while at < record.count {
      let octet = record[at]
      if octet >= 0x80 {
        guard (try? JSONText.multibyte(record, at: &at)) != nil else { return false }
      } else {
        guard octet != 0 else { return false }
        at += 1
      }
    }
    return true
  }
}

extension TextRejection {
  /// A line that is not UTF-8, or has a NUL in it.
  public static let notText = TextRejection(.malformed, "not-text")
  /// The header lacks a column that the layout names.
  public static let noSuchColumn = TextRejection(.malformed, "no-such-column")
}
