import Glibc
import NIOPosix
public import NIOCore
import NIOSSL
import Synchronization

/// The certificate that a server shows, and its key, out of two files that may change.
///
/// Connections that are open keep what they began with.
public final class ServerCertificates: Sendable {
  /// Why files cannot be used.
  public struct Fault: Error, CustomStringConvertible {
    /// The files, and what is wrong, in one line.
    public let description: String
  }

  /// What came of reading the files again.
  public enum Reload: Sendable, Equatable {
    /// New connections get the new certificate.
    case loaded
    /// The files cannot be used, so the old certificate stays; the reason, in one line.
    case refused(String)
  }

  /// What tells one version of a file from another.
  private struct Stamp: Equatable {
    var device: UInt64 = 0
    var inode: UInt64 = 0
    var size: Int64 = 0
    var seconds = 0
    var nanoseconds = 0
  }

  private struct State {
    var context: NIOSSLContext
    var expires: Int
    var stamps: [Stamp]
    var loaded: UInt64 = 0
    var refused: UInt64 = 0
  }

  /// Time between two looks at the files.
  public static let watchInterval = TimeAmount.seconds(5)

  private let certificate: String
  private let key: String
  private let state: Mutex<State>

  /// Reads the files.
  ///
  /// - Parameters:
  ///   - certificate: PEM; the server's certificate first, then those that lead to an authority.
  ///   - key: PEM; without a pass phrase.
  /// - Throws: ``Fault``.
  public init(certificate: String, key: String) throws(Fault) {
    self.certificate = certificate
    self.key = key
    let stamps = [certificate, key].map(ServerCertificates.stamp)
    let (context, expires) = try ServerCertificates.load(certificate, key)
    state = Mutex(State(context: context, expires: expires, stamps: stamps))
  }

  /// What new connections are set up with.
  var context: NIOSSLContext { state.withLock { $0.context } }

  /// The end of the certificate's time, seconds since 1970; and how often files were taken and
  /// refused after the start.
  var account: (expires: Int, loaded: UInt64, refused: UInt64) {
    state.withLock { ($0.expires, $0.loaded, $0.refused) }
  }

  /// Reads the files again.
  public func reload() -> Reload {
    let stamps = [certificate, key].map(ServerCertificates.stamp)
    do throws(Fault) {
      let (context, expires) = try ServerCertificates.load(certificate, key)
      state.withLock {
        $0.context = context
        $0.expires = expires
        $0.stamps = stamps
        $0.loaded += 1
      }
      return .loaded
    } catch {
      state.withLock {
        $0.stamps = stamps
        $0.refused += 1
      }
      return .refused(error.description)
    }
  }

  /// Reads the files again if they are not those that were read last.
  ///
  /// - Returns: nil when nothing changed.
  public func reloadIfChanged() -> Reload? {
    let stamps = [certificate, key].map(ServerCertificates.stamp)
    guard state.withLock({ $0.stamps != stamps }) else { return nil }
    return reload()
  }

  /// Looks at the files every few seconds until the returned task is cancelled.
  ///
  /// - Parameter report: told of every change, not on the caller's thread.
  public func watch(
    on loop: any EventLoop, every interval: TimeAmount = ServerCertificates.watchInterval,
    report: @escaping @Sendable (Reload) -> Void
  ) -> RepeatedTask {
    loop.scheduleRepeatedAsyncTask(initialDelay: interval, delay: interval) { _ in
      NIOThreadPool.singleton.runIfActive(eventLoop: loop) {
        if let outcome = self.reloadIfChanged() { report(outcome) }
      }
    }
  }

  private static func load(
    _ certificate: String, _ key: String
  ) throws(Fault) -> (NIOSSLContext, Int) {
    let chain: [NIOSSLCertificate]
    do {
      chain = try NIOSSLCertificate.fromPEMFile(certificate)
    } catch {
      throw Fault(description: "\(certificate): not a PEM file with certificates")
    }
    guard let first = chain.first else {
      throw Fault(description: "\(certificate): holds no certificate")
    }
    let secret: NIOSSLPrivateKey
    do {
      secret = try NIOSSLPrivateKey(file: key, format: .pem)
    } catch {
      throw Fault(description: "\(key): not a PEM file with a private key")
    }
    var tls = TLSConfiguration.makeServerConfiguration(
      certificateChain: chain.map { .certificate($0) }, privateKey: .privateKey(secret))
    tls.minimumTLSVersion = .tlsv12
    // Those of TLS 1.3 are all of this kind and cannot be chosen.
    tls.cipherSuites = "ECDHE+AESGCM:ECDHE+CHACHA20"
    tls.applicationProtocols = ["http/1.1"]
    do {
      return (try NIOSSLContext(configuration: tls), Int(first.notValidAfter))
    } catch {
      throw Fault(description: "\(certificate), \(key): the key is not that of the certificate")
    }
  }

  private static func stamp(_ path: String) -> Stamp {
    var status = stat()
    guard unsafe stat(path, &status) == 0 else { return Stamp() }
    return Stamp(
      device: UInt64(status.st_dev), inode: UInt64(status.st_ino), size: Int64(status.st_size),
      seconds: status.st_mtim.tv_sec, nanoseconds: status.st_mtim.tv_nsec)
  }
}
