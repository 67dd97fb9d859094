import ArgumentParser
import TidemarkAccess
import D4Wire
import DNSWire
import TidemarkControl
import TidemarkModel
import TidemarkSharing

/// `tidemark partner add`.
struct PartnerAddCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "add",
    abstract: "Makes a partner and its token, which is printed once.",
    discussion: """
      The token alone goes to standard output; what the partner may have goes to standard error.
      Lists may be repeated or have commas; @FILE reads one entry a line. What has no entries is
      refused: without a list, everything passes.

        tidemark partner add cert --stream community --include example.com --types A,AAAA
      """)

  /// Octets of a file of zones.
  private static let listOctetsMax = 32 << 20

  @OptionGroup var place: ControlOptions
  @Argument(help: "Whose it is. One valid partner has a name at a time.")
  var name: String
  @Option(help: "The stream, as `share` in the collector's configuration names it.")
  var stream: String
  @Option(help: "Only names at or below this zone; ZONE or @FILE (default: all).")
  var include: [String] = []
  @Option(help: "No names at or below this zone, also in rdata; ZONE or @FILE.")
  var exclude: [String] = []
  @Option(help: "Only these record types (default: all).")
  var types: [String] = []
  @Option(help: "Only what was seen there: authority, client, zone, active, text (default: all).")
  var vantages: [String] = []
  @Option(help: "Only these datasets (default: all).")
  var datasets: [String] = []
  @Option(help: "The strictest label: clear, green, amber, amber+strict or red.")
  var tlp = TLP.green.description
  @Option(help: "Only what was seen so short a time before its release: 12h, 30d, 8w.")
  var maxAge: String?
  @Option(help: "Rows a second, over all of its streams (default: any).")
  var rate: Int?
  @Option(help: "Streams open at the same time.")
  var streams = PartnerPolicy.streamsStandard
  @Flag(help: "Release names that are not in the public DNS, and private addresses, too.")
  var keepPrivate = false
  @Option(help: "When its token ends: after 12h, 30d or 8w, or at a date (default: never).")
  var expires: String?
  @Option(
    help: "Write files into this folder, a new one, of this partner alone.", completion: .directory)
  var files: String?
  @Option(help: "Time that a file is for: hour or day.")
  var period = PartnerFiles.Period.hour.rawValue
  @OptionGroup(title: "Push") var push: PartnerPushOptions

  func run() throws {
    let now = Int64(StandardStreams.now())
    let (policy, outlets) = (try policy(), try outlets())
    var end: Int64?
    if let expires {
      guard let time = ExpiryText.seconds(expires, now: now) else {
        throw ValidationError("--expires: write 12h, 30d, 8w or a date like 2030-12-31")
      }
      end = time
    }
    let database = try place.open(create: true)
    let made = try TokenCommand.explaining {
      try database.addPartner(name, policy: policy, outlets: outlets, expires: end, now: now)
    }
    guard StandardStreams.write(Array((made.secret.text + "\n").utf8)) else {
      // A token that nobody saw must not stay good.
      _ = try TokenCommand.explaining {
        try database.revokePartner(String(made.partner.id), now: now)
      }
      StandardStreams.complain("tidemark: the token could not be printed; the partner is revoked")
      throw ExitCode(ExitStatus.failure)
    }
    StandardStreams.complain(
      "tidemark: partner \(made.partner.id) (\(name)):"
        + " stream \(stream), up to tlp:\(policy.tlpMax);"
        + " the token is not shown again")
  }

  private func policy() throws -> PartnerPolicy {
    var policy = PartnerPolicy(stream: stream)
    policy.include = try entries(include, "--include")
    policy.exclude = try entries(exclude, "--exclude")
    policy.rrtypes = try entries(types, "--types").map { word in
      guard let type = RRType(mnemonic: word) else {
        throw ValidationError("--types: \(word) is no record type")
      }
      return type
    }
    policy.vantages = try entries(vantages, "--vantages").map { word in
      guard let vantage = Vantage(name: word) else {
        throw ValidationError("--vantages: \(word) is no vantage")
      }
      return vantage
    }
    policy.datasets = try entries(datasets, "--datasets")
    guard let label = TLP(text: tlp) else {
      throw ValidationError("--tlp: clear, green, amber, amber+strict or red")
    }
    policy.tlpMax = label
    if let maxAge {
      guard maxAge.last.map({ "hdw".contains($0) }) == true,
        let seconds = ExpiryText.seconds(maxAge, now: 0), let age = UInt32(exactly: seconds)
      else { throw ValidationError("--max-age: write 12h, 30d or 8w") }
      policy.maxAgeSeconds = age
    }
    policy.rowsPerSecondMax = rate
    policy.streamsMax = streams
    policy.keepsPrivate = keepPrivate
    do throws(PartnerPolicyError) { try policy.check() } catch {
      throw ValidationError(error.description)
    }
    return policy
  }

  private func outlets() throws -> PartnerOutlets {
    guard let period = PartnerFiles.Period(rawValue: period) else {
      throw ValidationError("--period: hour or day")
    }
    guard files?.hasPrefix("/") ?? true else {
      throw ValidationError("--files: write the whole path; the collector runs elsewhere")
    }
    return PartnerOutlets(
      files: files.map { PartnerFiles(folder: $0, period: period) }, push: try push.outlet())
  }

  /// Entries between commas and of files.
  private func entries(_ words: [String], _ option: String) throws -> [String] {
    try words.flatMap { word -> [String] in
      do {
        return try PartnerAddCommand.entries(of: word)
      } catch let error as PartnerPolicyError {
        throw ValidationError("\(option): \(word.isEmpty ? "''" : word) \(error)")
      } catch {
        throw ValidationError("\(option): \(error)")
      }
    }
  }

  private static func entries(of word: String) throws -> [String] {
    guard word.hasPrefix("@") else { return try PolicyEntries.inWord(word) }
    return try PolicyEntries.inFile(
      try TextFile.read(String(word.dropFirst()), octetsMax: listOctetsMax))
  }
}

/// A D4 server that a partner's rows are sent to, on the command line.
struct PartnerPushOptions: ParsableArguments {
  @Option(
    name: .customLong("push"), help: "Send to this D4 server, d4://HOST:PORT (TLS) or d4+tcp://….")
  var url: String?
  @Option(
    name: .customLong("push-key"), help: "The file with the key to sign with.", completion: .file())
  var keyFile: String?
  @Option(name: .customLong("push-uuid"), help: "Who we are there (default: a new UUID).")
  var uuid: String?
  @Option(
    name: .customLong("push-type"), help: "8: passivedns lines; 254: COF, between Tidemarks.")
  var type: UInt8 = 8
  @Option(
    name: .customLong("push-ca"), help: "PEM certificates to trust instead of the system's.",
    completion: .file())
  var authorityFile: String?

  func outlet() throws -> PartnerPush? {
    guard let url else {
      guard keyFile == nil, uuid == nil, authorityFile == nil else {
        throw ValidationError("--push-…: name the server with --push")
      }
      return nil
    }
    guard url.hasPrefix("d4://") || url.hasPrefix("d4+tcp://") else {
      throw ValidationError("--push: d4://HOST:PORT or d4+tcp://HOST:PORT")
    }
    guard let keyFile else { throw ValidationError("--push needs --push-key") }
    guard type == 8 || type == 254 else { throw ValidationError("--push-type: 8 or 254") }
    let id = uuid.map { SensorUUID(text: $0) } ?? SensorUUID.random()
    guard let id, id.isVersion4 else { throw ValidationError("--push-uuid: a UUID of version 4") }
    return PartnerPush(
      url: url, keyFile: keyFile, uuid: id.description, type: type, authorityFile: authorityFile)
  }
}
