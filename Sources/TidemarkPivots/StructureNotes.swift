import DNSWire
import Foundation
import TidemarkModel

/// Remarks on how a name looks and lives. They are shown and never scored, until somebody has
/// measured what they are worth.
enum StructureNotes {
  /// A shorter life so far is worth a remark, days.
  private static let youngDays: UInt32 = 7
  /// More addresses are worth a remark.
  private static let manyAddresses = 10
  /// Bits a character of a label from which it looks random; words have some three.
  private static let randomBits = 3.7

  /// Remarks on a domain and on what it pointed to in the last half year.
  static func notes(
    on domain: DomainName, _ pointed: PointedAddresses, now: UnixSeconds
  ) -> [String] {
    var notes: [String] = []
    if let first = pointed.records.map(\.value.timeFirst).min(), first <= now {
      let days = (now - first) / TimeLimits.secondsPerDay
      if days < youngDays { notes.append("its addresses were first seen \(days) days ago") }
    }
    if pointed.addresses.count > manyAddresses {
      notes.append("it pointed to \(pointed.records.count) addresses within 180 days")
    }
    let label = Array(domain.wire.dropFirst().prefix(Int(domain.wire[0])))
    guard !label.isEmpty else { return notes }
    if label.starts(with: "xn--".utf8) { notes.append("its name is of another script (IDN)") }
    let digits = label.count(where: ASCII.isDigit)
    if digits * 2 > label.count { notes.append("more than half of its name are digits") }
    if label.count >= 12, bitsPerOctet(label) > randomBits {
      notes.append("its name looks random")
    }
    return notes
  }

  /// Shannon entropy of the octets, in bits.
  private static func bitsPerOctet(_ label: [UInt8]) -> Double {
    var counts: [UInt8: Int] = [:]
    for octet in label { counts[octet, default: 0] += 1 }
    let length = Double(label.count)
    return counts.values.sorted().reduce(0) { sum, count in
      sum + Double(count) / length * log2(length / Double(count))
    }
  }
}
