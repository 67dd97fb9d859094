import Testing
import TidemarkModel

@Suite struct RefangedValueTests {
  @Test(arguments: [
    ("www.example[.]com", "www.example.com"), ("www[.]example[.]com", "www.example.com"),
    ("www.example(.)com", "www.example.com"), ("www.example{.}com", "www.example.com"),
    ("www.example[dot]com", "www.example.com"), ("www.example(DOT)com", "www.example.com"),
    ("www.example{Dot}com", "www.example.com"), ("www.example[.com", "www.example.com"),
    ("www.example.]com", "www.example.com"), ("www.example[.com]", "www.example.com"),
    ("hxxp://www.example.com", "www.example.com"), ("hXXps://www.example.com/", "www.example.com"),
    ("http://www.example.com/a/b?c=d#e", "www.example.com"),
    ("h**p://www.example.com", "www.example.com"), ("meow://www.example.com", "www.example.com"),
    ("hxxp[://]www.example.com", "www.example.com"),
    ("hxxp[:]//www.example.com/", "www.example.com"),
    ("hxxp:[/][/]www.example.com", "www.example.com"),
    ("ftp://user:secret@www.example.com:2121/x", "www.example.com"),
    ("https://www.example.com:8443", "www.example.com"), ("www.example.com:443", "www.example.com"),
    ("www.example.com/path", "www.example.com"), ("www.example.com?q=1", "www.example.com"),
    ("https://example.com?next=http://192.0.2.9/", "example.com"),
    ("someone@example.com", "example.com"), ("someone[at]example[.]com", "example.com"),
    ("someone[@]example.com", "example.com"), ("mailto:someone@example.com", "example.com"),
    ("192[.]0[.]2[.]1", "192.0.2.1"), ("192.0.2[.]1:8080", "192.0.2.1"),
    ("hxxp://192.0.2.1/login", "192.0.2.1"), ("2001[:]db8[:][:]1", "2001:db8::1"),
    ("http://[2001:db8::1]:8080/", "2001:db8::1"), ("[2001:db8::1]", "2001:db8::1"),
    ("<www.example.com>", "www.example.com"), ("'www.example.com',", "www.example.com"),
    ("(www.example.com)", "www.example.com"), ("www.example.com);", "www.example.com"),
    ("\"www.example.com\"", "www.example.com"), ("`www.example.com`", "www.example.com"),
    ("www.example.com...", "www.example.com."), ("*[.]example[.]com", "*.example.com"),
    ("192.0.2[.]0/24", "192.0.2.0/24"), ("2001:db8[:][:]/32", "2001:db8::/32"),
  ])
  func takesAwayWhatWasAdded(_ text: String, _ value: String) {
    let refanged = RefangedValue(text)
    #expect(refanged.value == value)
    #expect(refanged.isChanged)
    #expect(RefangedValue(refanged.value).value == value, "a second time changes it again")
  }

  @Test(arguments: [
    "www.example.com", "www.example.com.", "*.example.com", "192.0.2.1", "192.0.2.0/24",
    "192.0.2.0,24", "192.0.2.1-192.0.2.9", "2001:db8::1", "2001:db8::/32", "::", "::1", "fe80::",
    "0/25.2.0.192.in-addr.arpa", "_443._tcp.example.com", "xn--bcher-kva.example",
    "10 mail.example.com", "\"v=spf1 a:mail[.]example.com -all\"", #"a\.b.example.com"#,
    #"x\091.\093.example.com"#, ".", "",
  ])
  func leavesValuesAlone(_ text: String) {
    let refanged = RefangedValue(text)
    #expect(refanged.value == text)
    #expect(!refanged.isChanged)
  }

  @Test func doesNotTellOfBlanks() {
    #expect(RefangedValue("  www.example.com\t\r").value == "www.example.com")
    #expect(!RefangedValue("  www.example.com\t\r").isChanged)
  }

  /// Whatever comes, nothing traps, and nothing grows.
  @Test func survivesAnything() {
    let seed: UInt64 = 0x7265_66
    var random = SeededRandom(state: seed)
    let pieces = [
      "[", "]", ".", ":", "/", "@", "(", ")", "{", "}", "hxxp", "://", "a", "1", "::", "[.]", "dot",
      "<", ">", "\"", "'", "`", ",", "?", "#", "mailto:", "\\", "é", "\u{0}", "..",
    ]
    for round in 0..<20_000 {
      let count = Int(random.next() % 9)
      let text = (0..<count).map { _ in pieces[Int(random.next() % UInt64(pieces.count))] }.joined()
      let value = RefangedValue(text).value
      #expect(value.utf8.count <= text.utf8.count, "seed \(seed) round \(round): \(text)")
    }
  }
}
