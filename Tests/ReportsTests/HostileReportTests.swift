import Model
import Testing

@testable import Reports

/// What an attacker may write into a log, in every place of every format.
@Suite struct HostileReportTests {
  static let corpus = [
    "\u{1B}[2J\u{1B}]0;owned\u{07}", "\u{9B}31m\u{202E}gpj.exe\u{2066}\u{200B}\u{FEFF}",
    "<script>alert(1)</script>", "\" onmouseover=\"alert(1)", "' onload='alert(1)",
    "&lt;b&gt;&#x3c;",
    "[x](javascript:alert(1))", "![x](http://evil.example/x.png)", "<http://evil.example>",
    "http://evil.example/ www.evil.example evil.example", "@everyone #1 <!channel> <@U123> :smile:",
    "`x` ``y`` ```z``` ````", "```\n</pre>\n# heading\n* item\n---\n| a | b |\n|---|---|",
    "**x** __y__ ~~z~~",
    "=cmd|' /C calc'!A0", "+1+1", "-2+3", "@SUM(1)", "]]> <!-- --> <![CDATA[x]]>",
    "\u{FFFF}\u{FFFE}\u{0}",
    "$(reboot) `reboot` ${IFS} ; reboot & | > x", "1. x", "# x", "> x", "    x", "\\",
    "{panel} {code} h1. x !x!",
    "0123456789abcdef0123456789abcdef01234567", "\r\n\r\nSet-Cookie: x=y",
    String(repeating: "`", count: 300),
  ]

  static func everyFormat(_ diagnosis: Diagnosis) -> [(String, String)] {
    let listing = FactListing(
      observations: diagnosis.causes.flatMap(\.evidence).flatMap(\.observed),
      inputs: diagnosis.inputs)
    return [
      ("text", TextReport().text(diagnosis)), ("json", JSONReport(version: "1").text(diagnosis)),
      ("markdown", MarkdownReport().text(diagnosis)), ("html", HTMLReport().text(diagnosis)),
      ("facts", FactsReport().text(listing)), ("facts json", FactsReport().json(listing)),
    ]
  }

  @Test(arguments: corpus)
  func nothingInvisibleComesThrough(evil: String) {
    for (name, text) in HostileReportTests.everyFormat(Samples.made(of: evil)) {
      #expect(text.unicodeScalars.allSatisfy { $0 == "\n" || !isHidden($0) }, "\(name)")
    }
  }

  /// Only the tags and attributes of the report itself, and no address but https ones of sources.
  @Test(arguments: corpus)
  func nothingIsMarkupInHTML(evil: String) throws {
    let page = HTMLReport().text(Samples.made(of: evil))
    let body = try #require(page.split(separator: "</style>", maxSplits: 1).last)
    for tag in body.split(separator: "<").dropFirst() {
      let inner = tag.prefix { $0 != ">" }
      #expect(inner.count < tag.count)
      #expect(HostileReportTests.tags.contains(String(inner)), "\(inner)")
    }
    for entity in body.split(separator: "&").dropFirst() {
      let name = entity.prefix { $0 != ";" }
      #expect(["amp", "lt", "gt", "quot", "#39", "#96", "rarr"].contains(name))
    }
  }

  static let tags: Set<String> = [
    "/head", "body", "/body", "main", "/main", "/html", "title", "/title", "h1 class=\"bad\"",
    "/h1",
    "h2", "/h2", "h3", "/h3", "p", "/p", "ul", "/ul", "ol", "/ol", "li", "/li", "b", "/b", "br",
    "span class=\"mark\"", "span class=\"soft\"", "/span", "code", "/code", "code class=\"soft\"",
    "pre", "/pre", "div", "div class=\"warn\"", "div class=\"soft\"", "/div", "details",
    "details open", "/details", "summary", "/summary", "table", "/table", "thead", "/thead",
    "tbody",
    "/tbody", "tr", "/tr", "td", "/td", "th scope=\"col\"", "/th", "b class=\"bad\"",
    "li class=\"soft\"",
  ]

  /// Outside code nothing is left that any Markdown gives a meaning to.
  @Test(arguments: corpus)
  func nothingIsMarkupInMarkdown(evil: String) {
    var fence: Substring?
    for line in MarkdownReport().text(Samples.made(of: evil)).split(separator: "\n") {
      let content = line.drop { $0 == " " }
      let ticks = content.prefix { $0 == "`" }
      if let open = fence {
        if content == open { fence = nil }
        continue
      }
      if ticks.count >= 3, content.dropFirst(ticks.count) == "sh" {
        fence = ticks
        continue
      }
      // Our own marks at the start, then no more than plain words, bold titles and code.
      var rest = ""
      for (index, part) in content.split(separator: "`", omittingEmptySubsequences: false)
        .enumerated() where index.isMultiple(of: 2)
      {
        rest += part
      }
      #expect(content.count { $0 == "`" }.isMultiple(of: 2), "\(content)")
      let marks = rest.drop { "#-".contains($0) }.split(
        separator: "**", omittingEmptySubsequences: false
      )
      .joined()
      #expect(!marks.contains { "<>[]{}*_~|\\!@#&$^".contains($0) }, "\(content)")
      #expect(!marks.contains("://") && !marks.contains("evil.example"), "\(content)")
    }
    #expect(fence == nil)
  }

  @Test func linksOnlyToPlainAddresses() {
    #expect(htmlLink("https://redis.io/docs/").hasPrefix("<a href=\"https://redis.io/docs/\""))
    for address in [
      "javascript:alert(1)", "https://x/\" onclick=\"y", "http://x", "data:text/html,x",
    ] {
      #expect(!htmlLink(address).contains("<a"))
    }
  }

  /// No ticket system takes what is longer; the cut never opens a fence.
  @Test func keepsTheLimit() {
    let text = MarkdownReport(limit: 2000).text(Samples.incident)
    #expect(text.count <= 2000)
    #expect(text.contains("Left out for length:"))
    #expect(text.split(separator: "\n").count { $0.contains("```") }.isMultiple(of: 2))
  }

  @Test(arguments: ["incident", "inconclusive", "healthy"])
  func looksAsRecorded(name: String) throws {
    expectGolden(
      MarkdownReport().text(try #require(Samples.all[name])), name + ".md", lines: 120)
  }

  @Test func keepsThePolicyOfThePage() {
    let page = HTMLReport().text(Samples.incident)
    #expect(page.contains("content=\"default-src 'none'; style-src 'unsafe-inline'"))
    #expect(!page.contains("<script") && !page.contains("src=\"") && !page.contains("url("))
    #expect(page.contains("Delete the dead sessions"))
  }

  @Test func attributesStayClosed() {
    for evil in HostileReportTests.corpus {
      let xml = html(evil)
      #expect(!xml.contains { "<>\"'`".contains($0) })
      #expect(xml.unicodeScalars.allSatisfy { !isHidden($0) && $0.value & 0xFFFE != 0xFFFE })
    }
  }
}
