import D4Wire
import TidemarkModel

/// The stream of a D4 connection, and the text of dnscap inside of one.
///
/// Codes cannot be guessed, so that the fuzzer's packets get theirs here: the input is read as a
/// list of changes to packets that are in order. Whatever comes, a session read in two pieces gives
/// what it gives whole, and never a payload whose code was wrong.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzD4(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  guard count > 2, let key = try? D4Key(octets: Array("fuzz".utf8)) else { return 0 }
  let input = unsafe Array(UnsafeBufferPointer(start: start, count: count))
  let cut = Int(input[1])
  switch input[0] & 3 {
  case 0: checkStream(Array(input[2...]), cut: cut, key)
  case 1: checkStream(packets(input[2...], key), cut: cut, key)
  case 2: checkMeta(Array(input[2...]))
  default: checkText(Array(input[2...]), cut: cut)
  }
  return 0
}

/// Packets with right codes: an octet of type, one of length, the payload.
private func packets(_ input: ArraySlice<UInt8>, _ key: D4Key) -> [UInt8] {
  let sensor: [UInt8] = [1, 2, 3, 4, 5, 6, 0x40, 8, 0x80, 10, 11, 12, 13, 14, 15, 16]
  var writer = D4PacketWriter(uuid: SensorUUID(octets: sensor.span), type: .passivedns, key: key)
  var stream: [UInt8] = []
  var rest = input
  while rest.count >= 2 {
    let (type, size) = (rest.removeFirst(), Int(rest.removeFirst()))
    writer.type = [.metaHeader, .extended, .passivedns, D4Type(rawValue: type)][Int(type) & 3]
    let payload = Array(rest.prefix(size))
    rest = rest.dropFirst(size)
    writer.append(payload: payload.span, timestamp: UInt64(type), to: &stream)
    if type & 0x80 != 0 { stream[stream.count - 1] ^= type & 1 }
  }
  return stream
}

private enum Seen: Equatable {
  case payload(D4Type, [UInt8])
  case meta(D4MetaHeader)
  case refused(D4Fault)
}

private func checkStream(_ stream: [UInt8], cut: Int, _ key: D4Key) {
  let at = stream.count * cut / 256
  let pieces = read([Array(stream[..<at]), Array(stream[at...])], key)
  precondition(read([stream], key) == pieces, "what is found depends on the cuts")
}

private func read(_ chunks: [[UInt8]], _ key: D4Key) -> [Seen] {
  var rules = D4Session.Rules(types: [.passivedns, .metaHeader, .extended])
  rules.payloadOctetsMax = 4_096
  var session = D4Session(rules: rules)
  var seen: [Seen] = []
  var window: [UInt8] = []
  var asked = 0
  for chunk in chunks {
    window += chunk
    var at = 0
    steps: while true {
      let step = session.next(window.span, at: &at) { _ in
        asked += 1
        return .key(key)
      }
      switch step {
      case .needsInput: break steps
      case .payload(let header, let range):
        precondition(session.packets > 0 && range.count == Int(header.size))
        let payload = Array(window[range])
        precondition(key.authenticates(header, payload: payload.span), "a payload of a stranger")
        seen.append(.payload(header.type, payload))
      case .metaHeader(let meta): seen.append(.meta(meta))
      case .refused(let fault):
        seen.append(.refused(fault))
        return seen
      }
    }
    window.removeFirst(at)
    precondition(window.count < 4_096 + D4Header.octetCount, "more is kept than a packet")
  }
  precondition(asked <= 1, "asked twice about one session")
  return seen
}

private func checkMeta(_ json: [UInt8]) {
  guard let meta = try? D4MetaHeader(json: json.span) else { return }
  precondition(meta.json == json)
  let made = D4MetaHeader.passivednsCOF(origins: meta.origins)
  precondition((try? D4MetaHeader(json: made.json.span)) == made, "our own header is refused")
}

private func checkText(_ text: [UInt8], cut: Int) {
  let at = text.count * cut / 256
  precondition(
    steps([text]) == steps([Array(text[..<at]), Array(text[at...])]),
    "the steps depend on where the feed is cut")
  _ = DnscapReader.recognises(text.span)
}

private func steps(_ chunks: [[UInt8]]) -> [ReadStep] {
  var reader = DnscapReader(now: 1_800_000_000)
  var observation = TextObservation()
  var steps: [ReadStep] = []
  func add(_ step: ReadStep) -> Bool {
    guard step != .needsInput else { return false }
    if case .observation = step {
      precondition(observation.items.count == 1, "a record of dnscap has one rdata")
    }
    steps.append(step)
    return true
  }
  for chunk in chunks {
    var at = 0
    while add(reader.next(chunk.span, at: &at, into: &observation)) {}
    precondition(at == chunk.count, "a used chunk has octets left")
  }
  while add(reader.finish(into: &observation)) {}
  return steps
}
