import TidemarkEnrichment
import TidemarkModel

/// Indicators in words.
enum IndicatorText {
  /// Everything about an indicator.
  static func page(
    _ indicator: Indicator, _ attributes: [Attribute], _ relations: [Relation],
    _ offers: [OperationRegistry.Offer]
  ) -> String {
    var head = AlignedTable(["indicator", indicator.key.value])
    head.append(["type", indicator.key.type.label])
    head.append(["status", indicator.status.rawValue])
    head.append(["tags", indicator.tags.joined(separator: ", ")])
    head.append(["sources", indicator.sources.joined(separator: ", ")])
    head.append(["added", time(indicator.firstAdded)])
    head.append(["touched", time(indicator.lastTouched)])
    var out = head.text()
    if !attributes.isEmpty {
      var table = AlignedTable(["attribute", "value", "source", "first seen", "last seen"])
      for attribute in attributes {
        table.append(
          [
            attribute.name, attribute.value, attribute.source, time(attribute.firstSeen),
            time(attribute.lastSeen),
          ], blobs: [1])
      }
      out += "\n" + table.text()
    }
    if !relations.isEmpty {
      var table = AlignedTable(["from", "relation", "to", "source", "first seen", "last seen"])
      for relation in relations {
        table.append([
          relation.from.value, relation.kind.rawValue, relation.to.value, relation.source,
          time(relation.firstSeen), time(relation.lastSeen),
        ])
      }
      out += "\n" + table.text()
    }
    if !offers.isEmpty {
      var table = AlignedTable(["action", "button"])
      for offer in offers {
        table.append(["\(offer.operation.id).\(offer.action.id)", offer.action.buttonLabel])
      }
      out += "\n" + table.text()
    }
    return out
  }

  /// Indicators, one a line.
  static func table(_ indicators: [Indicator], hasHead: Bool) -> String {
    let head = ["type", "status", "added", "value", "tags", "sources"]
    var table = AlignedTable(head)
    for indicator in indicators {
      table.append([
        indicator.key.type.rawValue, indicator.status.rawValue, time(indicator.firstAdded),
        indicator.key.value, indicator.tags.joined(separator: ","),
        indicator.sources.joined(separator: ", "),
      ])
    }
    let text = table.text()
    guard !hasHead, let end = text.firstIndex(of: "\n") else { return text }
    return String(text[text.index(after: end)...])
  }

  /// RFC 3339, UTC.
  static func time(_ seconds: UnixSeconds) -> String {
    var out: [UInt8] = []
    TimeStyle.iso.append(seconds, to: &out)
    return String(decoding: out, as: UTF8.self)
  }
}
