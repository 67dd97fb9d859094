import Glibc
import TidemarkModel

/// Standard output and error as octets.
enum StandardStreams {
  /// Writes all octets.
  ///
  /// - Returns: false when nobody reads any more.
  static func write(_ octets: [UInt8], to descriptor: Int32 = STDOUT_FILENO) -> Bool {
    var at = 0
    while at < octets.count {
      let written = unsafe octets.withUnsafeBytes {
        unsafe Glibc.write(descriptor, $0.baseAddress.map { unsafe $0 + at }, octets.count - at)
      }
      if written < 0 {
        if errno == EINTR { continue }
        return false
      }
      at += written
    }
    return true
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
