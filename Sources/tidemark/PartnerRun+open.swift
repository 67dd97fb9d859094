import ArgumentParser
import TidemarkConfiguration
import TidemarkControl
import TidemarkSharing
import TidemarkStore

extension PartnerRun {
  /// The partners of a collector that has streams.
  ///
  /// - Parameters:
  ///   - folder: the store's.
  ///   - share: the streams.
  /// - Throws: `ExitCode` after the reason was printed.
  static func open(
    _ configuration: CollectConfiguration, beside folder: String, _ share: ShareRun,
    store: any RecordStore, _ registry: Registry
  ) throws -> PartnerRun {
    let (mixer, log) = (share.mixer, CollectLog.make())
    do {
      return try PartnerRun(
        control: configuration.http?.control ?? ControlDatabase.path(besideStore: folder),
        store: store, registry: registry, origins: share.origins,
        streamLog: { mixer.log(named: $0) },
        makeSender: { try D4PartnerSender($0, $1, log: log, save: $2) }, log: log)
    } catch let error as ControlError {
      StandardStreams.complain("tidemark: \(error)")
      throw ExitCode(ExitStatus.failure)
    }
  }
}
