import CaptureFormats
import DNSWire
import TidemarkModel

extension AuthorityJudge {
  /// Teaches the tracker what verified records say: referrals first, then addresses, which count
  /// only for names that serve a zone.
  mutating func learn(_ parser: borrowing MessageParser, time: UnixSeconds) {
    for index in 0..<parser.recordCount
    where parser.record(index).type == .ns && verdicts[index].isVerified {
      let record = parser.record(index)
      let expires = BailiwickTracker.expiry(time: time, ttl: record.ttl)
      parser.withOctets(record.owner) { zone in
        parser.withOctets(record.rdata) { server in
          tracker.learn(zone: zone, server: server, expires: expires)
        }
      }
    }
    for index in 0..<parser.recordCount where verdicts[index].isVerified {
      let record = parser.record(index)
      guard record.type == .a || record.type == .aaaa else { continue }
      let expires = BailiwickTracker.expiry(time: time, ttl: record.ttl)
      parser.withOctets(record.rdata) { rdata in
        guard let address = FlowAddress(rdata: rdata) else { return }
        parser.withOctets(record.owner) { owner in
          tracker.learn(server: owner, address: address, expires: expires)
        }
      }
    }
  }
}
