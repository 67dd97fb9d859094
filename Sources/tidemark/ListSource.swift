import FoundationEssentials
import Glibc
import TidemarkHTTP
import TidemarkPivots
import TidemarkProviders

/// Where a list comes from: a file or a URL that the operator named.
struct ListSource {
  /// Why a list cannot be fetched.
  struct Failure: Error, CustomStringConvertible {
    let description: String
  }

  /// Seconds for a fetch; a list of 100 MB takes a minute on a slow line.
  private static let timeoutSeconds = 300
  private static let redirectsMax = 5
  /// Octets that are read of a file at once.
  private static let pieceOctets = 1 << 16

  /// The URL, or the path from the root of the file system.
  let text: String
  private let isURL: Bool

  /// - Throws: ``Failure`` for a URL that is not asked, and for a file that is not there.
  init(_ text: String) throws(Failure) {
    isURL = text.contains("://")
    guard isURL else {
      guard let path = unsafe realpath(text, nil) else {
        throw Failure(description: "\(text): \(unsafe String(cString: strerror(errno)))")
      }
      defer { unsafe free(path) }
      self.text = unsafe String(cString: path)
      return
    }
    let url = URL(string: text)
    let isLocal = url?.scheme?.lowercased() == "http" && ListAddress.isLoopback(url)
    guard url?.scheme?.lowercased() == "https" || isLocal else {
      throw Failure(description: "a URL has https (http on this machine only)")
    }
    self.text = text
  }

  /// All octets.
  ///
  /// - Throws: ``Failure``, ``TextFile/Failure``, `ActionFailure`. None has the URL in it, which
  ///   may hold a key.
  func octets() async throws -> [UInt8] { isURL ? try await fetched() : try file() }

  private func fetched() async throws -> [UInt8] {
    let client = OutboundClient(environment: ProcessInfo.processInfo.environment)
    var policy = OutboundPolicy(reach: .anywhere)
    policy.timeoutSeconds = ListSource.timeoutSeconds
    policy.octetsMax = RiskListLimits.octetsMax
    policy.redirectsMax = ListSource.redirectsMax
    let response = try await client.send(OutboundRequest(url: text), policy)
    guard response.status == 200 else {
      throw Failure(description: "the server answered \(response.status)")
    }
    guard !response.isCut else {
      throw Failure(description: "the list has more than \(RiskListLimits.octetsMax) octets")
    }
    return response.body
  }

  private func file() throws -> [UInt8] {
    let reader = try TextFileReader(path: text)
    var octets: [UInt8] = []
    var piece = [UInt8](repeating: 0, count: ListSource.pieceOctets)
    while true {
      let count = try reader.read(into: &piece)
      guard count > 0 else { return octets }
      octets += piece[..<count]
      guard octets.count <= RiskListLimits.octetsMax else {
        throw Failure(description: "the list has more than \(RiskListLimits.octetsMax) octets")
      }
    }
  }
}

/// Hosts of URLs.
private enum ListAddress {
  static func isLoopback(_ url: URL?) -> Bool {
    guard var host = url?.host() else { return false }
    if host.hasPrefix("["), host.hasSuffix("]") { host = String(host.dropFirst().dropLast()) }
    return ListenAddress.isLoopback(host)
  }
}
