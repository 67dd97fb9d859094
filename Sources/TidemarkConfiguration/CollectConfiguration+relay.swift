extension CollectConfiguration {
  /// Why what is collected cannot be sent on to a D4 server, in words for people; nil when it can.
  ///
  /// D4 names the stores that records come from once, at the start of a connection, and a relay
  /// does not know them then: what one store shares would come back to it as news.
  public var obstacleToD4: String? {
    for source in sources {
      if case .pull = source.transport {
        return "source \(source.name): what others share (fetch) cannot be sent on to a D4 server,"
          + " because it could go round; send it to https://…"
      }
    }
    return nil
  }
}
