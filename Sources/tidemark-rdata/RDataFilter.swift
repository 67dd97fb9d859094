import DNSWire

/// Developer tool: answers what rdata looks like, line by line, for comparison with other software.
///
/// Each line of standard input is `TYPE hexwire` or `TYPE =presentation text`. For the first it
/// prints master text, DNSDB text, and the octets of the master text read back, in hexadecimal; for
/// the second the octets of the text. Fields are separated by tabs; an error is `!` and its name.
@main
struct RDataFilter {
  nonisolated static func main() {
    var output: [UInt8] = []
    while let line = readLine() {
      answer(line, to: &output)
      output.append(UInt8(ascii: "\n"))
      if output.count > 1 << 16 { flush(&output) }
    }
    flush(&output)
  }

  private static func flush(_ output: inout [UInt8]) {
    print(String(decoding: output, as: UTF8.self), terminator: "")
    output.removeAll(keepingCapacity: true)
  }

  private static func answer(_ line: String, to output: inout [UInt8]) {
    let parts = line.split(separator: " ", maxSplits: 1, omittingEmptySubsequences: false)
    guard let type = RRType(mnemonic: String(parts[0])) else {
      output.append(contentsOf: "!badType".utf8)
      return
    }
    let argument = Array((parts.count > 1 ? parts[1] : "").utf8)
    if argument.first == UInt8(ascii: "=") {
      appendOctets(argument.span.extracting(droppingFirst: 1), type: type, to: &output)
      return
    }
    guard let rdata = octets(ofHex: argument) else {
      output.append(contentsOf: "!badHex".utf8)
      return
    }
    let start = output.count
    RDataText.append(rdata.span, type: type, style: .master, to: &output)
    let master = Array(output[start...])
    output.append(UInt8(ascii: "\t"))
    RDataText.append(rdata.span, type: type, style: .dnsdb, to: &output)
    output.append(UInt8(ascii: "\t"))
    appendOctets(master.span, type: type, to: &output)
  }

  private static func appendOctets(
    _ text: Span<UInt8>, type: RRType, to output: inout [UInt8]
  ) {
    var rdata: [UInt8] = []
    do {
      try RDataParser.parse(text, type: type, into: &rdata)
    } catch {
      output.append(contentsOf: "!\(error)".utf8)
      return
    }
    let digits = Array("0123456789abcdef".utf8)
    for octet in rdata {
      output.append(digits[Int(octet >> 4)])
      output.append(digits[Int(octet & 15)])
    }
  }

  private static func octets(ofHex text: [UInt8]) -> [UInt8]? {
    guard text.count % 2 == 0 else { return nil }
    var octets: [UInt8] = []
    octets.reserveCapacity(text.count / 2)
    for index in stride(from: 0, to: text.count, by: 2) {
      guard let high = ASCII.hexValue(text[index]), let low = ASCII.hexValue(text[index + 1])
      else { return nil }
      octets.append(high << 4 | low)
    }
    return octets
  }
}
