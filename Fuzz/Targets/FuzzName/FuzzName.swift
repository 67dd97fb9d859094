import DNSWire

/// Octets as presentation text and as a wire name: what is accepted prints and reads back the same.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzName(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  let input = unsafe Array(UnsafeBufferPointer(start: start, count: count))
  var wire: [UInt8] = []
  do {
    try DomainName.parse(input.span, into: &wire)
    checkRoundTrip(wire)
  } catch {
    precondition(wire.isEmpty, "a refused text left octets behind")
  }
  if let name = try? DomainName(wire: input) { checkRoundTrip(name.wire) }
  return 0
}

private func checkRoundTrip(_ wire: [UInt8]) {
  precondition(wire.count <= DNSLimits.nameOctetsMax, "name too long")
  for finalDot in [true, false] {
    var text: [UInt8] = []
    DomainName.appendText(of: wire.span, finalDot: finalDot, to: &text)
    var again: [UInt8] = []
    do {
      try DomainName.parse(text.span, into: &again)
    } catch {
      preconditionFailure("our own text is refused: \(error)")
    }
    precondition(again == wire, "text does not read back as the same name")
  }
}
