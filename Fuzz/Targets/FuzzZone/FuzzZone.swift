import DNSWire

/// The first octet is the size of the chunks; the rest is a zone file. Whole and in chunks it must
/// give the same steps, and every record must read back from its own text.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzZone(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  guard count >= 1 else { return 0 }
  let input = unsafe Array(UnsafeBufferPointer(start: start, count: count))
  let text = Array(input.dropFirst())
  for origin in [[], DomainName.root.wire] {
    let whole = steps(text, origin: origin, chunk: max(text.count, 1))
    let pieces = steps(text, origin: origin, chunk: max(Int(input[0]), 1))
    precondition(whole == pieces, "steps depend on where the file is cut")
  }
  return 0
}

private func steps(_ text: [UInt8], origin: [UInt8], chunk: Int) -> [UInt64] {
  var scanner = ZoneScanner(origin: origin, generatedMax: 64)
  var sums: [UInt64] = []
  var at = 0
  while true {
    let piece = Array(text[at..<min(at + chunk, text.count)])
    at += piece.count
    var offset = 0
    while true {
      let step = scanner.next(piece.span, at: &offset, isFinal: at == text.count)
      if step == .needsInput { break }
      if step == .end { return sums }
      if step == .record { check(scanner) }
      var hasher = Sum()
      hasher.add(Array("\(step)".utf8))
      hasher.add(step == .record ? scanner.owner + scanner.rdata : scanner.includePath)
      sums.append(hasher.value)
    }
    precondition(offset == piece.count, "octets of a chunk were left")
  }
}

private func check(_ scanner: ZoneScanner) {
  guard let owner = try? DomainName(wire: scanner.owner), owner.wire == scanner.owner else {
    preconditionFailure("an owner that is no canonical name")
  }
  var text: [UInt8] = []
  RDataText.append(scanner.rdata.span, type: scanner.rrtype, style: .master, to: &text)
  var again: [UInt8] = []
  try? RDataParser.parse(
    text.span, type: scanner.rrtype, origin: DomainName.root.wire, into: &again)
  precondition(again == scanner.rdata, "rdata does not read back from its text")
}

private struct Sum {
  var value: UInt64 = 0xCBF2_9CE4_8422_2325

  mutating func add(_ octets: [UInt8]) {
    for octet in octets { value = (value ^ UInt64(octet)) &* 0x100_0000_01B3 }
  }
}
