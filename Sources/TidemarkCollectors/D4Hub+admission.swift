import D4Wire
import TidemarkSharing

/// Decisions that follow from what is known of a sensor alone.
extension D4Hub {
  /// What a sensor is told now.
  func admission(of uuid: SensorUUID) -> D4Session.Admission {
    let profile = surroundings.directory.profile(of: uuid)
    switch (options.mode, profile?.state) {
    case (_, .blocked): return .refused(.blocked)
    case (.registration, nil): return .refused(.unknownSensor)
    case (.registration, .pending): return .refused(.pending)
    // Whoever may register could otherwise let itself in with a key of its own making.
    case (.sharedSecret, .pending) where profile?.key != nil: return .refused(.pending)
    case (.registration, .approved), (.sharedSecret, _): break
    }
    guard let key = profile?.key ?? options.key else { return .refused(.noKey) }
    guard options.acceptsSampleKey || !key.isSample else { return .refused(.sampleKey) }
    return .key(key)
  }

  /// Why a session that is there has to end; nil when it may go on.
  func revocation(of uuid: SensorUUID, _ key: D4Key) -> D4Fault? {
    switch admission(of: uuid) {
    case .refused(let fault): fault
    case .key(let current): current == key ? nil : .hmac
    }
  }

  /// Counts a refusal and notes it with the sensor.
  func refused(_ fault: D4Fault, _ uuid: SensorUUID?) {
    counts.add(fault)
    surroundings.report(fault, uuid)
    guard let uuid, surroundings.directory.profile(of: uuid) != nil else { return }
    surroundings.directory.note(
      SensorActivity(uuid: uuid, seen: surroundings.clock(), lastError: "\(fault)"))
  }
}
