import DNSWire
import Testing
import TidemarkModel

/// No octet of an owner or of rdata reaches a terminal unescaped, in any format of text.
@Suite struct PrintableTextTests {
  enum Format: String, CaseIterable {
    case text, table, names, csv, dnsdbq, zone, dot, graphml

    func write(_ row: TextRow, _ rrname: [UInt8], _ rdata: [UInt8]) throws -> [UInt8] {
      var out: [UInt8] = []
      switch self {
      case .text:
        var writer = TextLineWriter()
        writer.append(row, rrname: rrname.span, rdata: rdata.span, to: &out)
      case .names:
        var writer = TextLineWriter()
        writer.appendName(rrname.span, to: &out)
      case .table:
        var writer = TableWriter()
        writer.append(row, rrname: rrname.span, rdata: rdata.span, to: &out)
        writer.finish(to: &out)
      case .csv:
        var writer = CSVWriter()
        writer.append(row, rrname: rrname.span, rdata: rdata.span, to: &out)
      case .dnsdbq:
        var writer = DNSDBTextWriter()
        writer.append(row, rrname: rrname.span, rdata: rdata.span, to: &out)
        writer.finish(to: &out)
      case .zone:
        var writer = MasterLineWriter()
        writer.append(row, rrname: rrname.span, rdata: rdata.span, to: &out)
      case .dot, .graphml:
        var graph = RecordGraph()
        try graph.add(row, rrname: rrname.span, rdata: rdata.span)
        graph.append(self == .dot ? .dot : .graphml, times: .iso, to: &out)
      }
      return out
    }

    /// Control octets of the format's own.
    var own: Set<UInt8> {
      switch self {
      case .csv: [10, 13]
      case .zone: [9, 10]
      default: [10]
      }
    }
  }

  @Test(arguments: Format.allCases)
  func escapesEveryOctetInEveryField(_ format: Format) throws {
    for octet in UInt8.min...UInt8.max {
      let label: [UInt8] = [3, 0x61, octet, 0x62]
      let name = try DomainName(wire: label + [3, 0x63, 0x6F, 0x6D, 0]).wire
      let plain = try DomainName(text: "www.example.com").wire
      let string: [UInt8] = [3, 0x61, octet, 0x62]
      let cases: [(RRType, Vantage, [UInt8], [UInt8])] = [
        (.a, .client, name, [192, 0, 2, 1]), (.cname, .client, plain, name),
        (.txt, .client, plain, string), (.txt, .text, plain, [0x61, octet, 0x62]),
        (.txt, .text, plain, [0xC2, octet]), (RRType(rawValue: 65_280), .client, plain, [octet]),
        (.caa, .client, plain, [0, 5, 0x69, 0x73, 0x73, 0x75, 0x65, octet]),
      ]
      for (type, vantage, owner, rdata) in cases {
        let row = TextRow(
          rrtype: type, timeFirst: 1_700_000_000, timeLast: 1_700_000_000, count: 1,
          vantage: vantage, bailiwick: Bailiwick(labels: 1))
        let out = try format.write(row, owner, rdata)
        #expect(isSafe(out, besides: format.own), "\(format) \(type) octet \(octet): \(out)")
      }
    }
  }

  /// Valid UTF-8 without C0, DEL and C1 controls.
  private func isSafe(_ octets: [UInt8], besides own: Set<UInt8>) -> Bool {
    guard let text = String(validating: octets, as: UTF8.self) else { return false }
    return text.unicodeScalars.allSatisfy { scalar in
      let value = scalar.value
      if value < 0x20, own.contains(UInt8(value)) { return true }
      return value >= 0x20 && !(0x7F...0x9F).contains(value)
    }
  }

  @Test func keepsTextOfOtherLanguages() {
    #expect(PrintableText.string("bücher 本 😀") == "bücher 本 😀")
    #expect(PrintableText.string("a\u{1B}[2J\u{202E}b\u{85}") == #"a\027[2J\226\128\174b\194\133"#)
  }
}
