import DNSWire

/// Writes whole records as COF ndjson that can be read back without loss: beside the fields of the
/// Common Output Format a line has the vantage, the bailiwick, the dataset unless it is the
/// standard one, the names of the sensors, and the days between the first and the last.
///
///     var writer = ObservationLineWriter(dataset: nil) { registry.name(ofSensor: $0) }
///     for entry in batch.entries {
///       let value = batch.value(of: entry)
///       batch.withKey(of: entry) { writer.append(key: $0, value: value, to: &out) }
///     }
///
/// Exports, `import --server` and the relay write these lines; ``COFReader`` reads them.
public struct ObservationLineWriter {
  /// Finds the name of a sensor; nil for a number that has none.
  public typealias SensorName = (SensorNumber) -> String?

  private let datasetField: [UInt8]
  private let nameOf: SensorName
  private var cof: COFWriter
  private var rrname: [UInt8] = []
  /// The sensors of the last line and their field: neighbours mostly have the same.
  private var lastSensors = SensorSet()
  private var sensorsField: [UInt8] = []

  /// Makes a writer.
  ///
  /// - Parameters:
  ///   - dataset: the dataset that lines name; nil for the standard one, which they leave out.
  ///   - nameOf: names of sensors; the empty name is the sensor without a name.
  public init(dataset: String?, nameOf: @escaping SensorName) {
    var options = COFWriter.Options()
    options.showsBailiwick = true
    options.showsVantage = true
    cof = COFWriter(options: options)
    self.nameOf = nameOf
    var field: [UInt8] = []
    if let dataset {
      field.append(contentsOf: ",\"dataset\":".utf8)
      JSONText.appendQuoted(Array(dataset.utf8).span, to: &field)
    }
    datasetField = field
  }

  /// Appends the line of a record.
  ///
  /// - Returns: false when the octets are no record key; nothing is appended then.
  @discardableResult
  public mutating func append(
    key: Span<UInt8>, value: RecordValue, to out: inout [UInt8]
  ) -> Bool {
    guard let view = RecordKeyView(key) else { return false }
    rrname.removeAll(keepingCapacity: true)
    guard RecordKeyView.appendWireName(reversed: key.extracting(view.reversedName), to: &rrname)
    else { return false }
    let row = TextRow(
      rrtype: view.rrtype, timeFirst: value.timeFirst, timeLast: value.timeLast,
      count: value.count, vantage: view.vantage, bailiwick: view.bailiwick)
    var name: [UInt8] = []
    swap(&name, &rrname)
    append(
      row, rrname: name.span, rdata: key.extracting(view.rdata), sensors: value.sensors,
      activity: value.activity, to: &out)
    swap(&name, &rrname)
    return true
  }

  /// Appends the line of a record whose fields are at hand.
  ///
  /// - Parameters:
  ///   - row: with its vantage.
  ///   - rrname: canonical wire octets.
  ///   - rdata: wire octets, or text when the row's vantage is ``Vantage/text``.
  ///   - activity: the days between the first and the last.
  public mutating func append(
    _ row: TextRow, rrname: Span<UInt8>, rdata: Span<UInt8>, sensors: SensorSet,
    activity: ActivityDays, to out: inout [UInt8]
  ) {
    cof.append(row, rrname: rrname, rdata: rdata, to: &out)
    if sensors != lastSensors {
      lastSensors = sensors
      writeSensorsField()
    }
    guard !datasetField.isEmpty || !sensorsField.isEmpty || !activity.isEmpty else { return }
    // Opens the object again: its end is `}` and a line end.
    out.removeLast(2)
    out.append(contentsOf: datasetField)
    out.append(contentsOf: sensorsField)
    if !activity.isEmpty { appendDays(row, activity, to: &out) }
    out.append(UInt8(ascii: "}"))
    out.append(ASCII.lineFeed)
  }

  /// The names in order, so that the numbers of a store make no difference. The sensor without a
  /// name is shown beside others only: a record that it alone saw needs no field.
  private mutating func writeSensorsField() {
    sensorsField.removeAll(keepingCapacity: true)
    let names = lastSensors.numbers.compactMap(nameOf).sorted()
    guard names.contains(where: { !$0.isEmpty }) else { return }
    sensorsField.append(contentsOf: ",\"sensors\":".utf8)
    var separator = UInt8(ascii: "[")
    for name in names {
      sensorsField.append(separator)
      JSONText.appendQuoted(Array(name.utf8).span, to: &sensorsField)
      separator = UInt8(ascii: ",")
    }
    sensorsField.append(UInt8(ascii: "]"))
  }

  private func appendDays(_ row: TextRow, _ activity: ActivityDays, to out: inout [UInt8]) {
    let value = RecordValue(
      timeFirst: row.timeFirst, timeLast: row.timeLast, count: row.count, activity: activity)
    out.append(contentsOf: ",\"days\":".utf8)
    var separator = UInt8(ascii: "[")
    for day in value.daysSeen {
      out.append(separator)
      out.append(ASCII.quote)
      TextDay.append(day, to: &out)
      out.append(ASCII.quote)
      separator = UInt8(ascii: ",")
    }
    out.append(UInt8(ascii: "]"))
  }
}
