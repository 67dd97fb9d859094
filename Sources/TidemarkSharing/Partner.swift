/// Somebody who receives a stream.
public struct Partner: Sendable, Equatable {
  /// Its number, never given out again.
  public var id: Int64
  /// Its name; one partner that was not revoked has it.
  public var name: String
  /// The number of its token.
  public var token: Int64
  /// SHA-256 of its token, 32 octets.
  public var tokenDigest: [UInt8]
  /// What it may have.
  public var policy: PartnerPolicy
  /// What is sent to it, or written for it, without being asked for.
  public var outlets: PartnerOutlets
  /// When it was made, seconds since 1970.
  public var created: Int64
  /// When it or its token was revoked, seconds since 1970; nil while neither was.
  public var revoked: Int64?
  /// When its token ends, seconds since 1970; nil never.
  public var expires: Int64?

  /// Makes a partner.
  public init(
    id: Int64, name: String, token: Int64, tokenDigest: [UInt8], policy: PartnerPolicy,
    outlets: PartnerOutlets = PartnerOutlets(), created: Int64, revoked: Int64? = nil,
    expires: Int64? = nil
  ) {
    self.id = id
    self.name = name
    self.token = token
    self.tokenDigest = tokenDigest
    self.policy = policy
    self.outlets = outlets
    self.created = created
    self.revoked = revoked
    self.expires = expires
  }

  /// Whether it may have anything at a time, seconds since 1970.
  public func isGood(at now: Int64) -> Bool {
    revoked == nil && expires.map { now < $0 } ?? true
  }
}

/// What is sent to a partner, or written for it, without being asked for.
public struct PartnerOutlets: Sendable, Equatable, Codable {
  /// Files of rows; nil: none.
  public var files: PartnerFiles?
  /// A D4 server to send to; nil: none.
  public var push: PartnerPush?

  /// Makes outlets.
  public init(files: PartnerFiles? = nil, push: PartnerPush? = nil) {
    self.files = files
    self.push = push
  }
}

/// Where files of a partner's rows are written.
public struct PartnerFiles: Sendable, Equatable, Codable {
  /// How much time a file is for.
  public enum Period: String, Sendable, Codable, CaseIterable {
    /// An hour, UTC.
    case hour
    /// A day, UTC.
    case day

    /// Seconds.
    public var seconds: UInt32 { self == .hour ? 3_600 : 86_400 }
  }

  /// The folder, of this partner alone.
  public var folder: String
  /// How much time a file is for, by when rows were released.
  public var period: Period

  /// Makes a place for files.
  public init(folder: String, period: Period = .hour) {
    self.folder = folder
    self.period = period
  }
}

/// A D4 server that a partner's rows are sent to.
public struct PartnerPush: Sendable, Equatable, Codable {
  /// `d4://host:port` (TLS) or `d4+tcp://host:port` (without).
  public var url: String
  /// A file with the key that packets are signed with.
  public var keyFile: String
  /// Who we are there, a UUID.
  public var uuid: String
  /// 8 (passivedns lines) or 254 (COF, between Tidemarks).
  public var type: UInt8
  /// PEM certificates to trust instead of the system's; nil for those.
  public var authorityFile: String?

  /// Makes options.
  public init(
    url: String, keyFile: String, uuid: String, type: UInt8 = 8, authorityFile: String? = nil
  ) {
    self.url = url
    self.keyFile = keyFile
    self.uuid = uuid
    self.type = type
    self.authorityFile = authorityFile
  }
}
