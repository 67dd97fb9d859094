import DNSWire

/// Octets of DNS messages, put together by hand, so that tests do not rest on an encoder of ours.
enum WireMessage {
  static func word(_ value: Int) -> [UInt8] { [UInt8(value >> 8 & 0xFF), UInt8(value & 0xFF)] }

  static func header(
    flags: Int = 0x8180, _ questions: Int = 0, _ answers: Int = 0, _ authority: Int = 0,
    _ additional: Int = 0
  ) -> [UInt8] {
    word(0x1234) + word(flags) + word(questions) + word(answers) + word(authority)
      + word(additional)
  }

  /// An uncompressed name; letter case is kept.
  static func name(_ text: String) -> [UInt8] { labels(text) + [0] }

  /// Labels without an end, for what a pointer completes.
  static func labels(_ text: String) -> [UInt8] {
    text.split(separator: ".").flatMap { [UInt8($0.utf8.count)] + Array($0.utf8) }
  }

  static func pointer(_ offset: Int) -> [UInt8] { word(0xC000 | offset) }

  static func question(_ name: [UInt8], type: Int = 1) -> [UInt8] { name + word(type) + word(1) }

  static func record(
    _ owner: [UInt8], _ type: Int, _ rdata: [UInt8], ttl: UInt32 = 300, class recordClass: Int = 1
  ) -> [UInt8] {
    owner + word(type) + word(recordClass) + word(Int(ttl >> 16)) + word(Int(ttl & 0xFFFF))
      + word(rdata.count) + rdata
  }

  /// A message with one question, for www.example.com at octet 12, and answers.
  static func answering(_ records: [[UInt8]], name: String = "www.example.com") -> [UInt8] {
    header(1, records.count) + question(WireMessage.name(name)) + records.flatMap { $0 }
  }
}

/// Everything that a parser says about a message, copied.
struct ParsedMessage: Equatable {
  struct Record: Equatable {
    var owner: [UInt8]
    var type: UInt16
    var recordClass: UInt16
    var ttl: UInt32
    var rdata: [UInt8]
    var section: MessageSection
  }

  var header: MessageHeader
  var rawQuestion: [UInt8] = []
  var question: [UInt8] = []
  var questionType: UInt16 = 0
  var rcode: UInt16
  var answers: Int
  var trailing: Int
  var records: [Record] = []

  /// Parses with a parser that may have parsed anything before.
  init(_ octets: [UInt8], with parser: inout MessageParser) throws(MessageError) {
    try parser.parse(octets.span)
    header = parser.header
    rcode = parser.rcode
    answers = parser.answers
    trailing = parser.trailingOctets
    if parser.hasQuestion {
      rawQuestion = ParsedMessage.copy(parser.rawQuestionName, of: parser)
      question = ParsedMessage.copy(parser.questionName, of: parser)
      questionType = parser.questionType.rawValue
    }
    for index in 0..<parser.recordCount {
      let record = parser.record(index)
      records.append(
        Record(
          owner: ParsedMessage.copy(record.owner, of: parser), type: record.type.rawValue,
          recordClass: record.recordClass, ttl: record.ttl,
          rdata: ParsedMessage.copy(record.rdata, of: parser), section: record.section))
    }
  }

  /// Parses with a parser of its own.
  init(_ octets: [UInt8]) throws(MessageError) {
    var parser = MessageParser()
    try self.init(octets, with: &parser)
  }

  static func result(
    _ octets: [UInt8], with parser: inout MessageParser
  ) -> Result<ParsedMessage, MessageError> {
    do throws(MessageError) {
      return .success(try ParsedMessage(octets, with: &parser))
    } catch {
      return .failure(error)
    }
  }

  private static func copy(_ range: MessageRange, of parser: borrowing MessageParser) -> [UInt8] {
    parser.withOctets(range) { octets in
      var out: [UInt8] = []
      for index in octets.indices { out.append(octets[index]) }
      return out
    }
  }
}
