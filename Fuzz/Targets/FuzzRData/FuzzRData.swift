import DNSWire

/// The first two octets are the type; the rest is rdata once as wire and once as text.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzRData(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  guard count >= 2 else { return 0 }
  let input = unsafe Array(UnsafeBufferPointer(start: start, count: count))
  let type = RRType(rawValue: UInt16(input[0]) << 8 | UInt16(input[1]))
  let rest = Array(input.dropFirst(2))
  checkWire(rest, type)
  var fromText: [UInt8] = []
  do {
    try RDataParser.parse(rest.span, type: type, into: &fromText)
    checkWire(fromText, type)
  } catch {
    precondition(fromText.isEmpty, "a refused text left octets behind")
  }
  return 0
}

/// Both dialects must read back as the canonical octets, also when the rdata is malformed.
private func checkWire(_ rdata: [UInt8], _ type: RRType) {
  guard rdata.count <= DNSLimits.rdataOctetsMax else { return }
  var canonical: [UInt8] = []
  RDataSchema.appendCanonical(rdata.span, type: type, to: &canonical)
  precondition(canonical.count == rdata.count, "canonical form changes the length")
  for style in [RDataTextStyle.dnsdb, .master, .circl] {
    var text: [UInt8] = []
    RDataText.append(canonical.span, type: type, style: style, to: &text)
    var again: [UInt8] = []
    do {
      try RDataParser.parse(text.span, type: type, into: &again)
    } catch {
      preconditionFailure("our own text is refused: \(error)")
    }
    precondition(again == canonical, "text does not read back as the same rdata")
  }
}
