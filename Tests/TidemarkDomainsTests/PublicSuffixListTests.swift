import TidemarkDomains
import Testing

private func isListThere() -> Bool {
  let isThere = (try? PublicSuffixList.standard()) != nil
  if !isThere { print("skipped: no public suffix list on this system (Debian: publicsuffix)") }
  return isThere
}

@Suite(.enabled(if: isListThere())) struct PublicSuffixListTests {
  private let list: PublicSuffixList

  init() throws { list = try PublicSuffixList.standard() }

  @Test(
    arguments: [
      ("", nil), ("com", nil), ("example.com", 2), ("www.example.com", 2), ("a.b.c.example.com", 2),
      ("co.uk", nil), ("uk", nil), ("example.co.uk", 3), ("www.example.co.uk", 3),
      ("c.kobe.jp", nil), ("b.c.kobe.jp", 4), ("a.b.c.kobe.jp", 4), ("city.kobe.jp", 3),
      ("www.city.kobe.jp", 3), ("ck", nil), ("test.ck", nil), ("b.test.ck", 3), ("www.ck", 2),
      ("www.www.ck", 2), ("amazonaws.com", 2), ("s3.amazonaws.com", nil),
      ("bucket.s3.amazonaws.com", 4), ("other.amazonaws.com", 2), ("xn--85x722f.com.cn", 3),
      ("www.xn--85x722f.xn--55qx5d.cn", 3), ("unlisted", nil), ("host.unlisted", 2),
      ("deep.host.unlisted", 2),
    ] as [(String, Int?)])
  func countsTheLabelsOfTheRegisteredDomain(_ name: String, _ labels: Int?) {
    #expect(count(PublicSuffixListTests.wire(name)) == labels)
  }

  @Test(
    arguments: [
      ("com", nil), ("www.example.co.uk", 3), ("b.c.kobe.jp", 4), ("bucket.s3.amazonaws.com", 2),
      ("x.github.io", 2), ("deep.host.unlisted", 2),
    ] as [(String, Int?)])
  func countsTheLabelsOfWhatARegistryKnows(_ name: String, _ labels: Int?) {
    let wire = PublicSuffixListTests.wire(name)
    #expect(list.registeredDomain(of: wire.span, registriesOnly: true) == labels)
  }

  @Test func doesNotTakeOctetsOfALabelForDots() {
    let label = Array("a.co".utf8)
    let name: [UInt8] = [UInt8(label.count)] + label + [2] + Array("uk".utf8) + [0]
    #expect(count(name) == 2)
    let zero: [UInt8] = [3, 0x61, 0, 0x62, 3] + Array("com".utf8) + [0]
    #expect(count(zero) == 2)
  }

  @Test func takesNamesOfAnyLength() {
    let many =
      [UInt8](
        [UInt8](repeating: 1, count: 254).enumerated().map {
          $0.offset % 2 == 0 ? 1 : 0x61
        }) + [0]
    #expect(many.count == 255)
    #expect(count(many) == 2)
    #expect(count([63, 0x61]) == nil)
    #expect(count([]) == nil)
  }

  @Test func formsOfTheListAgree() throws {
    let lists = PublicSuffixList.standardPaths.compactMap { try? PublicSuffixList(path: $0) }
    try #require(lists.count == 2)
    for name in ["www.example.co.uk", "a.b.c.kobe.jp", "www.ck", "x.github.io", "example.com"] {
      let wire = PublicSuffixListTests.wire(name)
      let counts = lists.map { $0.registeredDomain(of: wire.span) }
      #expect(counts[0] == counts[1], "\(name)")
    }
  }

  @Test func saysThatThereIsNoList() {
    #expect(throws: PublicSuffixListError.unreadable(path: "/nowhere/list")) {
      try PublicSuffixList(path: "/nowhere/list")
    }
    #expect(throws: PublicSuffixListError.unreadable(path: "/dev/null")) {
      try PublicSuffixList(path: "/dev/null")
    }
    #expect(PublicSuffixListError.absent.description.contains("install"))
  }

  private func count(_ wire: [UInt8]) -> Int? { list.registeredDomain(of: wire.span) }

  private static func wire(_ name: String) -> [UInt8] {
    name.split(separator: ".").flatMap { [UInt8($0.utf8.count)] + Array($0.utf8) } + [0]
  }
}
