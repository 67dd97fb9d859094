/// How long pages may read before they show what they have, and say so: a page is to be there
/// within 300 ms, however much hangs on a value.
public struct PageTimes: Sendable {
  /// Looking what hangs on the values of a page.
  public var hints = Duration.milliseconds(50)
  /// Reading what hangs on one value.
  public var pivots = Duration.milliseconds(150)
  /// Reading rows for the picture of a timeline as it is served; a script asks for the rest.
  public var timeline = Duration.milliseconds(30)
  /// Expanding all nodes of a graph.
  public var graph = Duration.milliseconds(400)
  /// Walking over the records for the first page, each time that it is asked for.
  public var survey = Duration.milliseconds(15)

  /// The times of a server.
  public init() {}

  /// The same time for everything.
  public init(all time: Duration) {
    (hints, pivots, timeline, graph, survey) = (time, time, time, time, time)
  }
}
