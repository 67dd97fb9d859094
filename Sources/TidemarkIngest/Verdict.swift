import TidemarkModel

/// What is done with one record of an authoritative response: kept, with the labels of its
/// bailiwick (0–127, or 255 for unknown), or refused for a reason.
struct Verdict: RawRepresentable, Equatable {
  let rawValue: UInt8

  static let unconnected = Verdict(rawValue: 128)
  static let neverStored = Verdict(rawValue: 129)
  static let outOfBailiwick = Verdict(rawValue: 130)
  static let misplaced = Verdict(rawValue: 131)
  static let unwantedDNSSEC = Verdict(rawValue: 132)
  static let notAuthoritative = Verdict(rawValue: 133)
  static let unverified = Verdict(rawValue: 134)
  static let excess = Verdict(rawValue: 135)
  /// Kept, without a bailiwick.
  static let keptUnknown = Verdict(rawValue: Bailiwick.unknown.rawValue)

  init(rawValue: UInt8) { self.rawValue = rawValue }

  /// Kept, in the zone whose apex has so many labels.
  static func kept(labels: Int) -> Verdict {
    Verdict(rawValue: UInt8(truncatingIfNeeded: labels) & 0x7F)
  }

  /// Kept, with a bailiwick.
  var isVerified: Bool { rawValue < 128 }

  /// The bailiwick of a kept record.
  var bailiwick: Bailiwick? {
    rawValue < 128 || rawValue == 255 ? Bailiwick(rawValue: rawValue) : nil
  }
}

extension RecordTally {
  /// Counts a record that was refused.
  mutating func add(_ verdict: Verdict) {
    switch verdict {
    case .unconnected: unconnected += 1
    case .neverStored: neverStored += 1
    case .outOfBailiwick: outOfBailiwick += 1
    case .unwantedDNSSEC: unwantedDNSSEC += 1
    case .notAuthoritative: notAuthoritative += 1
    case .unverified: unverified += 1
    case .excess: excess += 1
    default: misplaced += 1
    }
  }
}
