import TidemarkSharing
import Testing

/// Lists of a policy as people write them: each entry is one that can match, and no list turns out
/// to be empty.
struct PolicyEntriesTests {
  private func check(_ body: (inout PartnerPolicy) -> Void) -> PartnerPolicyError? {
    var policy = PartnerPolicy(stream: "community")
    body(&policy)
    do throws(PartnerPolicyError) { try policy.check() } catch { return error }
    return nil
  }

  @Test func wordsHaveCommasAndBlanks() throws {
    #expect(try PolicyEntries.inWord("a.example") == ["a.example"])
    #expect(
      try PolicyEntries.inWord(" a.example, b.example ,\tc.example,,")
        == ["a.example", "b.example", "c.example"])
    // What is wrong inside stays there, to be refused.
    #expect(try PolicyEntries.inWord("a b,c") == ["a b", "c"])
  }

  @Test("a list that names nothing is no list", arguments: ["", " ", ",", " ,\t, "])
  func refusesWordsWithoutEntries(_ word: String) {
    #expect(throws: PartnerPolicyError.noEntries) { try PolicyEntries.inWord(word) }
  }

  @Test func filesHaveLinesAndComments() throws {
    let text = "\u{FEFF}a.example\r\n# ours\r\n  b.example\t# and this\n\nc d.example"
    #expect(try PolicyEntries.inFile(text) == ["a.example", "b.example", "c d.example"])
    #expect(try PolicyEntries.inFile("a,b\n") == ["a,b"])
  }

  @Test(
    "a file that names nothing is no list",
    arguments: ["", "\n", "\u{FEFF}", "\u{FEFF}\r\n", "# a.example\n \t\r\n#"])
  func refusesFilesWithoutEntries(_ text: String) {
    #expect(throws: PartnerPolicyError.noEntries) { try PolicyEntries.inFile(text) }
  }

  @Test(
    "zones that no name can be below are refused",
    arguments: [
      " b.example", "b.example ", "a b.example", "a\t.example", "m\u{FC}ller.example",
      "\u{FEFF}a.example", "a.example\u{7F}", "a\u{A0}.example",
    ])
  func refusesZonesThatNeverMatch(_ zone: String) {
    #expect(check { $0.include = [zone] } == .badZone(zone))
    #expect(check { $0.exclude = ["a.example", zone] } == .badZone(zone))
  }

  @Test(
    "zones as the DNS has them are taken",
    arguments: [
      "example", "Example.COM.", "*.example.com", ".example.com", "xn--mller-kva.example",
      "_dmarc.example.com", "a\\032b.example", "0/25.2.0.192.in-addr.arpa",
    ])
  func takesZones(_ zone: String) {
    #expect(check { $0.include = [zone] } == nil)
    #expect(check { $0.exclude = [zone] } == nil)
  }
}
