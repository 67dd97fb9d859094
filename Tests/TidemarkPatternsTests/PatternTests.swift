import Testing
import TidemarkPatterns

@Suite struct ExpressionTests {
  @Test(arguments: [
    ("example", "www.example.com.", true),
    ("EXAMPLE", "www.example.com.", true),
    ("example", "WWW.EXAMPLE.COM.", true),
    ("^example", "www.example.com.", false),
    ("^www\\.", "www.example.com.", true),
    ("\\.com\\.$", "www.example.com.", true),
    ("\\.com$", "www.example.com.", false),
    ("exa{1}mple", "www.example.com.", true),
    ("w{3}\\.", "www.example.com.", true),
    ("w{4}\\.", "www.example.com.", false),
    ("w{2,}\\.e", "www.example.com.", true),
    ("(mail|www)\\.", "www.example.com.", true),
    ("[[:digit:]]", "www.example.com.", false),
    ("[[:digit:]]", "www2.example.com.", true),
    ("[^a-z.]", "www.example.com.", false),
    ("[^a-z.]", "a-b.example.com.", true),
    ("[]]", "a]b.", true),
    ("[a-]-", "--.", true),
    ("[\\w]", "a.example.", false),
    ("[\\w]", "\\032.", true),
    ("\\d\\d", "a42.", true),
    ("\\bexample\\b", "my-example.com.", true),
    ("\\bexample\\b", "myexample.com.", false),
    ("\\\\032", "a\\032b.example.", true),
    ("a{b", "a{b.", true),
    ("a{", "a{.", true),
    ("a**", "a.", true),
    ("a\\-b\\_c", "a-b_c.", true),
    ("x\"$", "\"v=spf1 x\"", true),
  ])
  func findsWhatItDescribes(_ pattern: String, _ text: String, _ expected: Bool) throws {
    let octets = Array(text.utf8)
    let found = try Pattern(regex: pattern).matches(octets.span)
    #expect(found == expected)
  }

  @Test(arguments: [
    "(a)\\1", "\\0", "\\x41", "\\pL", "\\A", "\\z", "\\C", "\\Qa", "\\n", "(?i)a", "(?:a)", "(?=a)",
    "(?!a)", "(?<=a)", "(?P<n>a)", "(?-m)^a", "a*?", "a+?", "a{2}?", "a*+", "[[.a.]]", "[[=a=]]",
  ])
  func refusesWhatItDoesNotHave(_ pattern: String) {
    do {
      _ = try Pattern(regex: pattern)
      Issue.record("\(pattern) was accepted")
    } catch {
      guard case .unsupported = error else {
        Issue.record("\(pattern): \(error)")
        return
      }
      #expect(error.description.contains("not supported in patterns"))
    }
  }

  @Test(arguments: [
    "(", ")", "a)", "[", "[a", "[z-a]", "[[:nonsense:]]", "*a", "a{2", "a{2,3,4}", "a{3,2}", "a\\",
    "[a-c-e]", "[[:digit:]-z]",
  ])
  func refusesWhatIsNotWellFormed(_ pattern: String) {
    do {
      _ = try Pattern(regex: pattern)
      Issue.record("\(pattern) was accepted")
    } catch {
      guard case .malformed = error else {
        Issue.record("\(pattern): \(error)")
        return
      }
    }
  }

  @Test func refusesSizes() {
    #expect(throws: PatternError.empty) { try Pattern(regex: "") }
    #expect(throws: PatternError.tooLong) {
      try Pattern(regex: String(repeating: "a", count: Pattern.charactersMax + 1))
    }
    #expect(throws: Never.self) {
      try Pattern(regex: String(repeating: "a", count: Pattern.charactersMax))
    }
    for pattern in ["a{1001}", "(a{1000}){1000}", "(.{999}.{999}.{999}){11}"] {
      #expect(throws: PatternError.tooComplex) { try Pattern(regex: pattern) }
    }
  }

  @Test func saysWhichCharacterIsNotPrintable() {
    #expect(throws: PatternError.notPrintable(offset: 2)) { try Pattern(regex: "exämple") }
    #expect(throws: PatternError.notPrintable(offset: 1)) { try Pattern(regex: "a\nb") }
    #expect(throws: PatternError.notPrintable(offset: 0)) { try Pattern(glob: "\u{0}*") }
  }
}

@Suite struct GlobTests {
  @Test(arguments: [
    ("*.example.com.", "www.example.com.", true),
    ("*.example.com.", "example.com.", false),
    ("example.*", "www.example.com.", false),
    ("*EXAMPLE*", "www.example.com.", true),
    ("www.example.*", "www.example.com.", true),
    ("ww?.example.com.", "www.example.com.", true),
    ("w?.example.com.", "www.example.com.", false),
    ("ww[a-w].*", "www.example.com.", true),
    ("ww[!a-w].*", "www.example.com.", false),
    ("ww[^w].*", "ww^.example.", true),
    ("ww[^w].*", "wwx.example.", false),
    ("[]]*", "].example.", true),
    ("a\\*b.", "a*b.", true),
    ("a\\*b.", "axb.", false),
    ("a+b(c|d){2}$.", "a+b(c|d){2}$.", true),
    ("[[:digit:]].", "4.", true),
    ("**a**.", "xax.", true),
    ("*.example.com.", "www.exampleXcom.", false),
  ])
  func matchesTheWholeText(_ glob: String, _ text: String, _ expected: Bool) throws {
    let octets = Array(text.utf8)
    let found = try Pattern(glob: glob).matches(octets.span)
    #expect(found == expected)
  }

  @Test func refusesAnEndThatNoTextHas() throws {
    for glob in ["*.example.com", "www", "a\\*", "a\\["] {
      #expect(throws: PatternError.impossibleEnd(.names)) { try Pattern(glob: glob) }
      #expect(throws: PatternError.impossibleEnd(.rdata)) { try Pattern(glob: glob, over: .rdata) }
    }
    #expect(throws: PatternError.impossibleEnd(.names)) { try Pattern(glob: "\"v=spf1*\"") }
    for glob in ["\"v=spf1*\"", "*.example.", "* 3600", "*", "*[0-9]"] {
      #expect(throws: Never.self) { try Pattern(glob: glob, over: .rdata) }
    }
  }

  @Test func refusesWhatIsNotWellFormed() {
    for glob in ["[a", "a\\", "[[:no:]]*", "[b-a]*"] {
      #expect(throws: PatternError.self) { try Pattern(glob: glob) }
    }
  }
}
