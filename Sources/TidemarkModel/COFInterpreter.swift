import DNSWire

/// Makes observations of the members of objects, and counts.
struct COFInterpreter {
  typealias Step = COFReader.Step

  var tally = COFTally()
  var now: UnixSeconds
  let swapping: COFReader.Swapping
  var scratch: [UInt8] = []
  var otherScratch: [UInt8] = []

  init(now: UnixSeconds, swapping: COFReader.Swapping) {
    self.now = now
    self.swapping = swapping
  }

  /// Fills an observation.
  ///
  /// - Parameters:
  ///   - text: the text in which `object` was found.
  mutating func understand(
    _ text: Span<UInt8>, _ object: borrowing COFObject, into observation: inout TextObservation
  ) -> Step {
    if object.condition.kind != .missing, !object.isWrapped, object.rrname.kind == .missing {
      tally.control += 1
      return .control(condition(text, object.condition))
    }
    observation.reset()
    do throws(COFRejection) {
      guard object.rrname.kind != .missing, object.rrtype.kind != .missing, !object.rdata.isEmpty
      else { throw COFRejection.missingField }
      observation.rrtype = try type(text, object.rrtype)
      try readTimes(text, object, into: &observation)
      if !object.count.isAbsent {
        guard let count = number(text, object.count), count > 0 else {
          throw COFRejection.badCount
        }
        observation.count = count
      }
      readSource(text, object, into: &observation)
      if !object.sensors.isAbsent { try readSensors(text, object.sensors, into: &observation) }
      if !object.days.isAbsent { try readDays(text, object.days, into: &observation) }
      if object.dataset.isString {
        JSONText.appendString(text, object.dataset, to: &observation.datasetName)
      }
      try readData(text, object, into: &observation)
    } catch {
      return reject(error)
    }
    readBailiwick(text, object.bailiwick, into: &observation)
    count(observation)
    return .observation
  }

  private mutating func count(_ observation: TextObservation) {
    tally.observations += 1
    tally.records += UInt64(observation.items.count)
    if observation.isRepaired { tally.repaired += 1 }
    for item in observation.items where item.isLossy { tally.lossy += 1 }
  }

  private mutating func condition(_ text: Span<UInt8>, _ value: JSONValue) -> SAFCondition {
    guard value.isString else { return .failed }
    scratch.removeAll(keepingCapacity: true)
    JSONText.appendString(text, value, to: &scratch)
    switch String(decoding: scratch, as: UTF8.self) {
    case "begin", "ongoing": return .going
    case "succeeded": return .succeeded
    case "limited": return .limited
    default: return .failed
    }
  }

  private mutating func type(
    _ text: Span<UInt8>, _ value: JSONValue
  ) throws(COFRejection) -> RRType {
    guard value.isString || value.kind == .number else { throw .badType }
    scratch.removeAll(keepingCapacity: true)
    let type: RRType?
    if value.kind == .escapedString {
      JSONText.appendString(text, value, to: &scratch)
      type = RRType(mnemonic: scratch.span)
    } else {
      type = RRType(mnemonic: text.extracting(value.start..<value.end))
    }
    guard let type else { throw .badType }
    guard !type.isOnlyForQuestions else { throw .metaType }
    return type
  }

  /// The whole part of a number or of a string that holds one; nil for anything else.
  private func number(_ text: Span<UInt8>, _ value: JSONValue) -> UInt64? {
    guard value.kind == .number || value.kind == .string else { return nil }
    return try? TextDecimal.floor(text.extracting(value.start..<value.end))
  }

  private func readTimes(
    _ text: Span<UInt8>, _ object: borrowing COFObject, into observation: inout TextObservation
  ) throws(COFRejection) {
    let hasTimes = !object.timeFirst.isAbsent || !object.timeLast.isAbsent
    let hasZoneTimes = !object.zoneTimeFirst.isAbsent || !object.zoneTimeLast.isAbsent
    if hasTimes {
      (observation.timeFirst, observation.timeLast) = try times(
        text, object.timeFirst, object.timeLast)
      if hasZoneTimes, let zone = try? times(text, object.zoneTimeFirst, object.zoneTimeLast) {
        observation.zoneTimes = TextObservation.ZoneTimes(first: zone.0, last: zone.1)
      }
    } else {
      guard hasZoneTimes else { throw .missingTime }
      (observation.timeFirst, observation.timeLast) = try times(
        text, object.zoneTimeFirst, object.zoneTimeLast)
      observation.vantage = .zone
    }
  }

  private func times(
    _ text: Span<UInt8>, _ first: JSONValue, _ last: JSONValue
  ) throws(COFRejection) -> (UnixSeconds, UnixSeconds) {
    let pair = (try time(text, first), try time(text, last))
    guard pair.0 <= pair.1 else { throw .timesReversed }
    return pair
  }

  private func time(_ text: Span<UInt8>, _ value: JSONValue) throws(COFRejection) -> UnixSeconds {
    guard !value.isAbsent else { throw .missingTime }
    guard value.kind == .number || value.kind == .string else { throw .badTime }
    let seconds: UInt64
    do throws(TextDecimal.Fault) {
      seconds = try TextDecimal.floor(text.extracting(value.start..<value.end))
    } catch {
      guard error == .outOfRange else { throw .badTime }
      throw text[value.start] == UInt8(ascii: "-") ? .timeTooOld : .timeInFuture
    }
    guard seconds >= UInt64(TimeLimits.timeMin) else { throw .timeTooOld }
    guard seconds <= UInt64(now) + UInt64(TimeLimits.futureMax),
      let time = UnixSeconds(exactly: seconds)
    else { throw .timeInFuture }
    return time
  }

  /// Where it was seen and by whom. What cannot be understood there is left out.
  private mutating func readSource(
    _ text: Span<UInt8>, _ object: borrowing COFObject, into observation: inout TextObservation
  ) {
    if object.sensorID.isString || object.sensorID.kind == .number {
      JSONText.appendString(text, object.sensorID, to: &observation.sensorID)
      if observation.sensorID.count > COFReader.sensorOctetsMax {
        observation.sensorID.removeSubrange(COFReader.sensorOctetsMax...)
      }
    }
    if object.vantage.kind == .string {
      scratch.removeAll(keepingCapacity: true)
      JSONText.appendString(text, object.vantage, to: &scratch)
      if let vantage = Vantage(name: String(decoding: scratch, as: UTF8.self)) {
        observation.vantage = vantage
      }
    }
  }

  private mutating func readBailiwick(
    _ text: Span<UInt8>, _ value: JSONValue, into observation: inout TextObservation
  ) {
    guard !value.isAbsent else { return }
    scratch.removeAll(keepingCapacity: true)
    if value.isString,
      COFInterpreter.appendName(text, value, buffer: &otherScratch, to: &scratch),
      let labels = TextName.labels(of: scratch.span, atOrAbove: observation.rrname.span)
    {
      observation.bailiwick = Bailiwick(labels: labels)
    } else {
      tally.bailiwickDropped += 1
    }
  }

  mutating func reject(_ reason: COFRejection) -> Step {
    tally.add(reason)
    return .rejected(reason)
  }

  /// Appends a name in canonical wire form; false leaves `out` unchanged.
  ///
  /// - Parameter buffer: overwritten when the name has JSON escapes.
  static func appendName(
    _ text: Span<UInt8>, _ value: JSONValue, buffer: inout [UInt8], to out: inout [UInt8]
  ) -> Bool {
    do {
      guard value.kind == .escapedString else {
        try DomainName.parse(text.extracting(value.start..<value.end), into: &out)
        return true
      }
      buffer.removeAll(keepingCapacity: true)
      JSONText.appendString(text, value, to: &buffer)
      try DomainName.parse(buffer.span, into: &out)
      return true
    } catch {
      return false
    }
  }
}
