import FoundationEssentials
public import TidemarkEnrichment
public import TidemarkModel
public import TidemarkRegistration

/// Which RDAP server answers for what: IANA's bootstrap files (RFC 9224) in a folder, offline
/// first, asked for again when they are old.
///
/// A file is read when it is needed. When it is missing, or was not compared with its origin for a
/// day, it is asked for with the validators of the last answer (RFC 9110 section 13), so that what
/// did not change is not sent again; when that fails, the file stays good.
public actor RDAPServers {
  /// Where IANA publishes the files.
  public static let standardOrigin = "https://data.iana.org/rdap/"
  /// Age after which a file is compared with its origin, seconds.
  static let ageSecondsMax: UnixSeconds = 86_400
  /// Time after a failure until the origin is asked again, seconds.
  static let retrySeconds: UnixSeconds = 600

  /// How comparing a file with its origin ended.
  public enum Outcome: Sendable, Equatable {
    /// There was another one; it is in use.
    case updated
    /// It is the same.
    case unchanged
    /// The file stays what it was.
    case failed(ActionFailure)
  }

  /// What is known of a file's last transfer.
  private struct Validators: Codable, Equatable {
    var entityTag: String?
    var lastModified: String?
    var checked: UnixSeconds
  }

  private let folder: URL
  private let origin: String?
  private let client: OutboundClient
  private let now: @Sendable () -> UnixSeconds
  private var bootstrap = RDAPBootstrap()
  private var isLoaded: Set<String> = []
  private var validators: [String: Validators]?
  private var tried: [String: UnixSeconds] = [:]
  private var underWay: [String: Task<Outcome, Never>] = [:]

  /// Takes a folder, which need not exist yet.
  ///
  /// - Parameters:
  ///   - folder: has `dns.json`, `ipv4.json`, `ipv6.json`, `asn.json`, `object-tags.json`, and
  ///     `validators.json`, which is ours.
  ///   - origin: URL in front of the names of the files; nil never asks for any.
  ///   - now: the clock.
  public init(
    folder: String, origin: String? = RDAPServers.standardOrigin, client: OutboundClient,
    now: @escaping @Sendable () -> UnixSeconds
  ) {
    self.folder = URL(filePath: folder, directoryHint: .isDirectory)
    self.origin = origin
    self.client = client
    self.now = now
  }

  /// URLs at which a question may be asked, best first; none when no server is known.
  public func urls(for question: RDAPQuestion, limits: FetchLimits) async -> [String] {
    let file = RDAPServers.file(of: question)
    load(file)
    if isDue(file) { _ = await refresh(file, limits: limits) }
    return bootstrap.urls(for: question)
  }

  /// Compares every file with its origin now.
  public func refresh(limits: FetchLimits) async -> [RDAPBootstrap.File: Outcome] {
    var outcomes: [RDAPBootstrap.File: Outcome] = [:]
    for file in RDAPBootstrap.File.allCases {
      load(file)
      outcomes[file] = await refresh(file, limits: limits)
    }
    return outcomes
  }

  private static func file(of question: RDAPQuestion) -> RDAPBootstrap.File {
    switch question {
    case .domain, .nameServer: .domains
    case .address(let text), .network(let text, _): text.contains(":") ? .ipv6 : .ipv4
    case .autonomousSystem: .autonomousSystems
    case .entity: .objectTags
    }
  }

  // MARK: the folder

  private func url(_ name: String) -> URL { folder.appending(path: "\(name).json") }

  private func load(_ file: RDAPBootstrap.File) {
    if validators == nil {
      let data = try? Data(contentsOf: url("validators"))
      validators =
        data.flatMap { try? JSONDecoder().decode([String: Validators].self, from: $0) } ?? [:]
    }
    guard !isLoaded.contains(file.rawValue), let data = try? Data(contentsOf: url(file.rawValue))
    else { return }
    guard (try? bootstrap.load(Array(data), as: file)) != nil else { return }
    isLoaded.insert(file.rawValue)
  }

  /// A folder that cannot be written costs another transfer after the next start.
  private func write(_ octets: [UInt8]?, of file: RDAPBootstrap.File) {
    try? FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    if let octets { try? Data(octets).write(to: url(file.rawValue), options: .atomic) }
    if let data = try? JSONEncoder().encode(validators ?? [:]) {
      try? data.write(to: url("validators"), options: .atomic)
    }
  }

  // MARK: the origin

  private func isDue(_ file: RDAPBootstrap.File) -> Bool {
    guard origin != nil else { return false }
    let time = now()
    if let tried = tried[file.rawValue], tried <= time, time - tried < RDAPServers.retrySeconds {
      return underWay[file.rawValue] != nil
    }
    guard isLoaded.contains(file.rawValue), let checked = validators?[file.rawValue]?.checked else {
      return true
    }
    return checked > time || time - checked >= RDAPServers.ageSecondsMax
  }

  /// One transfer of a file at a time; who comes meanwhile waits for it.
  private func refresh(_ file: RDAPBootstrap.File, limits: FetchLimits) async -> Outcome {
    if let task = underWay[file.rawValue] { return await task.value }
    let task = Task { await self.transfer(file, limits: limits) }
    underWay[file.rawValue] = task
    let outcome = await task.value
    underWay[file.rawValue] = nil
    return outcome
  }

  private func transfer(_ file: RDAPBootstrap.File, limits: FetchLimits) async -> Outcome {
    guard let origin else {
      return .failed(ActionFailure(.notConfigured, message: "bootstrap files have no origin"))
    }
    tried[file.rawValue] = now()
    var request = OutboundRequest(url: origin + file.rawValue + ".json")
    request.headers = [("Accept", "application/json")]
    if isLoaded.contains(file.rawValue), let known = validators?[file.rawValue] {
      if let tag = known.entityTag { request.headers.append(("If-None-Match", tag)) }
      if let time = known.lastModified { request.headers.append(("If-Modified-Since", time)) }
    }
    var policy = OutboundPolicy(reach: .anywhere)
    policy.verifiesTLS = limits.verifiesTLS
    policy.bypassesProxy = limits.bypassesProxy
    policy.timeoutSeconds = limits.timeoutSeconds
    policy.octetsMax = RegistrationLimits.bootstrapOctetsMax
    do throws(ActionFailure) {
      return try take(try await client.send(request, policy), of: file)
    } catch {
      return .failed(error)
    }
  }

  private func take(
    _ response: OutboundResponse, of file: RDAPBootstrap.File
  ) throws(ActionFailure) -> Outcome {
    if response.status == 304, isLoaded.contains(file.rawValue) {
      validators?[file.rawValue]?.checked = now()
      write(nil, of: file)
      return .unchanged
    }
    guard response.status == 200, !response.isCut else {
      throw ActionFailure(httpStatus: response.status, message: "no bootstrap file")
    }
    do throws(RDAPError) {
      try bootstrap.load(response.body, as: file)
    } catch {
      throw ActionFailure(.unavailable, message: "bootstrap file: \(error)")
    }
    isLoaded.insert(file.rawValue)
    validators?[file.rawValue] = Validators(
      entityTag: response.header("ETag"), lastModified: response.header("Last-Modified"),
      checked: now())
    write(response.body, of: file)
    return .updated
  }
}
