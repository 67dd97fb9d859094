public import D4Wire
import Dispatch
import NIOCore
public import TidemarkIngest
public import TidemarkModel
public import TidemarkSharing

extension D4Hub {
  /// What a hub needs from the program around it.
  public struct Surroundings: Sendable {
    /// Who the sensors are.
    public var directory: any SensorDirectory
    /// Makes the settings of a sensor's decoder: its dataset, its number as a sensor.
    public var settings: @Sendable (SensorProfile) throws -> SourceSettings
    /// Whether a stream with these origins may come in.
    public var takesOrigins: @Sendable ([SensorUUID]) -> Bool = { _ in true }
    /// Told of every refusal; the sensor is nil while nobody knows it.
    public var report: @Sendable (D4Fault, SensorUUID?) -> Void = { _, _ in }
    /// The time now.
    public var clock: @Sendable () -> UnixSeconds
    /// Nanoseconds of a clock that never goes back.
    public var uptime: @Sendable () -> UInt64 = { NIODeadline.now().uptimeNanoseconds }
    /// Calls back after so many nanoseconds.
    public var later: @Sendable (UInt64, @escaping @Sendable () -> Void) -> Void = { wait, body in
      DispatchQueue.global().asyncAfter(
        deadline: .now() + .nanoseconds(Int(clamping: wait)), execute: body)
    }

    /// Makes surroundings with the system's timers.
    public init(
      directory: any SensorDirectory, clock: @escaping @Sendable () -> UnixSeconds,
      settings: @escaping @Sendable (SensorProfile) throws -> SourceSettings
    ) {
      self.directory = directory
      self.clock = clock
      self.settings = settings
    }
  }
}
