import ArgumentParser
import Glibc
import TidemarkAccess
import TidemarkConfiguration
import TidemarkControl
import TidemarkHTTP

/// Who is served, on the command line.
struct AccessOptions: ParsableArguments {
  @Option(help: "The control database, which holds the tokens; default: beside the store.")
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

  /// Opens the control database if tokens are needed, and keeps an eye on it.
  ///
  /// - Parameter folder: the store, or what stands for one.
  /// - Throws: `ExitCode` after the reason was printed.
  func open(beside folder: String, host: String) throws -> OpenGate {
    let path = control ?? ControlDatabase.path(besideStore: folder)
    guard needsTokens(host) else {
      if unsafe Glibc.access(path, F_OK) == 0 {
        StandardStreams.complain(
          "tidemark: everybody who reaches this server is served; \(path) is not looked at"
            + " without --require-tokens")
      }
      return OpenGate(access: .open, tokenField: tokenField)
    }
    do {
      let database = try ControlDatabase(path: path, create: true)
      let access = try AccessControl(directory: database) { Int64(StandardStreams.now()) }
      if access.counts.tokens == 0 {
        StandardStreams.complain(
          "tidemark: \(path) has no valid token; tidemark token create makes one")
      }
      return OpenGate(access: access, tokenField: tokenField, path: path)
    } catch {
      StandardStreams.complain("tidemark: \(error)")
      throw ExitCode(ExitStatus.failure)
    }
  }

  private func needsTokens(_ host: String) -> Bool {
    ListenPolicy.requiresTokens(asked: requiresTokens, host: host, isInsecure: isInsecure)
  }
}

extension CollectConfiguration.HTTP {
  /// See ``AccessSettings/open(beside:host:)``.
  func openGate(beside folder: String) throws -> OpenGate {
    if let tokenField, !TidemarkServer.Settings.isFieldName(tokenField) {
      throw ValidationError("http.auth_header: \(tokenField) is no name of a header field")
    }
    let settings = AccessSettings(
      control: control, requiresTokens: requiresTokens, isInsecure: isInsecure,
      tokenField: tokenField)
    let host = try ServeCommand.address(listen, setting: "http.listen").host
    try settings.check(host: host, hasTLS: tlsCertificate != nil, setting: "http.listen")
    return try settings.open(beside: folder, host: host)
  }
}

/// Who is served, while a server runs.
struct OpenGate {
  let access: AccessControl
  let tokenField: String?
  /// Files that the process keeps open.
  private(set) var files: [String] = []
  private var keeper: ControlKeeper?

  init(access: AccessControl, tokenField: String?) {
    self.access = access
    self.tokenField = tokenField
  }

  /// Looks at the database from now on.
  init(access: AccessControl, tokenField: String?, path: String) {
    self.init(access: access, tokenField: tokenField)
    files = ["", "-wal", "-shm"].map { path + $0 }
    let keeper = ControlKeeper(access) { reason in
      let news = reason ?? "\(path): can be used again"
      StandardStreams.complain("tidemark: \(news)")
    }
    keeper.start()
    self.keeper = keeper
  }

  /// Writes down what was used up to the end.
  func close() { keeper?.synchronize() }
}
