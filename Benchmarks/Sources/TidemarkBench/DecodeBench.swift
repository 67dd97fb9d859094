import DNSWire
import TidemarkModel

/// Decodes responses and builds the record key and hash of every answer, as an import does.
///
/// The messages have one question, one CNAME and three A records, compressed as servers do it;
/// about 113 octets on average. The same octets go to the C baselines (`--dump`).
enum DecodeBench {
  /// Builds `count` responses, each with a 16-bit big-endian length in front.
  static func messages(count: Int, seed: UInt64) -> [UInt8] {
    var random = SplitMix(state: seed)
    var out: [UInt8] = []
    for index in 0..<count {
      let message = response(random: &random, index: index)
      out.append(UInt8(truncatingIfNeeded: message.count >> 8))
      out.append(UInt8(truncatingIfNeeded: message.count))
      out += message
    }
    return out
  }

  private static func response(random: inout SplitMix, index: Int) -> [UInt8] {
    var message: [UInt8] = [
      UInt8(truncatingIfNeeded: index >> 8), UInt8(truncatingIfNeeded: index), 0x81, 0x80,
      0, 1, 0, 4, 0, 0, 0, 0,
    ]
    let host = label(random: &random, octets: 3 + Int(random.next() % 8))
    message += host + label(random: &random, octets: 5 + Int(random.next() % 8))
    message += label(text: "com") + [0, 0, 1, 0, 1]
    let zone = UInt8(12 + host.count)
    let edge = label(text: "edge") + [0xC0, zone]
    message += [0xC0, 12, 0, 5, 0, 1, 0, 0, 1, 44, 0, UInt8(edge.count)]
    let target = UInt8(message.count)
    message += edge
    for _ in 0..<3 {
      message += [0xC0, target, 0, 1, 0, 1, 0, 0, 1, 44, 0, 4]
      let address = random.next()
      for shift in [0, 8, 16, 24] as [UInt64] {
        message.append(UInt8(truncatingIfNeeded: address >> shift))
      }
    }
    return message
  }

  private static func label(text: String) -> [UInt8] { [UInt8(text.utf8.count)] + text.utf8 }

  private static func label(random: inout SplitMix, octets: Int) -> [UInt8] {
    [UInt8(octets)] + (0..<octets).map { _ in UInt8(0x61 + random.next() % 26) }
  }

  /// Decodes every message once; returns messages, answers, and a sum of hashes so that no work
  /// can be left out.
  static func pass(_ messages: Span<UInt8>) -> (messages: Int, answers: Int, sum: UInt64) {
    var parser = MessageParser()
    var keys = RecordKeyWriter()
    var at = 0
    var result = (messages: 0, answers: 0, sum: UInt64(0))
    while at + 2 <= messages.count {
      let length = Int(messages[at]) << 8 | Int(messages[at + 1])
      at += 2
      do {
        try parser.parse(messages.extracting(at..<(at + length)))
      } catch {
        print("message \(result.messages): \(error)")
        return result
      }
      var owner: UInt32?
      for index in 0..<parser.answers {
        let record = parser.record(index)
        if owner != record.owner.start {
          parser.withOctets(record.owner) { keys.setOwner(dataset: .main, rrname: $0) }
          owner = record.owner.start
        }
        parser.withOctets(record.rdata) {
          keys.finish(rrtype: record.type, rdata: $0, vantage: .client, bailiwick: .unknown)
        }
        result.sum &+= keys.withKey { RecordBatch.hash(of: $0) }
        result.answers += 1
      }
      result.messages += 1
      at += length
    }
    return result
  }

  /// Prints the rate of the best of `rounds` passes, as `key value` lines.
  static func run(count: Int, rounds: Int, seed: UInt64) {
    let octets = messages(count: count, seed: seed)
    let clock = ContinuousClock()
    var best = Duration.seconds(3_600)
    var last = (messages: 0, answers: 0, sum: UInt64(0))
    for _ in 0..<rounds {
      best = min(best, clock.measure { last = pass(octets.span) })
    }
    print("octets_per_message \(octets.count / count - 2)")
    print("answers_per_message \(last.answers / max(last.messages, 1))")
    print("messages_per_second \(Int(Double(last.messages) / best.inSeconds))")
  }
}

/// A small seeded generator (Steele, Lea and Flood 2014): the same seed gives the same workload.
struct SplitMix: RandomNumberGenerator {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ mixed >> 30) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ mixed >> 27) &* 0x94D0_49BB_1331_11EB
    return mixed ^ mixed >> 31
  }
}

extension Duration {
  /// Seconds with their fraction.
  var inSeconds: Double {
    Double(components.seconds) + Double(components.attoseconds) * 1e-18
  }
}
