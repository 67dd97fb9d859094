import DNSWire

/// What the columns of delimited text mean, and how their cells are written.
///
/// Made of options, which `import --layout` takes as one text, separated by semicolons:
///
///     columns=rrname,rrtype,rdata,time_first,time_last,count;delimiter=tab;time=iso
///     header=yes;rrname=domain;rrtype=type;rdata=answer;time_first=seen;time=%d/%m/%Y
///     rrname=3;rrtype=4;rdata=5;time_first=1;time=ms
///
/// | option | value |
/// | --- | --- |
/// | `columns` | fields from left to right; `-` for a column that is not read |
/// | `rrname`, `rrtype`, … | the name of the field's column in the header, or its number from 1 |
/// | `delimiter` | one character, or `tab`, `comma`, `semicolon`, `pipe`, `space` |
/// | `quote` | one character, or `none`; by default `"` |
/// | `header` | `yes` when the first line names the columns; by default `no` |
/// | `time` | `s`, `ms`, `us`, `ns`, `guess`, `iso`, or a pattern of `%Y %m %d %H %M %S %f %z %s` |
///
/// With a header and no field told, columns are found by the fields' own names.
public struct CSVLayout: Sendable, Equatable {
  /// A field of a record.
  public enum Field: String, Sendable, Equatable, CaseIterable {
    /// The owner.
    case rrname
    /// The type, as mnemonic or number.
    case rrtype
    /// The data, as presentation text.
    case rdata
    /// First seen; without it, last seen.
    case timeFirst = "time_first"
    /// Last seen; without it, first seen.
    case timeLast = "time_last"
    /// Sightings; without it or when empty, 1.
    case count
    /// The name of the sensor.
    case sensor
  }

  /// Where a field stands.
  enum Column: Sendable, Equatable {
    /// From 0.
    case index(Int)
    /// By a name in the header, in any letter case.
    case name(String)
  }

  /// Most columns that are looked at.
  static let columnsMax = 1_000

  let columns: [Field: Column]
  let delimiter: UInt8
  /// Nil when quotes have no meaning.
  let quote: UInt8?
  let hasHeader: Bool
  let timeFormat: CSVTimeFormat

  /// Reads options in one text; see ``CSVLayout``.
  ///
  /// - Parameter text: options `name=value`, separated by semicolons; blanks around them mean
  ///   nothing. A semicolon cannot be part of a value.
  public init(text: String) throws(CSVLayoutError) {
    var options: [(name: String, value: String)] = []
    for piece in text.split(separator: ";") {
      let trimmed = CSVLayout.trimmed(piece)
      guard !trimmed.isEmpty else { continue }
      guard let equals = trimmed.firstIndex(of: "=") else {
        throw .noValue(option: trimmed)
      }
      options.append(
        (
          CSVLayout.trimmed(trimmed[..<equals]),
          CSVLayout.trimmed(trimmed[trimmed.index(after: equals)...])
        ))
    }
    try self.init(options: options)
  }

  /// Takes options by name, as a configuration file has them; see ``CSVLayout``.
  public init(options: [(name: String, value: String)]) throws(CSVLayoutError) {
    var maker = Maker()
    for option in options { try maker.take(option.name, option.value) }
    self = try maker.layout()
  }

  private init(
    columns: [Field: Column], delimiter: UInt8, quote: UInt8?, hasHeader: Bool,
    timeFormat: CSVTimeFormat
  ) {
    self.columns = columns
    self.delimiter = delimiter
    self.quote = quote
    self.hasHeader = hasHeader
    self.timeFormat = timeFormat
  }

  private static func trimmed(_ text: some StringProtocol) -> String {
    var rest = Substring(text)
    while rest.first == " " || rest.first == "\t" { rest.removeFirst() }
    while rest.last == " " || rest.last == "\t" { rest.removeLast() }
    return String(rest)
  }

  /// Collects options.
  private struct Maker {
    var columns: [Field: Column] = [:]
    var delimiter = UInt8(ascii: ",")
    var quote: UInt8? = ASCII.quote
    var hasHeader = false
    var timeFormat = CSVTimeFormat.epoch(unitsPerSecond: 1)
    var seen: Set<String> = []

    mutating func take(_ name: String, _ value: String) throws(CSVLayoutError) {
      guard seen.insert(name).inserted else { throw .repeatedOption(name) }
      guard !value.isEmpty else { throw .noValue(option: name) }
      switch name {
      case "columns": try takeColumns(value)
      case "delimiter": delimiter = try CSVLayout.delimiter(value)
      case "quote": quote = value == "none" ? nil : try CSVLayout.quote(value)
      case "header":
        guard value == "yes" || value == "no" else { throw .badHeader(value) }
        hasHeader = value == "yes"
      case "time":
        guard let format = CSVTimeFormat(value) else { throw .badTime(value) }
        timeFormat = format
      default:
        guard let field = Field(rawValue: name) else { throw .unknownOption(name) }
        try set(field, try CSVLayout.column(value))
      }
    }

    mutating func takeColumns(_ value: String) throws(CSVLayoutError) {
      let names = value.split(separator: ",", omittingEmptySubsequences: false)
      for (index, piece) in names.enumerated() {
        let name = CSVLayout.trimmed(piece)
        if name == "-" || name.isEmpty { continue }
        guard let field = Field(rawValue: name) else { throw .unknownField(name) }
        try set(field, .index(index))
      }
    }

    private mutating func set(_ field: Field, _ column: Column) throws(CSVLayoutError) {
      if case .index(let index) = column {
        guard index < CSVLayout.columnsMax else { throw .badColumn("\(index + 1)") }
      }
      guard columns.updateValue(column, forKey: field) == nil else {
        throw .repeatedField(field)
      }
    }

    func layout() throws(CSVLayoutError) -> CSVLayout {
      var columns = columns
      if columns.isEmpty, hasHeader {
        for field in Field.allCases { columns[field] = .name(field.rawValue) }
      }
      for field in [Field.rrname, .rrtype, .rdata] where columns[field] == nil {
        throw .missingField(field)
      }
      guard columns[.timeFirst] != nil || columns[.timeLast] != nil else { throw .noTime }
      for field in Field.allCases {
        if case .name(let name)? = columns[field], !hasHeader { throw .nameNeedsHeader(name) }
      }
      if delimiter == quote { throw .badQuote(String(UnicodeScalar(delimiter))) }
      return CSVLayout(
        columns: columns, delimiter: delimiter, quote: quote, hasHeader: hasHeader,
        timeFormat: timeFormat)
    }
  }

  private static func delimiter(_ text: String) throws(CSVLayoutError) -> UInt8 {
    switch text {
    case "tab", "\\t", "\t": return ASCII.tab
    case "comma": return UInt8(ascii: ",")
    case "semicolon": return UInt8(ascii: ";")
    case "pipe": return UInt8(ascii: "|")
    case "space": return ASCII.space
    default:
      guard let octet = single(text) else { throw .badDelimiter(text) }
      return octet
    }
  }

  private static func quote(_ text: String) throws(CSVLayoutError) -> UInt8 {
    guard let octet = single(text) else { throw .badQuote(text) }
    return octet
  }

  /// One printable ASCII character.
  private static func single(_ text: String) -> UInt8? {
    let octets = Array(text.utf8)
    guard octets.count == 1, octets[0] > ASCII.space, octets[0] < 0x7F else { return nil }
    return octets[0]
  }

  private static func column(_ text: String) throws(CSVLayoutError) -> Column {
    guard text.utf8.allSatisfy(ASCII.isDigit) else { return .name(text) }
    guard let number = Int(text), number > 0 else { throw .badColumn(text) }
    return .index(number - 1)
  }
}

/// Why options give no layout.
public enum CSVLayoutError: Error, Sendable, Equatable, CustomStringConvertible {
  /// No such option and no such field.
  case unknownOption(String)
  /// The option stands there twice.
  case repeatedOption(String)
  /// The option has no `=`, or nothing behind it.
  case noValue(option: String)
  /// No such field among the columns.
  case unknownField(String)
  /// The field has two columns.
  case repeatedField(CSVLayout.Field)
  /// A field that every record needs has no column.
  case missingField(CSVLayout.Field)
  /// Neither `time_first` nor `time_last` has a column.
  case noTime
  /// Not the number of a column.
  case badColumn(String)
  /// A column has a name, and there is no header to find it in.
  case nameNeedsHeader(String)
  /// Not one character, and no word for one.
  case badDelimiter(String)
  /// Not one character, or the delimiter's.
  case badQuote(String)
  /// Neither `yes` nor `no`.
  case badHeader(String)
  /// No word for a format, and no pattern that tells a whole date.
  case badTime(String)

  /// A sentence for people.
  public var description: String {
    let fields = CSVLayout.Field.allCases.map(\.rawValue).joined(separator: ", ")
    return switch self {
    case .unknownOption(let name):
      "unknown option \"\(name)\": expected columns, delimiter, quote, header, time, or one of "
        + fields
    case .repeatedOption(let name): "option \"\(name)\" is given twice"
    case .noValue(let name): "option \"\(name)\" has no value: write \(name)=VALUE"
    case .unknownField(let name):
      "unknown column \"\(name)\": expected one of \(fields), or - for a column to skip"
    case .repeatedField(let field): "column \(field.rawValue) is given twice"
    case .missingField(let field): "no column for \(field.rawValue)"
    case .noTime: "no column for time_first or time_last"
    case .badColumn(let text):
      "\"\(text)\" is no column: expected a number from 1 to \(CSVLayout.columnsMax)"
    case .nameNeedsHeader(let name): "column \"\(name)\" is told by name: add header=yes"
    case .badDelimiter(let text):
      "\"\(text)\" is no delimiter: expected one character, or tab, comma, semicolon, pipe, space"
    case .badQuote(let text):
      "\"\(text)\" is no quote: expected none, or one character other than the delimiter"
    case .badHeader(let text): "header is \"\(text)\": expected yes or no"
    case .badTime(let text):
      "\"\(text)\" is no time format: expected s, ms, us, ns, guess, iso, or a pattern of "
        + "%Y %m %d %H %M %S %f %z, or %s"
    }
  }
}
