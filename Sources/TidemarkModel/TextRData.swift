public import DNSWire

/// Rdata that a feed gives as text outside a ``TextObservation``: one RR at a time.
public enum TextRData {
  /// What became of a text.
  public enum Form: Sendable, Equatable {
    /// Canonical wire octets were appended.
    case wire
    /// The text does not give the whole rdata: it was appended as lossy text, which belongs to
    /// ``Vantage/text``.
    case lossy
  }

  /// Appends canonical wire octets when the text gives all of them, otherwise lossy text.
  ///
  /// - Parameter text: presentation text in any dialect; not empty.
  /// - Returns: nil when the text is empty or longer than rdata can be; `out` is unchanged then.
  public static func append(
    _ text: Span<UInt8>, type: RRType, to out: inout [UInt8]
  ) -> Form? {
    guard text.count > 0 else { return nil }
    do {
      try RDataParser.parse(text, type: type, into: &out)
      return .wire
    } catch {
      let start = out.count
      LossyRData.appendText(text, type: type, to: &out)
      guard out.count - start <= DNSLimits.rdataOctetsMax else {
        out.removeSubrange(start...)
        return nil
      }
      return .lossy
    }
  }
}
