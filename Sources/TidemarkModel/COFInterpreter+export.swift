import DNSWire

/// What COF has no field for, in the form in which ``ObservationLineWriter`` writes it. Members of
/// these names that are no arrays are somebody else's, and ignored.
extension COFInterpreter {
  /// Reads `"sensors":["s1","s2"]`.
  mutating func readSensors(
    _ text: Span<UInt8>, _ value: JSONValue, into observation: inout TextObservation
  ) throws(COFRejection) {
    guard COFInterpreter.isArray(text, value) else { return }
    let count = COFInterpreter.forEachElement(text, value) { element in
      guard element.isString, observation.sensors.count <= SensorSet.numberMax else { return false }
      let start = observation.sensorsOctets.count
      JSONText.appendString(text, element, to: &observation.sensorsOctets)
      let length = observation.sensorsOctets.count - start
      if length > COFReader.sensorOctetsMax {
        observation.sensorsOctets.removeLast(length - COFReader.sensorOctetsMax)
      }
      observation.sensors.append(start..<observation.sensorsOctets.count)
      return true
    }
    guard count != nil else { throw .badSensors }
  }

  /// Reads `"days":["2024-01-31","2024-02-01"]`. The times of the observation are known.
  mutating func readDays(
    _ text: Span<UInt8>, _ value: JSONValue, into observation: inout TextObservation
  ) throws(COFRejection) {
    guard COFInterpreter.isArray(text, value) else { return }
    let first = observation.timeFirst / TimeLimits.secondsPerDay
    let last = observation.timeLast / TimeLimits.secondsPerDay
    var days = ActivityDays()
    let count = COFInterpreter.forEachElement(text, value) { element in
      guard element.kind == .string,
        let day = TextDay.parse(text.extracting(element.start..<element.end)),
        (first...last).contains(day)
      else { return false }
      if day != first, day != last { days.insert(day) }
      return true
    }
    guard let count, count <= Int(last - first) + 1 else { throw .badDays }
    observation.activity = days
  }

  private static func isArray(_ text: Span<UInt8>, _ value: JSONValue) -> Bool {
    value.kind == .other && text[value.start] == UInt8(ascii: "[")
  }

  /// Shows the elements of an array until `body` returns false.
  ///
  /// - Parameter value: found by ``JSONText``, so that its structure is in order.
  /// - Returns: how many there are; nil when `body` refused one.
  private static func forEachElement(
    _ text: Span<UInt8>, _ value: JSONValue, _ body: (JSONValue) -> Bool
  ) -> Int? {
    let closing = UInt8(ascii: "]")
    var at = value.start + 1
    var count = 0
    do {
      if try JSONText.nextOctet(text, at: &at) == closing { return 0 }
      repeat {
        guard body(try JSONText.value(text, at: &at, depth: 1)) else { return nil }
        count += 1
      } while try !JSONText.isLast(text, at: &at, closing: closing)
      return count
    } catch {
      return nil
    }
  }
}
