extension MessageRange {
  /// The octets from `octets` on: of a name, what follows some whole labels.
  @inline(__always)
  public func dropping(octets: Int) -> MessageRange {
    precondition(octets >= 0 && octets <= Int(count), "beyond the range")
    return MessageRange(start: Int(start) + octets, count: Int(count) - octets)
  }

  /// The first `octets` octets.
  @inline(__always)
  public func prefix(octets: Int) -> MessageRange {
    precondition(octets >= 0 && octets <= Int(count), "beyond the range")
    return MessageRange(start: Int(start), count: octets)
  }
}
