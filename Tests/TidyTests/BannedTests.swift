import Testing

/// Calls and words that do not belong here, each with what to do instead.
struct BannedTests {
  /// A spelling that is refused. Spelled in two parts, so that this file does not contain it.
  struct Ban: Sendable, CustomStringConvertible {
    let text: String
    let instead: String
    /// Folders in which it is refused.
    var folders = ["Sources", "Tests", "Fuzz", "Benchmarks"]
    /// Path prefixes in which it is right.
    var exceptions: [String] = []

    var description: String { text }
  }

  static let calls: [Ban] = [
    Ban(text: "try" + "!", instead: "throw, or handle the error"),
    Ban(text: "as" + "!", instead: "a checked cast with a way out"),
    Ban(text: "fatal" + "Error(", instead: "throw for bad input, precondition for our own bugs"),
    Ban(text: "Thread." + "sleep", instead: "a clock passed in"),
    Ban(text: "Task." + "sleep", instead: "a clock passed in, or wait for the event itself"),
    Ban(text: "u" + "sleep(", instead: "a clock passed in"),
    Ban(text: "@" + "testable", instead: "the public interface"),
    Ban(
      text: "Reg" + "ex", instead: "our own linear matcher, which never backtracks",
      folders: ["Sources"]),
    Ban(text: "NSRegular" + "Expression", instead: "our own linear matcher", folders: ["Sources"]),
    Ban(
      text: "print" + "(", instead: "return a value; only programs write to standard output",
      folders: ["Sources"],
      exceptions: ["Sources/tidemark", "Sources/TidemarkTesting/SharedData.swift"]),
  ]

  /// Spellings that layers 0 and 1 must not use: no clock, file, environment or chance.
  static let impure: [Ban] = [
    "Continuous" + "Clock", "Suspending" + "Clock", "SystemRandom" + "NumberGenerator",
    "Command" + "Line.", ".random" + "(in:", "get" + "env(", "f" + "open(", "clock_" + "gettime(",
  ].map {
    Ban(
      text: $0, instead: "pass the value in; this layer reads no clock, file or environment",
      folders: ["Sources/DNSWire", "Sources/CaptureFormats", "Sources/TidemarkModel"],
      // A hash table that strangers can fill needs a seed they cannot know.
      exceptions: ["Sources/TidemarkModel/SeededHash.swift"])
  }

  @Test(arguments: calls + impure)
  func codeAvoids(_ ban: Ban) {
    for file in Repository.files where file.path.hasSuffix(".swift") {
      let isWatched = ban.folders.contains { file.path.hasPrefix($0 + "/") }
      let isException = ban.exceptions.contains { file.path.hasPrefix($0) }
      guard isWatched, !isException else { continue }
      for (index, line) in file.lines.enumerated() where uses(ban.text, in: line.code) {
        Issue.record("\(file.place(index)): \(ban.text) is banned; use \(ban.instead)")
      }
    }
  }

  /// Words that no text file may contain: loose ends, one machine's folders, registries' hosts.
  static let words: [Ban] = [
    Ban(text: "TO" + "DO", instead: "an issue"),
    Ban(text: "FIX" + "ME", instead: "an issue"),
    Ban(text: "-O" + "unchecked", instead: "bounds checks; they are what keeps us from a takeover"),
    Ban(text: "unsafe" + "Flags", instead: "settings that dependants may use as well"),
    Ban(text: "/" + "work/", instead: "a path relative to the repository"),
    Ban(text: "/" + "opt/swift", instead: "the toolchain on PATH"),
    Ban(text: "." + "library/", instead: "a source that everybody can reach"),
    Ban(text: "pypi" + ".org", instead: "the package's name"),
    Ban(text: "pythonhosted" + ".org", instead: "the package's name"),
    Ban(text: "deb." + "debian.org", instead: "the package's name"),
    Ban(text: "crates" + ".io", instead: "the package's name"),
    Ban(text: "registry." + "npmjs", instead: "the package's name"),
    Ban(text: "proxy." + "golang", instead: "the package's name"),
  ]

  /// The one line of the manifest that may have such flags: nobody depends on tests.
  private static let testSettings = "let testing = strict + [.unsafe" + "Flags([\"-Onone\"])]"

  @Test(arguments: words)
  func textAvoids(_ ban: Ban) {
    for file in Repository.files where file.path != "Package.resolved" {
      for (index, line) in file.lines.enumerated()
      where line.contains(ban.text) && line != BannedTests.testSettings {
        Issue.record("\(file.place(index)): \(ban.text) is banned; write \(ban.instead)")
      }
    }
  }

  @Test func matchesWholeWordsOnly() {
    #expect(uses("as" + "!", in: "let x = y as" + "! Int"))
    #expect(!uses("as" + "!", in: "if has" + "!"))
    #expect(uses("print" + "(", in: "  print" + "(x)"))
    #expect(!uses("print" + "(", in: "  debugPrint" + "(x)"))
    #expect(!uses("print" + "(", in: "  finger" + "print" + "(x)"))
  }

  /// Whether `text` occurs where a word starts.
  private func uses(_ text: String, in code: String) -> Bool {
    var rest = code[...]
    while let range = rest.firstRange(of: text) {
      let before = rest[..<range.lowerBound].last ?? code[..<range.lowerBound].last
      let startsWord = text.first?.isLetter == true
      if !startsWord || before.map({ !$0.isLetter && !$0.isNumber && $0 != "_" }) ?? true {
        return true
      }
      rest = rest[range.upperBound...]
    }
    return false
  }
}
