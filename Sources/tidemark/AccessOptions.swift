import ArgumentParser
import Glibc
import TidemarkAccess
import TidemarkCollectors
import TidemarkConfiguration
import TidemarkControl
import TidemarkHTTP

/// Who is served, on the command line.
struct AccessOptions: ParsableArguments {
  @Option(
    help: "The control database, which holds the tokens; default: beside the store.",
    completion: .file())
  var control: String?
  @Flag(
    inversion: .prefixedNo,
    help: "Serve holders of tokens only; default: where others can reach the server.")
  var requireTokens: Bool?
  @Flag(help: "Serve others without TLS and tokens.")
  var insecure = false
  @Option(help: "A header field that may hold a token, besides Authorization and X-API-Key.")
  var authHeader: String?

  func validate() throws {
    if let authHeader, !TidemarkServer.Settings.isFieldName(authHeader) {
      throw ValidationError("--auth-header: \(authHeader) is no name of a header field")
    }
  }

  var settings: AccessSettings {
    AccessSettings(
      control: control, requiresTokens: requireTokens, isInsecure: insecure,
      tokenField: authHeader)
  }
}

/// Who is served, as configured.
struct AccessSettings {
  /// The control database; nil for the one beside the store.
  var control: String?
  /// Nil: where others can reach the server.
  var requiresTokens: Bool?
  var isInsecure: Bool
  var tokenField: String?

  /// Refuses to serve others without TLS and tokens.
  ///
  /// - Parameter setting: what named the address.
  /// - Throws: `ValidationError`.
  func check(host: String, hasTLS: Bool, setting: String = "--listen") throws {
    do {
      try ListenPolicy.check(
        host: host, hasTLS: hasTLS, requiresTokens: needsTokens(host), isInsecure: isInsecure)
    } catch {
      throw ValidationError("\(setting): \(error.description)")
    }
  }

  /// Opens the control database if tokens are needed, or if sensors are kept in it, and keeps an
  /// eye on it.
  ///
  /// - Parameters:
  ///   - folder: the store, or what stands for one.
  ///   - needsSensors: makes a database for sensors, if there is none.
  /// - Throws: `ExitCode` after the reason was printed.
  func open(
    beside folder: String, host: String, needsSensors: Bool = false
  ) throws -> OpenGate {
    let path = control ?? ControlDatabase.path(besideStore: folder)
    guard !needsTokens(host) else { return try OpenGate(path, tokenField: tokenField) }
    let isThere = unsafe Glibc.access(path, F_OK) == 0
    if isThere {
      StandardStreams.complain(
        "tidemark: everybody who reaches this server is served; the tokens in \(path) are not"
          + " looked at without --require-tokens")
    }
    if needsSensors { return try OpenGate(forSensors: path, tokenField: tokenField) }
    // Whoever wants no tokens is served as ever, whatever became of the file.
    let gate = isThere ? try? OpenGate(forSensors: path, tokenField: tokenField) : nil
    return gate ?? OpenGate(tokenField: tokenField)
  }

  private func needsTokens(_ host: String) -> Bool {
    ListenPolicy.requiresTokens(asked: requiresTokens, host: host, isInsecure: isInsecure)
  }
}

extension CollectConfiguration {
  /// Opens what tokens and sensors need.
  ///
  /// - Parameter folder: the store or the spool.
  /// - Returns: nil when nobody is served and no source asks who a sensor is.
  /// - Throws: `ExitCode` after the reason was printed, `ValidationError`.
  func openGate(beside folder: String) throws -> OpenGate? {
    if let http { return try http.openGate(beside: folder, needsSensors: needsSensors) }
    guard needsSensors else { return nil }
    return try OpenGate(
      forSensors: ControlDatabase.path(besideStore: folder), tokenField: nil)
  }

  /// True when a source or a stream asks who its sensors are.
  private var needsSensors: Bool {
    !streams.isEmpty || sources.contains { $0.format == .d4 }
  }
}

extension CollectConfiguration.HTTP {
  /// See ``AccessSettings/open(beside:host:needsSensors:)``.
  fileprivate func openGate(beside folder: String, needsSensors: Bool) throws -> OpenGate {
    if let tokenField, !TidemarkServer.Settings.isFieldName(tokenField) {
      throw ValidationError("http.auth_header: \(tokenField) is no name of a header field")
    }
    let settings = AccessSettings(
      control: control, requiresTokens: requiresTokens, isInsecure: isInsecure,
      tokenField: tokenField)
    let host = try ServeCommand.address(listen, setting: "http.listen").host
    try settings.check(host: host, hasTLS: tlsCertificate != nil, setting: "http.listen")
    return try settings.open(beside: folder, host: host, needsSensors: needsSensors)
  }
}
