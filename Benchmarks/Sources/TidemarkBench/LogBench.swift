import TidemarkModel

/// Reads logs of Suricata and Zeek and adds every answer to a batch, as an import does.
///
/// The lines look like those of a busy network: one transaction in six has a CNAME in front of its
/// addresses, and of the EVE lines two in five are queries or other events. Their text is what the
/// programs write; names and addresses are those of documentation.
enum LogBench {
  /// A kind of log.
  enum Format: String, CaseIterable, Sendable {
    case eve
    case zeek
    case zeekJSON = "zeek_json"
  }

  /// Builds a log of about `count` transactions.
  static func log(_ format: Format, count: Int, seed: UInt64) -> [UInt8] {
    var random = SplitMix(state: seed)
    var out: [UInt8] = []
    if format == .zeek { out += zeekHeader.utf8 }
    for index in 0..<count {
      let transaction = Transaction(random: &random, index: index)
      switch format {
      case .eve: out += transaction.eveLines(isOther: index % 3 == 0).utf8
      case .zeek: out += transaction.zeekLine.utf8
      case .zeekJSON: out += transaction.zeekJSONLine.utf8
      }
    }
    return out
  }

  private static let zeekHeader = """
    #separator \\x09
    #set_separator\t,
    #empty_field\t(empty)
    #unset_field\t-
    #path\tdns
    #fields\tts\tuid\tid.orig_h\tid.orig_p\tid.resp_h\tid.resp_p\tproto\ttrans_id\trtt\tquery\t\
    qclass\tqclass_name\tqtype\tqtype_name\trcode\trcode_name\tAA\tTC\tRD\tRA\tZ\tanswers\tTTLs\t\
    rejected

    """

  /// One question and its answer.
  private struct Transaction {
    let index: Int
    let name: String
    let alias: String?
    let addresses: [String]

    init(random: inout SplitMix, index: Int) {
      self.index = index
      let host = Int(random.next() % 200_000)
      name = "host\(host).zone\(host % 5_000).example.com"
      alias = random.next() % 6 == 0 ? "edge\(host % 900).cdn.example.net" : nil
      addresses = (0..<(1 + Int(random.next() % 3))).map { _ in
        "198.51.\(random.next() % 100).\(random.next() % 256)"
      }
    }

    private var micros: String { String(String(1_000_000 + index % 1_000_000).dropFirst()) }
    private var minute: String { String(String(100 + index / 1_000 % 60).dropFirst()) }

    func eveLines(isOther: Bool) -> String {
      let head =
        "{\"timestamp\":\"2023-11-14T22:\(minute):20.\(micros)+0100\","
        + "\"flow_id\":\(1_771_524_860_999_348 + index),"
        + "\"in_iface\":\"eth0\",\"event_type\":\""
      let ends =
        "\",\"src_ip\":\"192.0.2.7\",\"src_port\":\(20_000 + index % 40_000),"
        + "\"dest_ip\":\"192.0.2.53\","
        + "\"dest_port\":53,\"proto\":\"UDP\",\"pkt_src\":\"wire/pcap\","
      var lines =
        head + "dns" + ends + "\"dns\":{\"type\":\"query\",\"id\":\(index % 65_536),"
        + "\"rrname\":\"\(name)\","
        + "\"rrtype\":\"A\",\"tx_id\":0,\"opcode\":0}}\n"
      if isOther {
        lines +=
          head + "flow" + ends + "\"app_proto\":\"http\",\"flow\":{\"pkts_toserver\":6,"
          + "\"pkts_toclient\":4,"
          + "\"bytes_toserver\":812,\"bytes_toclient\":2210,\"state\":\"closed\","
          + "\"reason\":\"timeout\","
          + "\"alerted\":false},\"tcp\":{\"tcp_flags\":\"1b\",\"syn\":true,\"ack\":true}}\n"
      }
      lines +=
        head + "dns" + ends + "\"dns\":{\"version\":2,\"type\":\"answer\",\"id\":\(index % 65_536),"
        + "\"flags\":\"8180\",\"qr\":true,\"rd\":true,\"ra\":true,\"opcode\":0,"
        + "\"rrname\":\"\(name)\","
        + "\"rrtype\":\"A\",\"rcode\":\"NOERROR\",\"answers\":["
      var answers: [String] = []
      if let alias {
        answers.append(eveAnswer(owner: name, type: "CNAME", rdata: alias))
      }
      answers += addresses.map { eveAnswer(owner: alias ?? name, type: "A", rdata: $0) }
      lines += answers.joined(separator: ",") + "],\"grouped\":{"
      if let alias { lines += "\"CNAME\":[\"\(alias)\"]," }
      lines += "\"A\":[" + addresses.map { "\"\($0)\"" }.joined(separator: ",") + "]}}}\n"
      return lines
    }

    private func eveAnswer(owner: String, type: String, rdata: String) -> String {
      "{\"rrname\":\"\(owner)\",\"rrtype\":\"\(type)\",\"ttl\":300,\"rdata\":\"\(rdata)\"}"
    }

    var zeekLine: String {
      let answers = ([alias].compactMap { $0 } + addresses).joined(separator: ",")
      let lifetimes = addresses.map { _ in "300.000000" }.joined(separator: ",")
      return
        "\(1_700_000_000 + index / 1_000).\(micros)\tCqKst53mF3det3eDV9\t192.0.2.7\t41772"
        + "\t192.0.2.53\t53\tudp"
        + "\t\(index % 65_536)\t0.000870\t\(name)\t1\tC_INTERNET\t1\tA\t0\tNOERROR\tF\tF\tT\tT\t0"
        + "\t\(answers)\t\(lifetimes)\tF\n"
    }

    var zeekJSONLine: String {
      let answers = ([alias].compactMap { $0 } + addresses).map { "\"\($0)\"" }
      let lifetimes = answers.map { _ in "300.0" }.joined(separator: ",")
      return
        "{\"ts\":\(1_700_000_000 + index / 1_000).\(micros),\"uid\":\"CqKst53mF3det3eDV9\","
        + "\"id.orig_h\":\"192.0.2.7\",\"id.orig_p\":41772,\"id.resp_h\":\"192.0.2.53\","
        + "\"id.resp_p\":53,"
        + "\"proto\":\"udp\",\"trans_id\":\(index % 65_536),\"rtt\":0.00087,"
        + "\"query\":\"\(name)\",\"qclass\":1,"
        + "\"qclass_name\":\"C_INTERNET\",\"qtype\":1,\"qtype_name\":\"A\",\"rcode\":0,"
        + "\"rcode_name\":\"NOERROR\",\"AA\":false,\"TC\":false,\"RD\":true,\"RA\":true,\"Z\":0,"
        + "\"answers\":[\(answers.joined(separator: ","))],\"TTLs\":[\(lifetimes)],"
        + "\"rejected\":false}\n"
    }
  }

  /// Reads a log into a new batch.
  static func pass(_ format: Format, _ log: Span<UInt8>) -> (items: Int, records: Int) {
    switch format {
    case .eve: read(EVEReader(now: 1_800_000_000), log)
    case .zeek, .zeekJSON: read(ZeekReader(now: 1_800_000_000), log)
    }
  }

  private static func read<Reader: ObservationReader>(
    _ start: Reader, _ log: Span<UInt8>
  ) -> (items: Int, records: Int) {
    var reader = start
    let batch = RecordBatch()
    var keys = RecordKeyWriter()
    var observation = TextObservation()
    var result = (items: 0, records: 0)
    var at = 0
    while true {
      switch reader.next(log, at: &at, into: &observation) {
      case .observation(let endsItem):
        keys.setOwner(dataset: .main, rrname: observation.rrname.span)
        for item in observation.items {
          keys.finish(
            rrtype: observation.rrtype, rdata: observation.rdataOctets.span.extracting(item.range),
            vantage: observation.vantage(of: item, standard: .client), bailiwick: .unknown)
          keys.withKey { key in
            batch.add(
              key: key, timeFirst: observation.timeFirst, timeLast: observation.timeLast,
              count: observation.count, sensor: 0)
          }
          result.records += 1
        }
        if endsItem { result.items += 1 }
      case .rejected(_, let endsItem): if endsItem { result.items += 1 }
      case .itemEnd: result.items += 1
      case .needsInput: return result
      }
    }
  }

  /// Prints the rates of the best of `rounds` passes, as `key value` lines.
  static func run(count: Int, rounds: Int, seed: UInt64) {
    let clock = ContinuousClock()
    for format in Format.allCases {
      let octets = log(format, count: count, seed: seed)
      var best = Duration.seconds(3_600)
      var last = (items: 0, records: 0)
      for _ in 0..<rounds {
        best = min(best, clock.measure { last = pass(format, octets.span) })
      }
      print("\(format.rawValue)_lines \(last.items)")
      print("\(format.rawValue)_records \(last.records)")
      print("\(format.rawValue)_octets_per_line \(octets.count / max(last.items, 1))")
      print("\(format.rawValue)_lines_per_second \(Int(Double(last.items) / best.inSeconds))")
    }
  }
}
