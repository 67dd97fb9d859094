import Foundation
import TidemarkWeb
import Testing

/// Templates and assets are all built in, and hold nothing that the content policy forbids.
struct PageTemplatesTests {
  private static func files(_ folder: String, _ ending: String) throws -> [String: String] {
    let root = URL(filePath: #filePath).deletingLastPathComponent()
      .deletingLastPathComponent().deletingLastPathComponent()
      .appending(path: "Sources/TidemarkWeb/\(folder)")
    var files: [String: String] = [:]
    for name in try FileManager.default.contentsOfDirectory(atPath: root.path)
    where name.hasSuffix(ending) {
      files[name] = try String(contentsOf: root.appending(path: name), encoding: .utf8)
    }
    return files
  }

  @Test func everyFileIsBuiltIn() throws {
    let templates = try Self.files("Templates", ".mustache")
    #expect(Set(templates.keys) == Set(PageTemplates.shared.names.map { "\($0).mustache" }))
    let assets = try Self.files("Assets", "")
    #expect(assets.count > 5)
    for (name, text) in assets {
      let asset = try #require(WebAsset.named(name))
      #expect(asset.octets == Array(text.utf8))
    }
    #expect(WebAsset.named("nothing.js") == nil)
  }

  @Test func everyTemplateEscapesByOctets() throws {
    for (name, text) in try Self.files("Templates", ".mustache") {
      #expect(text.hasPrefix("{{% CONTENT_TYPE: PAGE}}"), "\(name)")
      for part in text.split(separator: "{{{").dropFirst() {
        #expect(part.prefix { $0 != "}" }.hasSuffix("Markup"), "\(name): \(part.prefix(40))")
      }
      for word in [" style=", "<style", " onclick=", " onload=", "javascript:", "{{&"] {
        #expect(!text.lowercased().contains(word), "\(name): \(word)")
      }
      for script in text.split(separator: "<script").dropFirst() {
        #expect(script.prefix { $0 != ">" }.contains(" src=\"{{assets}}"), "\(name)")
      }
    }
  }

  @Test func everyFormSendsTheFormToken() throws {
    for (name, text) in try Self.files("Templates", ".mustache") {
      for form in text.split(separator: "<form").dropFirst() {
        guard form.prefix(while: { $0 != ">" }).contains("method=\"post\"") else { continue }
        let end = form.firstRange(of: "</form")?.lowerBound ?? form.startIndex
        let content = form[..<end]
        #expect(content.contains("name=\"form_token\""), "\(name)")
      }
    }
  }

  @Test func rendersForeignTextAsText() {
    let hostile = "<script>\"'&\u{202E}"
    var frame = PageFrame()
    frame.caller = hostile
    frame.formToken = hostile
    let page = Page(
      .none, title: hostile, template: "problem",
      values: ["code": 404, "reason": hostile, "text": hostile])
    let html = String(decoding: PageTemplates.shared.render(page, in: frame), as: UTF8.self)
    #expect(html.hasPrefix("<!DOCTYPE html>"))
    #expect(!html.contains("<script>") && !html.contains("\u{202E}"))
    #expect(html.contains("&lt;script&gt;&quot;&#39;&amp;\\u{202E}"))
  }
}
