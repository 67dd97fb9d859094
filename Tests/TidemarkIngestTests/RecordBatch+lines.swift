import DNSWire
import TidemarkModel

extension RecordBatch {
  /// The records as text, in key order: owner, type, rdata, bailiwick if asked for, count. A
  /// bailiwick that is not known is `?`.
  func lines(showsBailiwick: Bool = true) -> [String] {
    sort()
    return entries.compactMap { entry in
      withKey(of: entry) { key -> String? in
        guard let view = RecordKeyView(key) else { return nil }
        var name: [UInt8] = []
        guard RecordKeyView.appendWireName(reversed: key.extracting(view.reversedName), to: &name)
        else { return nil }
        var rdata: [UInt8] = []
        RDataText.append(
          key.extracting(view.rdata), type: view.rrtype, style: .circl, to: &rdata)
        let owner = DomainName(canonicalWire: name)
        var words = [owner.text(finalDot: false), "\(view.rrtype)"]
        words.append(String(decoding: rdata, as: UTF8.self))
        if showsBailiwick { words.append(RecordBatch.apex(of: owner, view.bailiwick)) }
        words.append("\(entry.count)")
        return words.joined(separator: " ")
      }
    }
  }

  private static func apex(of owner: DomainName, _ bailiwick: Bailiwick) -> String {
    if bailiwick == .unknown { return "?" }
    var name = owner
    while name.labelCount > Int(bailiwick.rawValue), let parent = name.parent { name = parent }
    return name.text(finalDot: false)
  }
}
