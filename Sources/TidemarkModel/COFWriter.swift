import DNSWire

/// Writes records in the Common Output Format as every known client reads it: one compact object a
/// line, ended by LF, pure ASCII, whole numbers, one string of rdata, names without final dot.
///
/// Keep one writer for a result: rows of one owner share its text.
public struct COFWriter: Sendable {
  /// What rows contain besides the fields that every client needs.
  public struct Options: Sendable {
    /// Who publishes the rows, a URI; several clients need it in every row. Nil leaves it out.
    public var origin: String?
    /// Rdata as an array of one string, which the draft prefers and most clients do not know.
    public var rdataIsArray = false
    /// Adds `bailiwick`, where it is known.
    public var showsBailiwick = false
    /// Adds `vantage`, and `zone_time_first`, `zone_time_last` to rows of zone files. With it,
    /// ``COFReader`` gives exactly the records that were written.
    public var showsVantage = false
    /// Types that dnspython does not know as numbers: PyPDNS gives up the whole answer at an
    /// unknown mnemonic, and others lose rows with a number.
    public var writesRareTypesAsNumbers = false
    /// Adds `zone_time_first` and `zone_time_last` to rows that are of zone files only.
    public var showsZoneTimes = false
    /// Owner and rdata change places, as CIRCL's version 2 documents it: `rrname` is the rdata.
    public var isSwapped = false
    /// Repeats what `rdata` has as `rrdata`, the field that one client reads.
    public var repeatsRData = false
    /// Largest number of rows; larger ones are written as this one. Some clients read 32 bits.
    public var numberMax = COFWriter.numberMax

    /// Makes options for rows with nothing but the fields that every client needs.
    public init(origin: String? = nil) { self.origin = origin }
  }

  /// Largest number written: clients abort above it.
  public static let numberMax = UInt64(Int64.max)

  /// Room for the three members that every row has.
  private static let numbersOctetsMax = 36 + 3 * OutputSpan<UInt8>.decimalOctetsMax

  /// Room for the member `vantage`.
  private static let vantageOctetsMax = 32

  private let options: Options
  private let rowEnd: [UInt8]
  private var owner = NameText()
  /// Everything up to the rdata, for the owner and type of the last row; from behind the rdata to
  /// behind the owner when they change places.
  private var rowStart: [UInt8] = []
  private var lastType: RRType?
  /// The member `bailiwick` of the last row with one, and its name: neighbours share it.
  private var bailiwickMember: [UInt8] = []
  private var bailiwickName = NameText()
  /// The bailiwick that the member says for the owner of the last row; else unknown.
  private var lastBailiwick = Bailiwick.unknown

  /// Makes a writer.
  public init(options: Options = Options()) {
    self.options = options
    var end: [UInt8] = []
    if let origin = options.origin {
      ASCII.append(",\"origin\":", to: &end)
      JSONText.appendQuoted(Array(origin.utf8).span, to: &end)
    }
    end.append(UInt8(ascii: "}"))
    end.append(ASCII.lineFeed)
    rowEnd = end
  }

  /// Appends one line.
  ///
  /// - Parameters:
  ///   - rrname: canonical wire octets.
  ///   - rdata: wire octets, or text when the row's vantage is ``Vantage/text``.
  ///   - sensorID: the name of the only sensor asked for, or empty.
  ///   - isOpen: leaves out the end of the object and of the line, for further members.
  public mutating func append(
    _ row: TextRow, rrname: Span<UInt8>, rdata: Span<UInt8>, sensorID: [UInt8] = [],
    isOpen: Bool = false, to out: inout [UInt8]
  ) {
    let isOtherOwner = owner.update(rrname)
    if isOtherOwner || lastType != row.rrtype { startRow(row.rrtype) }
    if isOtherOwner { lastBailiwick = .unknown }
    if options.isSwapped {
      ASCII.append("{\"rrname\":", to: &out)
      JSONText.appendString(to: &out) { row.appendRData(rdata, to: &$0) }
      out.append(contentsOf: rowStart)
    } else {
      out.append(contentsOf: rowStart)
      JSONText.appendString(to: &out) { row.appendRData(rdata, to: &$0) }
      if options.rdataIsArray { out.append(UInt8(ascii: "]")) }
    }
    let numberMax = options.numberMax
    out.append(addingCapacity: COFWriter.numbersOctetsMax) { text in
      text.append(",\"time_first\":")
      text.appendDecimal(min(UInt64(row.timeFirst), numberMax))
      text.append(",\"time_last\":")
      text.appendDecimal(min(UInt64(row.timeLast), numberMax))
      text.append(",\"count\":")
      text.appendDecimal(min(row.count, numberMax))
    }
    if options.showsZoneTimes || options.repeatsRData { appendCirclExtras(row, rdata, to: &out) }
    if options.showsBailiwick || options.showsVantage || !sensorID.isEmpty {
      appendExtras(row, rrname: rrname, sensorID: sensorID, to: &out)
    }
    if !isOpen { out.append(contentsOf: rowEnd) }
  }

  private mutating func startRow(_ type: RRType) {
    lastType = type
    rowStart.removeAll(keepingCapacity: true)
    let name = owner.octets
    if !options.isSwapped {
      ASCII.append("{\"rrname\":", to: &rowStart)
      JSONText.appendQuoted(name.span, to: &rowStart)
    }
    ASCII.append(",\"rrtype\":", to: &rowStart)
    if options.writesRareTypesAsNumbers, COFWriter.isRare(type) {
      ASCII.appendDecimal(UInt64(type.rawValue), to: &rowStart)
    } else {
      rowStart.append(ASCII.quote)
      type.appendMnemonic(to: &rowStart)
      rowStart.append(ASCII.quote)
    }
    ASCII.append(options.rdataIsArray ? ",\"rdata\":[" : ",\"rdata\":", to: &rowStart)
    if options.isSwapped {
      JSONText.appendQuoted(name.span, to: &rowStart)
      if options.rdataIsArray { rowStart.append(UInt8(ascii: "]")) }
    }
  }

  private func appendCirclExtras(
    _ row: TextRow, _ rdata: Span<UInt8>, to out: inout [UInt8]
  ) {
    if options.repeatsRData {
      ASCII.append(",\"rrdata\":", to: &out)
      JSONText.appendString(to: &out) { text in
        if options.isSwapped {
          text.append(contentsOf: owner.octets)
        } else {
          row.appendRData(rdata, to: &text)
        }
      }
    }
    guard options.showsZoneTimes, row.vantage == .zone else { return }
    append(",\"zone_time_first\":", UInt64(row.timeFirst), to: &out)
    append(",\"zone_time_last\":", UInt64(row.timeLast), to: &out)
  }

  private mutating func appendExtras(
    _ row: TextRow, rrname: Span<UInt8>, sensorID: [UInt8], to out: inout [UInt8]
  ) {
    if options.showsBailiwick, row.bailiwick != .unknown {
      if lastBailiwick != row.bailiwick { updateBailiwickMember(row, rrname) }
      out.append(contentsOf: bailiwickMember)
    }
    if !sensorID.isEmpty {
      ASCII.append(",\"sensor_id\":", to: &out)
      JSONText.appendQuoted(sensorID.span, to: &out)
    }
    guard options.showsVantage, let vantage = row.vantage else { return }
    out.append(addingCapacity: COFWriter.vantageOctetsMax) { text in
      text.append(",\"vantage\":\"")
      text.append(vantage.text)
      text.append("\"")
    }
    if vantage == .zone, !options.showsZoneTimes {
      COFWriter.append(",\"zone_time_first\":", UInt64(row.timeFirst), to: &out)
      COFWriter.append(",\"zone_time_last\":", UInt64(row.timeLast), to: &out)
    }
  }

  private mutating func updateBailiwickMember(_ row: TextRow, _ rrname: Span<UInt8>) {
    lastBailiwick = row.bailiwick
    let start = row.bailiwickStart(in: rrname)
    guard bailiwickName.update(rrname.extracting(start..<rrname.count)) else { return }
    let name = bailiwickName.octets
    bailiwickMember.removeAll(keepingCapacity: true)
    ASCII.append(",\"bailiwick\":", to: &bailiwickMember)
    JSONText.appendQuoted(name.span, to: &bailiwickMember)
  }

  /// Types without a name in dnspython 2.9: NSAP-PTR, EID, NIMLOC, ATMA, SINK, RKEY, TALINK, UINFO,
  /// UID, GID, DOA, CLA, IPN, and every number without a mnemonic.
  private static func isRare(_ type: RRType) -> Bool {
    switch type.rawValue {
    case 23, 31, 32, 34, 40, 57, 58, 100, 101, 102, 259, 263, 264: true
    default: type.registeredMnemonic == nil
    }
  }

  @inline(__always)
  private static func append(_ name: StaticString, _ value: UInt64, to out: inout [UInt8]) {
    ASCII.append(name, to: &out)
    ASCII.appendDecimal(value, to: &out)
  }

  @inline(__always)
  private func append(_ name: StaticString, _ value: UInt64, to out: inout [UInt8]) {
    COFWriter.append(name, min(value, options.numberMax), to: &out)
  }
}
