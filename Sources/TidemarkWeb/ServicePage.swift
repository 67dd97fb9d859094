public import TidemarkModel

/// The page about the service itself: what it holds, who feeds it, who is fed, who may ask.
public enum ServicePage {
  /// Seconds after which a part is loaded again.
  static let refreshSeconds = 30

  /// Makes the page of a part.
  ///
  /// - Parameter now: what ages count from.
  public static func page(_ content: ServiceContent, now: UnixSeconds) -> Page {
    let part = content.part
    var values: PageValues = [
      "part": part.rawValue, "part_title": part.title, "seconds": refreshSeconds,
      "refresh": link(part), "now": WebTime.minute(now), "now_machine": WebTime.machine(now),
      "tabs": ServicePart.allCases.map { other in
        ["link": link(other), "title": other.title, "current": other == part] as PageValues
      },
    ]
    switch content {
    case .overview(let overview): values["overview"] = overview.values
    case .sensors(let sensors): values["sensors"] = sensors.values(now: now)
    case .sources(let sources): values["sources"] = ServiceSource.values(sources)
    case .sharing(let sharing): values["sharing"] = sharing.values(now: now)
    case .tokens(let tokens): values["tokens"] = tokens.values(now: now)
    case .withheld: values["withheld"] = ["title": part.title] as PageValues
    }
    return Page(.service, title: "Service: \(part.title)", template: "service", values: values)
  }

  private static func link(_ part: ServicePart) -> String {
    WebLink("/ui/service", part == .overview ? [] : [("part", part.rawValue)]).text
  }

  /// A time in both forms, and how long ago it was; `known` is false for none.
  static func values(_ time: UnixSeconds?, now: UnixSeconds) -> PageValues {
    guard let time else { return ["known": false] }
    return [
      "known": true, "text": WebTime.minute(time), "machine": WebTime.machine(time),
      "age": WebTime.age(time, now: now),
    ]
  }

  /// The same of a time that may be before 1970 or after 2106, where it is cut off.
  static func values(clamping time: Int64?, now: UnixSeconds) -> PageValues {
    values(time.map { UnixSeconds(clamping: $0) }, now: now)
  }

  /// `3 d 4 h`, `12 min`: the two greatest units.
  static func duration(_ seconds: UInt64) -> String {
    let (days, hours) = (seconds / 86_400, seconds / 3_600 % 24)
    let minutes = seconds / 60 % 60
    if days > 0 { return "\(WebFigures.grouped(days)) d \(hours) h" }
    if hours > 0 { return "\(hours) h \(minutes) min" }
    return minutes > 0 ? "\(minutes) min" : "\(seconds) s"
  }

  /// `12.3`, one digit behind the point.
  static func decimal(_ value: Double) -> String {
    guard value.isFinite, value >= 0, value < 1e15 else { return "" }
    let tenths = UInt64((value * 10).rounded())
    return "\(WebFigures.grouped(tenths / 10)).\(tenths % 10)"
  }

  /// How much of `whole` a part is, per cent; empty without a whole.
  static func percent(_ part: UInt64, of whole: UInt64) -> String {
    guard whole > 0 else { return "" }
    let share = Double(part) / Double(whole) * 100
    return part > 0 && share < 0.05 ? "< 0.1 %" : decimal(share) + " %"
  }
}
