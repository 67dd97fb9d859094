import Glibc
import TidemarkWeb
import Testing

/// Colours that can be read in both themes, and style sheets that load nothing.
struct StyleTests {
  /// Sheets of every page.
  static let frame = ["palette.css", "tidemark.css", "forms.css", "tables.css", "print.css"]
  static let text = [
    "ink", "ink-2", "accent", "good", "warn", "bad", "c-address", "c-name", "c-ns", "c-mx",
    "c-text", "c-other",
  ]
  static let surfaces = ["ground", "panel", "sunken", "hover", "accent-soft"]

  /// The blocks of the palette with their selector, in their order.
  private func blocks() throws -> [(selector: String, colours: [String: String])] {
    let sheet = try #require(WebAsset.named("palette.css"))
    var blocks: [(selector: String, colours: [String: String])] = []
    for line in String(decoding: sheet.octets, as: UTF8.self).split(separator: "\n") {
      if line.hasSuffix("{") {
        blocks.append((line.trimmed, [:]))
      } else if let colon = line.firstIndex(of: ":"), line.trimmed.hasPrefix("--"),
        !blocks.isEmpty
      {
        let value = String(line[line.index(after: colon)...]).trimmed.dropLast()
        blocks[blocks.count - 1].colours[String(line[..<colon]).trimmed] = String(value)
      }
    }
    return blocks.filter { !$0.colours.isEmpty }
  }

  /// Relative luminance of `#rrggbb` (WCAG 2.2).
  private func luminance(_ colour: String) throws -> Double {
    let number = try #require(UInt32(colour.dropFirst(), radix: 16), "\(colour) is no colour")
    try #require(colour.utf8.count == 7 && colour.hasPrefix("#"))
    func linear(_ shift: UInt32) -> Double {
      let part = Double(number >> shift & 0xFF) / 255
      return part <= 0.04045 ? part / 12.92 : pow((part + 0.055) / 1.055, 2.4)
    }
    return 0.2126 * linear(16) + 0.7152 * linear(8) + 0.0722 * linear(0)
  }

  private func contrast(_ one: String, _ other: String, in colours: [String: String]) throws
    -> Double
  {
    let first = try luminance(try #require(colours["--" + one], "--\(one) is missing"))
    let second = try luminance(try #require(colours["--" + other], "--\(other) is missing"))
    return (max(first, second) + 0.05) / (min(first, second) + 0.05)
  }

  private func expect(
    _ text: String, on surface: String, least: Double, in colours: [String: String]
  ) throws {
    let ratio = try contrast(text, surface, in: colours)
    #expect(ratio >= least, "--\(text) on --\(surface): \(ratio)")
  }

  @Test func contrastsSuffice() throws {
    let themes = try blocks()
    try #require(themes.count == 3, "light, dark by the system, dark by choice")
    for (_, colours) in themes {
      for surface in Self.surfaces {
        for text in Self.text { try expect(text, on: surface, least: 4.5, in: colours) }
      }
      for state in ["good", "warn", "bad"] {
        for text in ["ink", "ink-2", "accent", state] {
          try expect(text, on: "\(state)-soft", least: 4.5, in: colours)
        }
        try expect("panel", on: state, least: 4.5, in: colours)
      }
      try expect("accent-ink", on: "accent", least: 4.5, in: colours)
      try expect("ground", on: "ink", least: 4.5, in: colours)
      for surface in ["ground", "panel", "sunken"] {
        try expect("line-2", on: surface, least: 3, in: colours)
        try expect("focus", on: surface, least: 3, in: colours)
      }
    }
  }

  @Test func darkIsTheSameByChoiceAndBySystem() throws {
    let themes = try blocks()
    try #require(themes.count == 3)
    #expect(themes[0].selector == ":root {")
    #expect(themes[1].selector == ":root:not([data-theme=\"light\"]) {")
    #expect(themes[2].selector == ":root[data-theme=\"dark\"] {")
    #expect(themes[1].colours == themes[2].colours)
    #expect(Set(themes[0].colours.keys) == Set(themes[1].colours.keys))
  }

  @Test func contrastIsThatOfTheStandard() throws {
    let colours = ["--a": "#000000", "--b": "#ffffff", "--c": "#777777"]
    let most = try contrast("a", "b", in: colours)
    let grey = try contrast("c", "b", in: colours)
    #expect(abs(most - 21) < 0.001 && abs(grey - 4.478) < 0.001)
  }

  @Test(arguments: frame + ["home.css"])
  func sheetsLoadNothing(_ name: String) throws {
    let asset = try #require(WebAsset.named(name), "\(name) is not built in")
    let text = String(decoding: asset.octets, as: UTF8.self)
    for word in ["url(", "@import", "@font-face", "expression(", "http:", "https:"] {
      #expect(!text.contains(word), "\(name) has \(word)")
    }
    #expect(text.count { $0 == "{" } == text.count { $0 == "}" })
  }

  @Test func everyPageHasItsSheetsAndNothingInline() {
    let page = Page(
      .lookup, title: "Problem", template: "problem",
      values: ["code": 404, "reason": "Not Found", "text": "nothing \"here\"", "signs_in": false])
    let html = String(
      decoding: PageTemplates.shared.render(page, in: PageFrame()), as: UTF8.self)
    #expect(html.contains("href=\"/ui/assets/\(WebAsset.version)/all.css\""))
    let all = WebAsset.named("all.css")?.octets ?? []
    for name in Self.frame {
      let sheet = WebAsset.named(name)?.octets ?? []
      #expect(!sheet.isEmpty && all.firstRange(of: sheet) != nil, "\(name) is left out")
    }
    for word in [" style=", "<style", " onclick=", " onload=", "javascript:", "//"] {
      // The namespace of a picture is a name, not a place; there is none in the frame.
      #expect(!html.contains(word), "the frame has \(word)")
    }
    #expect(html.contains("<html lang=\"en\">"))
    #expect(html.contains("class=\"skip\" href=\"#main\""))
    #expect(html.contains("nothing &quot;here&quot;"))
    // A stranger is shown no navigation.
    #expect(!html.contains("class=\"frame-nav\""))
  }

  @Test func navigationSaysWhereOneIs() {
    var frame = PageFrame()
    frame.caller = "desk<1>"
    for section in PageSection.allCases where section != .none {
      let page = Page(
        section, title: "T", template: "problem",
        values: ["code": 404, "reason": "R", "text": "t", "signs_in": false])
      let html = String(decoding: PageTemplates.shared.render(page, in: frame), as: UTF8.self)
      let parts = html.split(separator: "aria-current=\"page\"", omittingEmptySubsequences: false)
      #expect(parts.count == 2, "\(section)")
      let link = section == .lookup ? "<a href=\"/\" " : "<a href=\"/ui/\(section.rawValue)\" "
      #expect(parts[0].hasSuffix(link), "\(section)")
      #expect(html.contains("desk&lt;1&gt;"))
    }
  }
}

extension StringProtocol {
  /// Without blanks at both ends.
  fileprivate var trimmed: String {
    let start = drop { $0 == " " }
    return String(start.reversed().drop { $0 == " " }.reversed())
  }
}
