import DNSWire
import TidemarkModel
import TidemarkPivots
import TidemarkQuery

/// What somebody typed into the one box, and how it was read.
///
/// | typed | read as |
/// | --- | --- |
/// | `www.example.com` | name |
/// | `*.example.com`, `+.example.com`, `www.example.*` | wildcard |
/// | `192.0.2.1`, `192.0.2.0/24`, `192.0.2.1-192.0.2.9` | address, network, range |
/// | `/^mail[0-9]/` | regular expression over names |
/// | `*login*.example.com`, `www?.example.com` | glob over names |
/// | `"v=spf1 -all"`, `10 mail.example.com`, `v=spf1` | text of rdata |
/// | `hxxp://www[.]example[.]com/x`, `bücher.example` | what its parts make of it |
///
/// Nothing is refused silently: what cannot be looked up has a ``problem``.
public struct SearchInput: Sendable, Equatable {
  /// A way to read a text that people can ask for (`as=`).
  public enum Reading: String, Sendable, CaseIterable {
    /// A name, whatever it looks like.
    case name
    /// The whole text of rdata.
    case text
    /// A pattern for owner names.
    case pattern
    /// A pattern, or a part, of the text of rdata.
    case contains
  }

  /// What it was read as.
  public enum Kind: String, Sendable, CaseIterable {
    case nothing, name, wildcard, address, network, range, text, regex, glob, rdata
  }

  /// Another way to read it, or something near it, as a link offers it.
  public struct Alternative: Sendable, Equatable {
    /// Words for the link.
    public let label: String
    /// What to look up.
    public let value: String
    /// How to read it; nil as it looks.
    public let reading: Reading?
  }

  /// What was typed, without blanks around it.
  public let typed: String
  /// How it was asked to be read.
  public let reading: Reading?
  /// What it was read as.
  public internal(set) var kind = Kind.nothing
  /// What is looked up, as links and boxes have it: read again it means the same.
  public internal(set) var value = ""
  /// What it was read as, in words with the value: `network 192.0.2.0/24`.
  public internal(set) var words = ""
  /// What was changed, a line each.
  public internal(set) var changes: [String] = []
  /// Other readings.
  public internal(set) var alternatives: [Alternative] = []
  /// The pattern without its slashes, for patterns.
  public internal(set) var pattern = ""
  /// The name in its own script, if it has one.
  public internal(set) var unicode: UnicodeName?
  /// Why it cannot be looked up, a line for people.
  public internal(set) var problem: String?

  /// Reads a text.
  ///
  /// - Parameter reading: nil to go by what it looks like.
  public init(_ text: String, as reading: Reading? = nil) {
    typed = SearchInput.trimmed(text)
    self.reading = reading
    guard !typed.isEmpty else { return }
    guard typed.utf8.count <= LookupValue.octetsMax else {
      problem = LookupValueError.tooLong.description
      return
    }
    switch reading {
    case .name: readName()
    case .text: read(text: typed)
    case .pattern: readPattern()
    case .contains: readContained()
    case nil: readAsItLooks()
    }
    offerAlternatives()
  }

  /// True when records are looked up; false for patterns and nothing.
  public var isLookup: Bool {
    switch kind {
    case .name, .wildcard, .address, .network, .range, .text: true
    case .nothing, .regex, .glob, .rdata: false
    }
  }

  /// What ``LookupValue`` is given. A word becomes a quoted string when it is meant as text.
  public var lookupText: String {
    switch kind {
    case .text where !value.utf8.contains(where: { $0 == ASCII.space || $0 == ASCII.quote }):
      var out: [UInt8] = []
      RDataText.appendQuoted(Array(value.utf8).span, to: &out)
      return String(decoding: out, as: UTF8.self)
    case .name: return value.replacing(" ", with: "\\032")
    default: return value
    }
  }

  /// The kind as a chip names it.
  public var kindWord: String {
    switch kind {
    case .nothing: "nothing"
    case .name: "name"
    case .wildcard: "names"
    case .address: "address"
    case .network: "network"
    case .range: "addresses"
    case .text: "rdata text"
    case .regex, .glob: "names like"
    case .rdata: "rdata like"
    }
  }
}

extension SearchInput {
  private mutating func readAsItLooks() {
    if let body = SearchInput.regexBody(typed) { return read(regex: body) }
    if SearchInput.isGlobOfOneCharacter(typed) { return read(glob: typed) }
    let plain = refanged()
    if SearchInput.isText(plain) { return read(text: typed) }
    if SearchInput.hasClass(plain) { return read(glob: plain) }
    do throws(LookupValueError) {
      let lookup = try LookupValue(plain)
      guard SearchInput.isHostName(plain) || !SearchInput.isName(lookup) else {
        return read(text: typed)
      }
      read(lookup, plain)
    } catch {
      switch error {
      case .wildcard: read(glob: plain)
      case .name: read(text: typed)
      case .range, .empty, .tooLong:
        kind = .range
        value = plain
        words = plain
        problem = error.description
      }
    }
  }

  private mutating func readName() {
    let plain = refanged()
    do throws(LookupValueError) {
      read(try LookupValue(plain.replacing(" ", with: "\\032")), plain)
    } catch {
      kind = .name
      value = plain
      words = "name \(plain)"
      problem = error.description
    }
  }

  private mutating func readPattern() {
    if let body = SearchInput.regexBody(typed) { return read(regex: body) }
    let isGlob = typed.utf8.contains { "*?[".utf8.contains($0) }
    read(glob: isGlob ? typed : "*\(typed)*")
  }

  private mutating func readContained() {
    kind = .rdata
    value = typed
    if let body = SearchInput.regexBody(typed) {
      pattern = body
      words = "rdata like /\(body)/"
    } else {
      pattern = SearchInput.literal(typed)
      words = "rdata that contains \(typed)"
    }
    checkPattern()
  }

  private mutating func read(regex body: String) {
    kind = .regex
    pattern = body
    value = "/\(body)/"
    words = "names like \(value)"
    checkPattern()
  }

  private mutating func read(glob text: String) {
    kind = .glob
    pattern = text
    value = text
    words = "names like \(text)"
    checkPattern()
  }

  private mutating func read(text: String) {
    kind = .text
    value = text
    words = "rdata text \(text)"
    changes = []
  }

  private mutating func checkPattern() {
    guard pattern.utf8.allSatisfy({ $0 &- 0x20 < 0x5F }) else {
      problem = "patterns are printable ASCII; other scripts are written as A-labels (xn--…)"
      return
    }
  }

  /// Takes what a name, an address, a network or a range was read as.
  private mutating func read(_ lookup: LookupValue, _ plain: String) {
    guard let subject = lookup.subjects.first else { return }
    switch subject {
    case .owner(let name): take(name, "", .name, "name ")
    case .ownerAtOrBelow(let name): take(name, "*.", .wildcard, "names at or below ")
    case .ownerOneBelow(let name): take(name, "+.", .wildcard, "names one label below ")
    case .ownerStartingWith(let name):
      take(name, "", .wildcard, "names that start with ")
      value = value == "." ? ".*" : value + ".*"
    case .network(let network): take(network)
    case .addresses(let range):
      kind = .range
      value = SearchInput.text(range.first) + "-" + SearchInput.text(range.last)
      words = "addresses \(SearchInput.text(range.first)) to \(SearchInput.text(range.last))"
    default: read(text: typed)
    }
    if plain.utf8.last == ASCII.dot, plain.utf8.count > 1 { changes.append("final dot left out") }
  }

  private mutating func take(
    _ name: DomainName, _ start: String, _ kind: Kind, _ words: String
  ) {
    let text = name.text(finalDot: false)
    self.kind = kind
    value = start + String(decoding: SearchInput.lookup(Array(text.utf8)), as: UTF8.self)
    self.words = words + text
    unicode = UnicodeName(text)
  }

  private mutating func take(_ network: AddressPrefix) {
    guard network.bits < network.octets.count * 8 else {
      kind = .address
      value = SearchInput.text(network.octets)
      words = "address \(value)"
      return
    }
    let octets = SearchInput.masked(network)
    if octets != network.octets { changes.append("bits of the host left out") }
    kind = .network
    value = SearchInput.text(octets) + "/\(network.bits)"
    words = "network \(value)"
  }

  /// The text without what keeps it from being clicked on, in ASCII where it is a name.
  private mutating func refanged() -> String {
    var text = typed
    if !text.utf8.allSatisfy({ $0 < 0x80 }) {
      for dot in ["\u{3002}", "\u{FF0E}", "\u{FF61}"] { text = text.replacing(dot, with: ".") }
    }
    let refanged = RefangedValue(text)
    if refanged.isChanged { noteChanges(text, refanged.value) }
    let plain = refanged.value
    guard !plain.utf8.allSatisfy({ $0 < 0x80 }), !SearchInput.isText(plain),
      let ascii = ALabels.ascii(Array(plain.utf8)[...])
    else { return plain }
    changes.append("written with A-labels")
    return ascii
  }

  private mutating func noteChanges(_ text: String, _ value: String) {
    let lower = text.lowercased()
    let before = changes.count
    let marks = ["[.", ".]", "(.", ".)", "{.}", "[dot]", "(dot)", "{dot}", "[:]", "[:/", "[/]"]
    if marks.contains(where: { lower.contains($0) }) || lower.hasPrefix("hxxp") {
      changes.append("defanged marks taken away")
    }
    if ["@", "[at]", "(at)", "{at}"].contains(where: { lower.contains($0) }),
      !lower.contains("://")
    {
      changes.append("the domain of the mail address taken")
    } else if lower.contains("/"), !value.utf8.contains(UInt8(ascii: "/")) {
      changes.append("the host of the URL taken")
    }
    if lower == value.lowercased() + lower.drop(while: { $0 != ":" }), changes.count == before {
      changes.append("the port left out")
    }
    if changes.count == before { changes.append("signs around it left out") }
  }
}
