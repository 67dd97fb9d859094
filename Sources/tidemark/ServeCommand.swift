import ArgumentParser
import DNSWire
import Glibc
import NIOCore
import TidemarkHTTP
import TidemarkIngest
import TidemarkMetrics
import TidemarkRocksDB
import TidemarkStore

/// `tidemark serve`: a store over HTTP, on loopback.
struct ServeCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "serve",
    abstract: "Serves a store over HTTP on this machine.",
    discussion: """
      Routes: /pdns/query/<value> (CIRCL passive DNS), /api/v1/records, /api/v1/observations and
      /health. SIGTERM and SIGINT end it after the answers under way. Only loopback addresses can
      be listened on: TLS and tokens are not there yet.
      """)

  @OptionGroup var store: StoreOption
  @Option(help: "Address and port, for example 127.0.0.1:8053 or [::1]:8053.")
  var listen = "127.0.0.1:8053"
  @Option(help: "Who publishes the records, a URI; default: the address served.")
  var origin: String?
  @OptionGroup(title: "CIRCL interface") var circl: CirclOptions

  func validate() throws {
    _ = try ListenAddress(listen)
    if let origin, origin.isEmpty || origin.unicodeScalars.contains(where: { $0.value <= 0x20 }) {
      throw ValidationError("--origin: a URI without blanks")
    }
  }

  func run() async throws {
    let address = try ListenAddress(listen)
    do {
      let opened = try store.openForWriting()
      let server = try ServeCommand.server(
        opened, listen: listen, origin: origin, circl: circl.settings, metrics: PrometheusRegistry()
      )
      let path = store.path
      do {
        try await server.run(stopsOnSignals: true) { port in
          let place = ListenAddress(host: address.host, port: port)
          _ = StandardStreams.write(Array("tidemark: serving \(path) on http://\(place)\n".utf8))
        }
      } catch {
        ServeCommand.leave("\(address): \(ServeCommand.text(error))")
      }
      ServeCommand.leave(nil)
    } catch let error as StoreError {
      StandardStreams.complain("tidemark: \(error)")
      throw ExitCode(ExitStatus.failure)
    }
  }

  /// Makes a server.
  ///
  /// - Parameters:
  ///   - store: nil serves `/metrics` and `/health` alone.
  ///   - registry: the one of whoever else writes to the store.
  ///   - listen: address and port.
  ///   - filter: what is left out of feeds that are posted.
  static func server(
    _ store: RocksDBStore?, registry: Registry? = nil, listen: String, origin: String? = nil,
    circl: CirclSettings = CirclSettings(), metrics: PrometheusRegistry, filter: RecordFilter? = nil
  ) throws -> TidemarkServer {
    let address = try ListenAddress(listen)
    var settings = TidemarkServer.Settings()
    settings.host = address.host
    settings.port = address.port
    settings.origin = origin ?? "http://\(address)/"
    settings.circl = circl
    settings.metrics = metrics
    settings.filter = filter
    guard let store else { return TidemarkServer(settings: settings) }
    return try TidemarkServer(store: store, registry: registry, settings: settings)
  }

  /// Why a server ended, in words.
  static func text(_ error: any Error) -> String {
    guard let error = error as? IOError else { return "\(error)" }
    return "cannot listen: " + (unsafe String(cString: strerror(error.errnoCode)))
  }

  /// Ends the process without its exit handlers.
  ///
  /// Threads of the event loops let go of the store some time after the server has ended. RocksDB
  /// would be closed there while the exit handlers tear down what it needs. Everything that was
  /// acknowledged is in its synced log, so nothing is left to be written.
  static func leave(_ complaint: String?) -> Never {
    if let complaint { StandardStreams.complain("tidemark: \(complaint)") }
    _exit(complaint == nil ? 0 : ExitStatus.failure)
  }
}

/// A loopback address and a port.
struct ListenAddress: CustomStringConvertible {
  let host: String
  let port: Int

  init(host: String, port: Int) {
    self.host = host
    self.port = port
  }

  /// Reads `127.0.0.1:8053`, `[::1]:8053` or `localhost:8053`.
  init(_ text: String) throws {
    guard let colon = text.lastIndex(of: ":"), let port = UInt16(text[text.index(after: colon)...])
    else { throw ValidationError("--listen: write an address and a port, like 127.0.0.1:8053") }
    var host = String(text[..<colon])
    if host.hasPrefix("["), host.hasSuffix("]") { host = String(host.dropFirst().dropLast()) }
    guard ListenAddress.isLoopback(host) else {
      throw ValidationError(
        "--listen: \(host) can be reached by others; only loopback (127.0.0.0/8, ::1) is served"
          + " until there are TLS and tokens")
    }
    self.init(host: host, port: Int(port))
  }

  var description: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }

  private static func isLoopback(_ host: String) -> Bool {
    if host == "localhost" { return true }
    guard let address = IPAddressText.parse(Array(host.utf8).span) else { return false }
    var octets: [UInt8] = []
    address.appendOctets(to: &octets)
    return octets.count == 4
      ? octets[0] == 127 : octets == [UInt8](repeating: 0, count: 15) + [1]
  }
}
