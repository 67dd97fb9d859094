import DNSWire

/// Owner and rdata, which some producers write in each other's place.
extension COFInterpreter {
  mutating func readData(
    _ text: Span<UInt8>, _ object: borrowing COFObject, into observation: inout TextObservation
  ) throws(COFRejection) {
    guard swapping != .always else {
      return try readSwapped(text, object, into: &observation)
    }
    for value in object.rdata { try appendRData(text, value, to: &observation) }
    let isAddressType = observation.rrtype == .a || observation.rrtype == .aaaa
    if isAddressType, swapping == .detect, observation.items.allSatisfy({ $0.isLossy }),
      isRData(text, object.rrname, type: observation.rrtype)
    {
      return try readSwapped(text, object, into: &observation)
    }
    try appendOwner(text, object.rrname, to: &observation)
    observation.removeRepeatedItems()
  }

  private mutating func readSwapped(
    _ text: Span<UInt8>, _ object: borrowing COFObject, into observation: inout TextObservation
  ) throws(COFRejection) {
    guard object.rdata.count == 1 else { throw .swappedSet }
    observation.items.removeAll(keepingCapacity: true)
    observation.rdataOctets.removeAll(keepingCapacity: true)
    try appendOwner(text, object.rdata[0], to: &observation)
    try appendRData(text, object.rrname, to: &observation)
    observation.isRepaired = true
  }

  private mutating func appendOwner(
    _ text: Span<UInt8>, _ value: JSONValue, to observation: inout TextObservation
  ) throws(COFRejection) {
    guard value.isString,
      COFInterpreter.appendName(text, value, buffer: &otherScratch, to: &observation.rrname)
    else { throw .badName }
  }

  private mutating func isRData(_ text: Span<UInt8>, _ value: JSONValue, type: RRType) -> Bool {
    guard value.kind == .string else { return false }
    scratch.removeAll(keepingCapacity: true)
    do {
      try RDataParser.parse(
        text.extracting(value.start..<value.end), type: type, into: &scratch)
      return true
    } catch {
      return false
    }
  }

  private mutating func appendRData(
    _ text: Span<UInt8>, _ value: JSONValue, to observation: inout TextObservation
  ) throws(COFRejection) {
    guard value.isString, value.end > value.start else { throw .badRData }
    if value.kind == .escapedString {
      scratch.removeAll(keepingCapacity: true)
      JSONText.appendString(text, value, to: &scratch)
      try LossyRData.append(scratch.span, isLossy: nil, to: &observation)
    } else {
      try LossyRData.append(
        text.extracting(value.start..<value.end), isLossy: nil, to: &observation)
    }
  }
}
