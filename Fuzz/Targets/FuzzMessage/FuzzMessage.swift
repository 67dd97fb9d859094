import DNSWire

/// A datagram's octets: decoded twice with the same result, and every record prints.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzMessage(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  let input = unsafe Array(UnsafeBufferPointer(start: start, count: count))
  var parser = MessageParser()
  let first = decode(input, &parser)
  precondition(first == decode(input, &parser), "decoding depends on what was decoded before")
  do { try parser.parseQuestion(input.span) } catch {}
  return 0
}

/// Text of all records, or the error's name.
private func decode(_ message: [UInt8], _ parser: inout MessageParser) -> [UInt8] {
  var text: [UInt8] = []
  do {
    try parser.parse(message.span)
  } catch {
    return Array("error \(error)".utf8)
  }
  precondition(parser.answers <= parser.recordCount, "more answers than records")
  for index in 0..<parser.recordCount {
    let record = parser.record(index)
    parser.withOctets(record.owner) { owner in
      DomainName.appendText(of: owner, finalDot: true, to: &text)
    }
    parser.withOctets(record.rdata) { rdata in
      RDataText.append(rdata, type: record.type, style: .master, to: &text)
    }
    precondition(parser.isName(record.owner, below: record.owner), "a name is below itself")
  }
  return text
}
