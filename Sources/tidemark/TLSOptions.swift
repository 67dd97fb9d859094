import ArgumentParser
import Dispatch
import Glibc
import NIOCore
import NIOPosix
import TidemarkHTTP

/// The certificate of a server on the command line.
struct TLSOptions: ParsableArguments {
  @Option(
    help: "Serve by TLS: PEM file with the server's certificate and those below its root.",
    completion: .file(extensions: ["pem", "crt"]))
  var tlsCertificate: String?
  @Option(
    help: "PEM file with the certificate's key, without a pass phrase.",
    completion: .file(extensions: ["pem", "key"]))
  var tlsKey: String?

  func validate() throws {
    guard (tlsCertificate == nil) == (tlsKey == nil) else {
      throw ValidationError("--tls-certificate and --tls-key need each other")
    }
  }

  /// Reads the files.
  ///
  /// - Returns: nil when none are named.
  /// - Throws: `ExitCode` after the reason was printed.
  func certificates() throws -> ServerCertificates? {
    try TLSOptions.certificates(tlsCertificate, tlsKey)
  }

  /// As the method; for files out of a configuration.
  static func certificates(_ certificate: String?, _ key: String?) throws -> ServerCertificates? {
    guard let certificate, let key else { return nil }
    do throws(ServerCertificates.Fault) {
      return try ServerCertificates(certificate: certificate, key: key)
    } catch {
      StandardStreams.complain("tidemark: \(error)")
      throw ExitCode(ExitStatus.failure)
    }
  }
}

/// Keeps a server's certificate up with its files.
struct CertificateRenewal {
  private let certificates: ServerCertificates?
  private let report: @Sendable (_ text: String, _ isBad: Bool) -> Void
  private let watch: RepeatedTask?
  private let hangups: (any DispatchSourceSignal)?

  /// Begins to watch the files.
  ///
  /// - Parameters:
  ///   - certificates: nil for a server without TLS, for which nothing is done.
  ///   - onHangup: true takes SIGHUP over for the rest of the process's life.
  ///   - report: told in one line what became of new files.
  init(
    _ certificates: ServerCertificates?, onHangup: Bool,
    report: @escaping @Sendable (_ text: String, _ isBad: Bool) -> Void
  ) {
    self.certificates = certificates
    self.report = report
    watch = certificates?.watch(on: MultiThreadedEventLoopGroup.singleton.any()) {
      CertificateRenewal.say($0, to: report)
    }
    guard onHangup else {
      hangups = nil
      return
    }
    signal(SIGHUP, SIG_IGN)
    let source = DispatchSource.makeSignalSource(signal: SIGHUP)
    source.setEventHandler {
      if let outcome = certificates?.reload() { CertificateRenewal.say(outcome, to: report) }
    }
    source.resume()
    hangups = source
  }

  /// Reads the files now.
  func reload() {
    if let outcome = certificates?.reload() { CertificateRenewal.say(outcome, to: report) }
  }

  /// Watches no more.
  func stop() {
    watch?.cancel()
    hangups?.cancel()
  }

  private static func say(
    _ outcome: ServerCertificates.Reload,
    to report: @Sendable (_ text: String, _ isBad: Bool) -> Void
  ) {
    switch outcome {
    case .loaded: report("the certificate was read again", false)
    case .refused(let why): report("the certificate stays as it was: \(why)", true)
    }
  }
}
