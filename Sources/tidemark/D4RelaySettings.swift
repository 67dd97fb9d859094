import ArgumentParser
import D4Wire
import TidemarkCollectors
import TidemarkConfiguration

/// How a relay speaks D4: where to, as whom, and as what.
struct D4RelaySettings {
  /// What records can be sent as.
  static let types: [D4Type] = [.passivedns, .extended, .ndjson]

  let options: D4Sender.Options

  /// - Throws: `ExitCode` after the reason was printed.
  init(_ relay: CollectConfiguration.Relay) throws {
    do {
      guard let path = relay.d4Folder else {
        throw ConfigurationFailure(
          text: "relay: a D4 server wants to know who sends: name a D4 client's folder with "
            + "--d4-config or d4_config")
      }
      let folder = try D4ClientFolder(path: path)
      let type = relay.d4Type.map(D4Type.init(rawValue:)) ?? folder.type
      guard D4RelaySettings.types.contains(type) else {
        throw ConfigurationFailure(
          text: "\(path)/type: records are sent as type 8, 254 or 6, not \(type.rawValue)")
      }
      var options = D4Sender.Options(
        target: try D4Target(url: relay.url), uuid: folder.uuid, key: folder.key, type: type)
      options.authorities = relay.authorityFile ?? folder.authorities
      options.snapOctets = folder.snapOctets
      options.version = folder.version
      // The rows are of our own making, whatever the folder's header describes.
      if type == .extended { options.metaHeader = D4MetaHeader.passivednsCOF(origins: []).json }
      self.options = options
    } catch {
      StandardStreams.complain("tidemark: \(error)")
      throw ExitCode(ExitStatus.usage)
    }
  }
}

/// What `relay --d4-config` without a configuration file does.
struct D4ClientSettings {
  let options: D4Sender.Options
  let source: D4Input.Source
  let spool: String

  /// - Throws: `ExitCode` after the reason was printed.
  init(folder path: String, to: String?, spool: String?, sendsRawFiles: Bool) throws {
    do {
      let folder = try D4ClientFolder(path: path)
      source = try folder.input(isRaw: sendsRawFiles)
      let target =
        if let to {
          try D4Target(url: to)
        } else {
          try D4Target(destination: folder.destination)
        }
      var options = D4Sender.Options(
        target: target, uuid: folder.uuid, key: folder.key, type: folder.type)
      options.authorities = folder.authorities
      options.snapOctets = folder.snapOctets
      options.version = folder.version
      options.metaHeader = folder.metaHeader ?? []
      self.options = options
      self.spool = spool ?? "\(path)/spool"
    } catch {
      StandardStreams.complain("tidemark: \(error)")
      throw ExitCode(ExitStatus.usage)
    }
  }

  func confirm() {
    let text = "sensor \(options.uuid) sends type \(options.type.rawValue) to \(options.target)\n"
    _ = StandardStreams.write(Array(text.utf8))
  }
}
