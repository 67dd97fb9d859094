import Glibc
import Synchronization
import TidemarkModel

/// Standard output and error as octets.
enum StandardStreams {
  /// True once standard output could not be written although somebody reads it.
  private static let hasFailed = Atomic(false)

  /// Writes all octets.
  ///
  /// When standard output cannot be written, as on a full disk, the reason is printed, once.
  /// Nothing follows the gap, and ``close(status:)`` makes a failure of it: a command may stop as
  /// if nobody read any more.
  ///
  /// - Returns: false when nobody reads any more, or not all could be written.
  static func write(_ octets: [UInt8], to descriptor: Int32 = STDOUT_FILENO) -> Bool {
    if descriptor == STDOUT_FILENO, hasFailed.load(ordering: .relaxed) { return false }
    var at = 0
    while at < octets.count {
      let written = unsafe octets.withUnsafeBytes {
        unsafe Glibc.write(descriptor, $0.baseAddress.map { unsafe $0 + at }, octets.count - at)
      }
      if written < 0 {
        if errno == EINTR { continue }
        if descriptor == STDOUT_FILENO { fail(errno) }
        return false
      }
      at += written
    }
    return true
  }

  /// Closes standard output. Some file systems say no earlier that they could not write a file.
  ///
  /// - Returns: the status with which the process ends: that of the command, or
  ///   ``ExitStatus/failure`` when not all of its output could be written.
  static func close(status: Int32) -> Int32 {
    // Whoever started this process without standard output misses nothing until it is written to.
    if Glibc.close(STDOUT_FILENO) != 0, errno != EBADF { fail(errno) }
    return hasFailed.load(ordering: .relaxed) ? ExitStatus.failure : status
  }

  /// Notes why standard output could not be written. A reader that went away is no failure.
  private static func fail(_ error: Int32) {
    guard error != EPIPE, error != ECONNRESET,
      !hasFailed.exchange(true, ordering: .relaxed)
    else { return }
    complain("tidemark: standard output: \(unsafe String(cString: strerror(error)))")
  }

  /// Writes a line to standard error. It may quote strangers: control octets are escaped.
  static func complain(_ line: String) {
    var out: [UInt8] = []
    for part in line.split(separator: "\n", omittingEmptySubsequences: false) {
      PrintableText.append(Array(part.utf8).span, to: &out)
      out.append(10)
    }
    _ = write(out, to: STDERR_FILENO)
  }

  /// True when standard output is a terminal.
  static var isTerminal: Bool { isatty(STDOUT_FILENO) == 1 }
  /// True when standard error is a terminal.
  static var isErrorTerminal: Bool { isatty(STDERR_FILENO) == 1 }

  /// Seconds since 1970 by the system's clock.
  static func now() -> UInt32 { UInt32(truncatingIfNeeded: time(nil)) }
}

/// Exit codes of all subcommands (docs/cli.md).
enum ExitStatus {
  /// Refused or failed.
  static let failure: Int32 = 1
  /// The command line cannot be understood.
  static let usage: Int32 = 2
  /// A limit was reached and there is more.
  static let limited: Int32 = 3
  /// Rows were given, and others are missing.
  static let partial: Int32 = 4
}
