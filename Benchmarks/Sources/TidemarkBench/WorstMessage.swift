import CaptureFormats
import DNSWire
import TidemarkIngest
import TidemarkModel

/// The most expensive messages that fit into 65,535 octets, through parser and extractors.
///
/// Each kind aims at one thing: many records, long names that differ, names of many labels,
/// compression that expands, chains, redirections, and sections of an authority. Each is also made
/// at a tenth of the size, to show how time grows.
enum WorstMessage {
  /// Shapes of messages.
  enum Kind: String, CaseIterable {
    case addresses, labels, owners, chain, redirections, servers, expansion, spread
  }

  static func message(_ kind: Kind, octets: Int) -> [UInt8] {
    var builder = Builder(octets: octets)
    switch kind {
    case .addresses: builder.addresses()
    case .labels: builder.labels()
    case .owners: builder.owners()
    case .chain: builder.chain()
    case .redirections: builder.redirections()
    case .servers: builder.servers()
    case .expansion: builder.expansion()
    case .spread: builder.spread()
    }
    return builder.message
  }

  /// Prints the time of each kind on each path, as `key value` lines, and the most of all.
  static func run(rounds: Int) {
    var worst = 0.0
    for kind in Kind.allCases {
      let whole = message(kind, octets: 65_535)
      let tenth = message(kind, octets: 6_553)
      for isAuthority in [false, true] {
        let path = isAuthority ? "authority" : "client"
        let (large, kept) = time(whole, isAuthority: isAuthority, rounds: rounds)
        let (small, _) = time(tenth, isAuthority: isAuthority, rounds: rounds)
        worst = max(worst, large)
        print(
          "worst_\(kind)_\(path)_us \(tenths(large)) octets \(whole.count) kept \(kept) "
            + "ratio_to_tenth \(tenths(large / small))")
      }
    }
    print("worst_message_us \(tenths(worst))")
  }

  /// One decimal place.
  private static func tenths(_ value: Double) -> Double { Double(Int(value * 10 + 0.5)) / 10 }

  /// Microseconds of the fastest round, and observations.
  private static func time(
    _ message: [UInt8], isAuthority: Bool, rounds: Int
  ) -> (microseconds: Double, kept: UInt64) {
    var parser = MessageParser()
    var client = AnswerExtractor()
    var authority = AuthorityExtractor()
    let origin = ObservationOrigin(dataset: .main, sensor: 0, vantage: .client)
    let batch = RecordBatch(capacity: 16_384)
    let zone: [UInt8] = [0]
    let clock = ContinuousClock()
    var best = Duration.seconds(3_600)
    var kept: UInt64 = 0
    for _ in 0..<rounds {
      batch.removeAll()
      var tally = RecordTally()
      let elapsed = clock.measure {
        do { try parser.parse(message.span) } catch { return }
        if isAuthority {
          authority.extract(
            from: &parser, zone: zone.span, origin: origin, time: 1_700_000_000, into: batch,
            tally: &tally)
        } else {
          client.extract(
            from: &parser, origin: origin, time: 1_700_000_000, into: batch, tally: &tally)
        }
      }
      best = min(best, elapsed)
      kept = tally.observations
    }
    return (best.inSeconds * 1e6, kept)
  }

  /// Writes a message up to its size.
  struct Builder {
    var message: [UInt8] = [0, 1, 0x84, 0, 0, 1, 0, 0, 0, 0, 0, 0]
    private let octetsMax: Int
    private var count = 0
    private var section = 0

    init(octets: Int) {
      octetsMax = octets
    }

    private static func name(labels: Int, octets: Int, seed: Int) -> [UInt8] {
      var name: [UInt8] = []
      for label in 0..<labels {
        name.append(UInt8(octets))
        for octet in 0..<octets { name.append(0x61 + UInt8((seed + label * 7 + octet) % 26)) }
      }
      return name
    }

    private mutating func question(_ name: [UInt8]) { message += name + [0, 0, 1, 0, 1] }

    private func pointer(_ offset: Int) -> [UInt8] {
      [0xC0 | UInt8(offset >> 8), UInt8(offset & 0xFF)]
    }

    /// Adds a record; false when it does not fit.
    private mutating func record(_ owner: [UInt8], type: UInt8, _ rdata: [UInt8]) -> Bool {
      guard message.count + owner.count + 10 + rdata.count <= octetsMax else { return false }
      message += owner + [0, type, 0, 1, 0, 0, 1, 44]
      message += [UInt8(rdata.count >> 8), UInt8(rdata.count & 0xFF)] + rdata
      count += 1
      message[6 + 2 * section] = UInt8(count >> 8)
      message[7 + 2 * section] = UInt8(count & 0xFF)
      return true
    }

    private mutating func next(section number: Int) {
      section = number
      count = 0
    }

    private func address(_ index: Int) -> [UInt8] {
      [10, UInt8(index >> 8), UInt8(index & 0xFF), 1]
    }

    /// As many addresses of one name as there is room for.
    mutating func addresses() {
      question([1, 0x61])
      var index = 0
      while record(pointer(12), type: 1, address(index)) { index += 1 }
    }

    /// The same below a name of 127 labels.
    mutating func labels() {
      question(Builder.name(labels: 127, octets: 1, seed: 0))
      var index = 0
      while record(pointer(12), type: 1, address(index)) { index += 1 }
    }

    /// Records whose owners alternate between long names of a chain.
    mutating func owners() {
      question(Builder.name(labels: 126, octets: 1, seed: 0))
      var offsets = [12]
      for alias in 0..<30 {
        let start = message.count + 12
        let target = Builder.name(labels: 120, octets: 1, seed: alias + 1) + [0]
        guard record(pointer(offsets[alias]), type: 5, target) else { break }
        offsets.append(start)
      }
      var index = 0
      while record(pointer(offsets[index % offsets.count]), type: 1, address(index)) { index += 1 }
    }

    /// A chain of aliases, longer than is followed.
    mutating func chain() {
      question([1, 0x61])
      var owner = pointer(12)
      var index = 0
      while true {
        let start = message.count + owner.count + 10
        let target: [UInt8] = [3, 0x62, 0x61 + UInt8(index / 26 % 26), 0x61 + UInt8(index % 26), 0]
        guard record(owner, type: 5, target) else { return }
        owner = start < 0x3FFF ? pointer(start) : target
        index += 1
      }
    }

    /// Redirections of the question's name and its parents, each to another.
    mutating func redirections() {
      question(Builder.name(labels: 100, octets: 1, seed: 0))
      var index = 0
      let target: [UInt8] = [1, 0x78, 0]
      while record(pointer(12 + 2 * (index % 100)), type: 39, target) { index += 1 }
    }

    /// A referral with more servers and addresses than are looked at.
    mutating func servers() {
      message[2] = 0x80
      question([1, 0x61, 3, 0x63, 0x6F, 0x6D])
      next(section: 1)
      var index = 0
      while message.count < octetsMax / 2,
        record(pointer(14), type: 2, [4, 0x6E, 0x73] + hex(index) + pointer(14))
      {
        index += 1
      }
      next(section: 2)
      index = 0
      while record([4, 0x6E, 0x73] + hex(index) + pointer(14), type: 1, address(index)) {
        index += 1
      }
    }

    /// Names in rdata that expand as much as the arena lets them.
    mutating func expansion() {
      question(Builder.name(labels: 4, octets: 62, seed: 0))
      var index = 0
      while message.count < octetsMax, index < 3_900 {
        guard record(pointer(12), type: 2, pointer(12)) else { return }
        index += 1
      }
    }

    /// Every record with an owner of its own below a long name.
    mutating func spread() {
      question(Builder.name(labels: 118, octets: 1, seed: 0))
      var index = 0
      while record([4, 0x6E, 0x73] + hex(index) + pointer(12), type: 1, address(index)) {
        index += 1
      }
    }

    private func hex(_ index: Int) -> [UInt8] {
      [0x61 + UInt8(index >> 4 & 15) + UInt8(index >> 8 & 7), 0x61 + UInt8(index & 15)]
    }
  }
}
