import DNSWire
import Testing
import TidemarkIngest
import TidemarkModel

/// The chain rule on answers of any size: what the question leads to, against a model that follows
/// names step by step.
@Suite struct AnswerChainTests {
  private struct Record {
    let owner: String
    let type: UInt16
    let target: String
  }

  /// Names that records lead to from the question.
  private func reached(_ question: String, _ records: [Record]) -> Set<String> {
    var names: Set<String> = [question]
    while true {
      let more = records.filter { $0.type == 5 && names.contains($0.owner) }.map(\.target)
      let next = names.union(more)
      if next == names { return names }
      names = next
    }
  }

  @Test(arguments: [2, 8, 12, 13, 40, 200])
  func connectsWhatAModelConnects(size: Int) throws {
    let seed = UInt64.random(in: 0 ... .max)
    print("seed \(seed)")
    var state = seed
    func next(_ bound: Int) -> Int {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Int(state >> 33) % bound
    }
    var parser = MessageParser()
    var extractor = AnswerExtractor()
    for _ in 0..<200 {
      let names = (0..<20).map { "n\($0).example.com" }
      let records = (0..<size).map { index in
        let isAlias = next(3) == 0
        return Record(
          owner: names[next(20)], type: isAlias ? 5 : 1,
          target: isAlias ? names[next(20)] : "\(index)")
      }
      var message = MessageBuilder()
      message.question(names[0])
      for record in records {
        if record.type == 5 {
          message.record(record.owner, cname: record.target)
        } else {
          let number = Int(record.target) ?? 0
          message.record(record.owner, a: [192, 0, UInt8(number / 256), UInt8(number % 256)])
        }
      }
      try parser.parse(message.octets.span)
      let batch = RecordBatch()
      var tally = RecordTally()
      extractor.extract(
        from: &parser, origin: ObservationOrigin(dataset: .main, sensor: 0, vantage: .client),
        time: 1_700_000_000, into: batch, tally: &tally)
      let names2 = reached(names[0], records)
      let connected = records.filter { names2.contains($0.owner) }
      #expect(tally.unconnected == UInt64(size - connected.count))
      #expect(tally.observations + tally.repeated == UInt64(connected.count))
      #expect(batch.count == Set(connected.map { "\($0.owner) \($0.type) \($0.target)" }).count)
    }
  }

  @Test func followsNoMoreThanTheBoundedNumberOfNames() throws {
    var message = MessageBuilder()
    message.question("n0.example.com")
    for index in 0..<500 {
      message.record("n\(index).example.com", cname: "n\(index + 1).example.com")
    }
    var parser = MessageParser()
    try parser.parse(message.octets.span)
    var extractor = AnswerExtractor()
    var tally = RecordTally()
    extractor.extract(
      from: &parser, origin: ObservationOrigin(dataset: .main, sensor: 0, vantage: .client),
      time: 1_700_000_000, into: RecordBatch(), tally: &tally)
    #expect(tally.observations == UInt64(AnswerExtractor.chainNamesMax))
    #expect(tally.unconnected == UInt64(500 - AnswerExtractor.chainNamesMax))
  }
}
