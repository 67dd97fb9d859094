import CPSL

/// Says which part of a name somebody registered, by the public suffix list (publicsuffix.org):
/// `example.co.uk` of `www.example.co.uk`.
///
/// Both parts of the list count, those of registries and those of hosting services. A top-level
/// domain that the list does not have is a public suffix.
///
/// - Concurrency: any thread.
@safe public final class PublicSuffixList: @unchecked Sendable {
  /// Where Debian's package `publicsuffix` puts the list, quickest form first.
  public static let standardPaths = [
    "/usr/share/publicsuffix/public_suffix_list.dafsa",
    "/usr/share/publicsuffix/public_suffix_list.dat",
  ]

  private let list: OpaquePointer

  /// Reads a list, as text or in its compiled form (DAFSA).
  ///
  /// - Throws: ``PublicSuffixListError/unreadable(path:)``.
  public init(path: String) throws(PublicSuffixListError) {
    guard let list = unsafe psl_load_file(path) else { throw .unreadable(path: path) }
    // A file that is no list is read as an empty list.
    guard unsafe psl_suffix_count(list) != 0 else {
      unsafe psl_free(list)
      throw .unreadable(path: path)
    }
    unsafe self.list = list
  }

  /// Reads the list of the system.
  ///
  /// - Throws: ``PublicSuffixListError/absent``, when it is at none of ``standardPaths``.
  public static func standard() throws(PublicSuffixListError) -> PublicSuffixList {
    for path in standardPaths {
      if let list = try? PublicSuffixList(path: path) { return list }
    }
    throw .absent
  }

  deinit {
    unsafe psl_free(list)
  }

  /// Labels of the registered domain that a name is at or below; nil when the name is a public
  /// suffix itself, or the root.
  ///
  /// - Parameters:
  ///   - wire: one complete canonical wire name.
  ///   - registriesOnly: leaves out the suffixes of hosting services, of which no registry knows
  ///     the domains.
  public func registeredDomain(
    of wire: Span<UInt8>, registriesOnly: Bool = false
  ) -> Int? {
    var text = InlineArray<256, CChar>(repeating: 0)
    var starts = InlineArray<128, UInt8>(repeating: 0)
    var labels = 0
    var at = 0
    while at < wire.count, wire[at] != 0 {
      guard labels < 128, at + 1 + Int(wire[at]) < min(wire.count, 256) else { return nil }
      starts[labels] = UInt8(at)
      let end = at + 1 + Int(wire[at])
      for index in (at + 1)..<end { text[index - 1] = PublicSuffixList.character(wire[index]) }
      text[end - 1] = 0x2E
      labels += 1
      at = end
    }
    guard labels > 0 else { return nil }
    text[at - 1] = 0
    return unsafe text.span.withUnsafeBufferPointer { buffer in
      guard let base = buffer.baseAddress else { return nil }
      let kinds = registriesOnly ? PSL_TYPE_ICANN : PSL_TYPE_ICANN | PSL_TYPE_PRIVATE
      return unsafe labelsOfDomain(base, starts, labels, kinds)
    }
  }

  /// The domain is one label below the longest suffix that is public. The search goes from the
  /// left, because rules skip levels: `s3.amazonaws.com` is public, `amazonaws.com` is not.
  private func labelsOfDomain(
    _ text: UnsafePointer<CChar>, _ starts: InlineArray<128, UInt8>, _ labels: Int, _ kinds: Int32
  ) -> Int? {
    for label in 0..<labels
    where unsafe psl_is_public_suffix2(list, text + Int(starts[label]), kinds) != 0 {
      return label == 0 ? nil : labels - label + 1
    }
    return nil
  }

  /// Octets that no suffix has become an underscore, so that a dot or 0 inside a label is neither.
  private static func character(_ octet: UInt8) -> CChar {
    switch octet {
    case 0x30...0x39, 0x61...0x7A, 0x2D: CChar(bitPattern: octet)
    default: 0x5F
    }
  }
}

/// Why there is no list.
public enum PublicSuffixListError: Error, Equatable, Sendable, CustomStringConvertible {
  /// The file is absent, or no public suffix list.
  case unreadable(path: String)
  /// The system has no list.
  case absent

  /// One line for people.
  public var description: String {
    switch self {
    case .unreadable(let path): "\(path): not a public suffix list that can be read"
    case .absent:
      "no public suffix list at \(PublicSuffixList.standardPaths[0]): install it "
        + "(Debian: publicsuffix), or name another one"
    }
  }
}
