import CaptureFormats

/// Keeps every payload that a dissector delivers.
struct PayloadCollector: DNSPayloadHandler {
  struct Payload: Equatable {
    var octets: [UInt8]
    var flow: Flow
    var time: Int64

    /// QR bit of a DNS header; nil when there is no whole header.
    var isResponse: Bool? { octets.count >= 12 ? octets[2] & 0x80 != 0 : nil }
  }

  var payloads: [Payload] = []

  mutating func dnsPayload(_ bytes: RawSpan, flow: Flow, time: Int64) {
    payloads.append(Payload(octets: copy(bytes), flow: flow, time: time))
  }

  func responses(_ transport: Flow.Transport) -> Int {
    payloads.count { $0.flow.transport == transport && $0.isResponse == true }
  }
}

/// A dissector and what it delivered, fed with built frames.
struct DissectorBench: ~Copyable {
  var dissector: FrameDissector
  var collector = PayloadCollector()

  init(_ dissector: consuming FrameDissector = FrameDissector()) {
    self.dissector = dissector
  }

  @discardableResult
  mutating func feed(
    _ frame: [UInt8], link: LinkType = .raw, seconds: Double = 1, cutFrom original: Int? = nil,
    check: Int = 0
  ) -> FrameOutcome {
    let bytes = unsafe frame.span.bytes
    return dissector.dissect(
      bytes, linkType: link, time: Int64(seconds * 1e9),
      originalLength: original ?? frame.count, checkSequenceOctets: check, handler: &collector)
  }

  mutating func finish() { dissector.finish(handler: &collector) }

  var payloads: [[UInt8]] { collector.payloads.map(\.octets) }
  var counters: CaptureCounters { dissector.counters }
}

func copy(_ bytes: RawSpan) -> [UInt8] {
  unsafe bytes.withUnsafeBytes { unsafe [UInt8]($0) }
}
