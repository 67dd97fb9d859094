import ArgumentParser
import Logging
import NIOPosix
import Synchronization
import TidemarkCollectors

/// A D4 client from its start to its end: a source into a spool, and the spool to a server.
///
/// It ends when the source is at its end and everything is sent, or by SIGTERM or SIGINT: what is
/// in the spool then is sent by the next run.
struct D4ClientRun {
  /// How long what is under way may be confirmed after a signal, seconds.
  static let stopSeconds = 5

  private let settings: D4ClientSettings
  private let log = CollectLog.make()

  init(_ settings: D4ClientSettings) {
    self.settings = settings
  }

  /// - Throws: `ExitCode` after the reason was printed.
  func run() async throws {
    let isLines = D4PayloadCutter.isLines(settings.options.type)
    let log = log
    let spool: D4Spool
    let sender: D4Sender
    do {
      spool = try D4Spool(
        folder: settings.spool, isLines: isLines, isMarked: settings.source.isMarked)
      sender = try D4Sender(
        settings.options,
        outbox: D4SpoolOutbox(spool, snapOctets: settings.options.snapOctets, isLines: isLines),
        group: MultiThreadedEventLoopGroup.singleton
      ) { D4Events.log($0, to: log) }
    } catch {
      StandardStreams.complain("tidemark: \(error)")
      throw ExitCode(ExitStatus.failure)
    }
    let signals = ProcessSignals()
    let waited = spool.waiting
    let input = D4Input(settings.source, spool: spool, isLines: isLines) { event in
      D4Events.log(event, to: log)
    }
    let failed = FailureNote()
    input.start { error in failed.note("\(error)") }
    let obeying = Task {
      for await wish in signals.wishes where wish == .end {
        // The input may have to wait for a server of its own; the sender's time passes meanwhile.
        sender.stop(withinSeconds: D4ClientRun.stopSeconds)
        await Blocking.run { input.stop() }
      }
    }
    let isAll = await sender.run()
    obeying.cancel()
    await Blocking.run { input.stop() }
    sayTotals(input.account, sender.account, spool, waited: waited)
    if let text = failed.text {
      log.error("the source could not be read: \(text)")
      throw ExitCode(ExitStatus.failure)
    }
    if !isAll, spool.waiting > 0 { log.notice("what is in the spool is sent by the next run") }
  }

  private func sayTotals(
    _ input: D4Input.Account, _ sent: D4SendAccount, _ spool: D4Spool, waited: UInt64
  ) {
    log.notice(
      """
      octets: spooled before=\(waited) read=\(input.octets) delivered=\(sent.octetsDelivered) \
      waiting=\(spool.waiting); sent=\(sent.octets) again=\(sent.octetsAgain) \
      packets=\(sent.packets) connections=\(sent.connections) failures=\(sent.failures); \
      lines=\(input.lines) files=\(input.files) files refused=\(input.filesRefused)
      """)
    if waited + input.octets != sent.octetsDelivered + spool.waiting {
      log.critical("the account does not balance; report this")
    }
  }
}

/// Why a source ended.
private final class FailureNote: Sendable {
  private let note = Mutex<String?>(nil)

  var text: String? { note.withLock { $0 } }

  func note(_ text: String) { note.withLock { $0 = text } }
}

/// Events of D4 inputs and senders in the log. Nothing of what is sent is in them.
enum D4Events {
  /// - Parameter name: what sends, when it is not the whole process.
  static func log(_ event: D4Sender.Event, of name: String = "", to log: Logger) {
    let name = name.isEmpty ? "" : name + ": "
    switch event {
    case .connected: log.notice("\(name)connected to the D4 server")
    case .lost(let reason, let octets, let seconds):
      log.warning(
        "\(name)no connection, next try in \(seconds) s, \(octets) octets are sent again: \(reason)"
      )
    case .failed(let reason, let seconds):
      log.error(
        """
        \(name)what is to be sent cannot be read, or not taken down as sent; next try in \
        \(seconds) s: \(reason)
        """)
    }
  }

  static func log(_ event: D4Input.Event, to log: Logger) {
    switch event {
    case .failed(let reason, let seconds):
      log.warning("the source cannot be read, next try in \(seconds) s: \(reason)")
    case .waiting: log.warning("the spool is full; the source waits")
    case .goingOn: log.notice("the spool has room again")
    }
  }
}
