public import D4Wire

/// Who the sensors are.
///
/// - Concurrency: any thread. Only ``register(_:)`` may wait for a disk.
public protocol SensorDirectory: Sendable {
  /// A sensor by its UUID, from memory, at most a second behind what was decided elsewhere.
  ///
  /// - Returns: nil when it is not known.
  func profile(of uuid: SensorUUID) -> SensorProfile?

  /// A sensor by the name that its records have (COF `sensor_id`), as ``profile(of:)``.
  func profile(named sensor: String) -> SensorProfile?

  /// Takes a new sensor down as pending.
  ///
  /// - Throws: an error whose text is one line for people, when nothing could be written.
  func register(_ request: SensorRegistration) throws -> SensorRegistrationOutcome

  /// Somebody who is not known tried to send. Costs bounded memory, whatever they send.
  func noteUnknown(_ uuid: SensorUUID)

  /// Adds what a sensor did. Summed in memory, and written down every second or so.
  ///
  /// A sensor that is not known becomes a pending one without a key, if there is room: it showed
  /// the shared secret. Who did not show it is for ``noteUnknown(_:)``.
  func note(_ activity: SensorActivity)

  /// What every sensor did since it became known, in the order in which they became known.
  func activities() -> [SensorActivitySum]

  /// Attempts of sensors that are not known, since the process began.
  var unknownAttempts: UInt64 { get }
}

extension SensorDirectory {
  /// 0: nobody counts them.
  public var unknownAttempts: UInt64 { 0 }
}
