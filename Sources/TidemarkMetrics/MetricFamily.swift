/// One metric with all its samples, as `/metrics` shows it (Prometheus text exposition format).
public struct MetricFamily: Sendable {
  /// What the numbers are.
  public enum Kind: String, Sendable {
    /// Only grows while the process lives.
    case counter
    /// May go up and down.
    case gauge
    /// Number and sum of measurements.
    case summary
    /// Numbers of measurements up to bounds, with their number and sum.
    case histogram
  }

  /// One number.
  public struct Sample: Sendable {
    /// What is behind the family's name: empty, `_sum`, `_count` or `_bucket`.
    public var suffix: String
    /// Names and values of labels.
    public var labels: [(name: String, value: String)]
    /// The number.
    public var value: Double

    /// Makes a sample.
    public init(_ value: Double, labels: [(name: String, value: String)] = [], suffix: String = "")
    {
      self.suffix = suffix
      self.labels = labels
      self.value = value
    }
  }

  /// `[a-zA-Z_:][a-zA-Z0-9_:]*`
  public var name: String
  /// What the numbers are.
  public var kind: Kind
  /// One line for people.
  public var help: String
  /// The numbers.
  public var samples: [Sample]

  /// Makes a family.
  public init(_ name: String, _ kind: Kind, help: String, samples: [Sample] = []) {
    self.name = name
    self.kind = kind
    self.help = help
    self.samples = samples
  }

  /// Appends the family's lines.
  func append(to text: inout String) {
    let name = MetricFamily.legalName(name)
    if !help.isEmpty { text += "# HELP \(name) \(MetricFamily.escaped(help, quotes: false))\n" }
    text += "# TYPE \(name) \(kind.rawValue)\n"
    for sample in samples {
      text += name + sample.suffix
      if !sample.labels.isEmpty {
        let labels = sample.labels.map {
          "\(MetricFamily.legalName($0.name))=\"\(MetricFamily.escaped($0.value, quotes: true))\""
        }
        text += "{" + labels.joined(separator: ",") + "}"
      }
      text += " " + MetricFamily.number(sample.value) + "\n"
    }
  }

  /// A whole number without a fraction, as exact as the double is.
  static func number(_ value: Double) -> String {
    if let whole = Int64(exactly: value) { return String(whole) }
    if value.isNaN { return "NaN" }
    if value.isInfinite { return value < 0 ? "-Inf" : "+Inf" }
    return String(value)
  }

  /// Everything that is not a letter, a digit, `_` or `:` becomes `_`.
  static func legalName(_ name: String) -> String {
    var legal = ""
    for scalar in name.unicodeScalars {
      switch scalar {
      case "a"..."z", "A"..."Z", "_", ":": legal.unicodeScalars.append(scalar)
      case "0"..."9": legal += legal.isEmpty ? "_\(scalar)" : "\(scalar)"
      default: legal += "_"
      }
    }
    return legal.isEmpty ? "_" : legal
  }

  private static func escaped(_ text: String, quotes: Bool) -> String {
    var escaped = ""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\\": escaped += "\\\\"
      case "\n": escaped += "\\n"
      case "\"" where quotes: escaped += "\\\""
      default: escaped.unicodeScalars.append(scalar)
      }
    }
    return escaped
  }
}
