import DNSWire

/// What a scanner says about a text, as lines that are easy to compare.
enum ZoneReading {
  /// Reads a text in chunks of a size.
  ///
  /// - Returns: `owner type TTL rdata` for records, `line N: reason` for rejections, `include
  ///   path`.
  static func read(
    _ text: String, origin: String? = "example.com.", generatedMax: Int = 0, chunk: Int = .max
  ) throws -> [String] {
    let wire = try origin.map { try DomainName(text: $0).wire } ?? []
    var scanner = ZoneScanner(origin: wire, generatedMax: generatedMax)
    let octets = Array(text.utf8)
    var lines: [String] = []
    var start = 0
    while true {
      let size = min(chunk, octets.count - start)
      let piece = Array(octets[start..<(start + size)])
      start += size
      let isFinal = start == octets.count
      var at = 0
      while true {
        let step = scanner.next(piece.span, at: &at, isFinal: isFinal)
        if step == .needsInput { break }
        if step == .end { return lines }
        lines.append(line(step, scanner))
      }
    }
  }

  static func line(_ step: ZoneScanner.Step, _ scanner: ZoneScanner) -> String {
    switch step {
    case .record:
      let owner = DomainName(canonicalWire: scanner.owner).text(finalDot: true)
      let rdata = RDataText.string(scanner.rdata, type: scanner.rrtype, style: .master)
      return "\(owner) \(scanner.rrtype) \(scanner.ttl.map(String.init) ?? "-") \(rdata)"
    case .rejected(let rejection): return "line \(rejection.line): \(rejection.reason.name)"
    case .include: return "include \(String(decoding: scanner.includePath, as: UTF8.self))"
    case .needsInput, .end: return "?"
    }
  }
}
