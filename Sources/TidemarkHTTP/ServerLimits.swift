import TidemarkModel

/// Bounds on what strangers may ask of the server. Each exists to keep one bad client cheap.
public enum ServerLimits {
  /// Longest request target, octets: an escaped name of 255 octets has up to 3,060, a cursor some
  /// hundred. Longer ones get 414.
  public static let targetOctetsMax = 8_192
  /// Longest header field or request target that is read at all, octets; beyond it: 431 or 414.
  public static let headerFieldOctetsMax = 16_384
  /// All header fields of a request, octets.
  public static let headerOctetsMax = 32_768
  /// Header fields of a request.
  public static let headerFieldsMax = 100
  /// Open connections, if the process may have twice as many files open. See
  /// ``ConnectionLimits/connections``.
  public static let connectionsMax = 12_288
  /// Octets of a body that have to come in ``ConnectionLimits/body``.
  public static let bodyOctetsPerWindow = 4_096
  /// Octets of an answer that the kernel keeps for a client beyond those that are on their way:
  /// what a client that stops reading holds, and what is sent in vain to one that left.
  public static let unsentOctetsMax = 131_072
  /// Longest body of observations, octets, as it is sent and unpacked. It becomes one batch in
  /// memory, some 800,000 rows; a packed body that unpacks to more gets 413.
  public static let bodyOctetsMax = ObservationFeed.bodyOctetsMax
  /// Bodies of observations read at the same time; more get 503. Bounds memory to about 1 GiB.
  public static let bodiesMax = 4
  /// Body of a sensor's registration, octets: keys of 342 characters are usual.
  public static let registrationOctetsMax = 16_384
  /// An answer that is complete within so many rows and ``pageOctets`` is sent in one piece.
  public static let pageRows = 512
  /// Rows that are sent by themselves when finding them takes longer than ``firstRowsTime``: as
  /// many as the first read of an address's records brings.
  static let firstRows = 4
  /// Time after which what was found is sent. What was begun before it ends within five times as
  /// long, as long as rows cost the same.
  static let firstRowsTime = Duration.microseconds(250)
  /// Octets at which a piece of an answer is sent. A piece costs some changes of threads.
  public static let pageOctets = 262_144
  /// Answers that are known to be shorter than this are not packed, octets: nothing is gained.
  public static let packedOctetsMin = 1_024
  /// Longest cursor handed out, characters: it must fit into a request target with its query.
  public static let cursorCharactersMax = 6_000
  /// What `limit` and `max_rows` of the native interface may be; more than anybody can be sent.
  static let limitRange = 0...1_000_000_000
  /// Newest values of an answer whose fan-out a summary tells.
  static let hintsMax = 25
  /// Time for all hints of a summary, milliseconds; those that it does not suffice for go without.
  static let hintMilliseconds = 50
  /// Keys of a bulk look-up.
  public static let bulkKeysMax = 100_000
  /// Body of a bulk look-up, octets; it is kept while the answer is sent.
  public static let bulkOctetsMax = 16 << 20
  /// One key of a bulk look-up, octets.
  public static let bulkKeyOctetsMax = 8_192
  /// Bulk look-ups at the same time; more get 503. Bounds their bodies to 128 MiB.
  public static let bulksMax = 8
  /// Rows of one key of a bulk look-up unless the request says otherwise.
  static let bulkLimitStandard = 1_000
  /// Rows of one key of a bulk look-up.
  static let bulkLimitMax = 100_000
  /// Time after which a shared stream on which nothing was released says where it is, seconds: so
  /// that both sides notice when the other one is gone.
  static let shareQuietSeconds: Int64 = 15
  /// Time between two looks at whether a partner was revoked or left, seconds.
  static let shareTickSeconds: Int64 = 1
  /// Looks that find a partner revoked until its connection is cut off: streams end within a tick
  /// by themselves, and whoever reads has a second to take the last line. With the look at the
  /// control database nothing more is sent after less than five seconds.
  static let shareCutLooks = 3
  /// Largest frame that a WebSocket's client may send, octets. Nothing is expected of it but
  /// answers to pings.
  public static let webSocketFrameOctetsMax = 4_096
}
