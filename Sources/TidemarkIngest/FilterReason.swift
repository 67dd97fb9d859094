/// Why a record is left out although it can be believed. Policy, chosen by the operator.
public enum FilterReason: UInt8, CaseIterable, Sendable {
  /// The name is for special use and not in the public DNS (RFC 6761 and its registry).
  case specialUse = 1
  /// The name is below a label that sites use without asking: lan, home, corp.
  case siteName
  /// The owner is a single label and the record not one of a zone.
  case singleLabel
  /// The name is a question to a blocklist or to telemetry: data dressed as a name.
  case blocklist
  /// The name is the reverse of an address that is not public (RFC 6303).
  case privateReverse
  /// The name has more labels than people make.
  case manyLabels
  /// The rdata is an address that is not public.
  case privateAddress
  /// The rdata is an address that a DNS64 resolver made up (RFC 6147).
  case dns64
  /// The operator excluded the name.
  case excluded
  /// The operator chose names, and this is none of them.
  case notChosen
  /// The operator chose types, and this is none of them.
  case rrtype

  /// The name used in accounting.
  public var name: String {
    switch self {
    case .specialUse: "special-use-name"
    case .siteName: "site-name"
    case .singleLabel: "single-label-name"
    case .blocklist: "blocklist-name"
    case .privateReverse: "private-reverse-name"
    case .manyLabels: "too-many-labels"
    case .privateAddress: "private-address"
    case .dns64: "dns64-address"
    case .excluded: "excluded-name"
    case .notChosen: "name-not-chosen"
    case .rrtype: "type-not-chosen"
    }
  }
}

/// How many records were left out, by reason.
public struct FilterCounts: Sendable, Equatable {
  private var counts: [UInt64] = Array(repeating: 0, count: FilterReason.allCases.count + 1)

  /// Makes zero counts.
  public init() {}

  /// Records left out for a reason.
  public subscript(reason: FilterReason) -> UInt64 { counts[Int(reason.rawValue)] }

  /// Counts one record.
  public mutating func add(_ reason: FilterReason) { counts[Int(reason.rawValue)] += 1 }

  /// Adds every reason that applied to what was filtered.
  public func account(into accounting: inout Accounting) {
    for reason in FilterReason.allCases where self[reason] > 0 {
      accounting.filtered.append(Accounting.Reason(name: reason.name, count: self[reason]))
    }
  }
}
