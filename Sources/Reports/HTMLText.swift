/// Text from evidence made fit for HTML, between tags and within quoted attributes alike: nothing of
/// it is a tag, an entity or the end of an attribute, and what is invisible is shown.
func html(_ text: String) -> String {
  var result = ""
  for scalar in escaped(text).unicodeScalars {
    switch scalar {
    case "&": result += "&amp;"
    case "<": result += "&lt;"
    case ">": result += "&gt;"
    case "\"": result += "&quot;"
    case "'": result += "&#39;"
    case "`": result += "&#96;"
    // No characters of HTML or XML.
    case _ where scalar.value & 0xFFFE == 0xFFFE:
      result += "\\u{\(String(scalar.value, radix: 16))}"
    default: result.unicodeScalars.append(scalar)
    }
  }
  return result
}

/// A link to a document, where the address is a plain https one; else its text.
func htmlLink(_ address: String) -> String {
  let isPlain =
    address.hasPrefix("https://")
    && address.utf8.allSatisfy { byte in
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"):
        true
      default: "-._~/#%+=:,".utf8.contains(byte)
      }
    }
  guard isPlain else { return html(address) }
  return "<a href=\"\(html(address))\" rel=\"noreferrer noopener\">\(html(address))</a>"
}

/// Readable on a phone in the dark, and on paper. No script, nothing loaded: the policy in the page
/// forbids both, so that even a fault in the escaping could run nothing.
let htmlHead = """
  <!DOCTYPE html>
  <html lang="en">
  <head>
  <meta charset="utf-8">
  <meta http-equiv="Content-Security-Policy" content="default-src 'none'; \
  style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'">
  <meta name="viewport" content="width=device-width, initial-scale=1">
  <meta name="referrer" content="no-referrer">
  <meta name="robots" content="noindex">
  <style>
  :root { color-scheme: light dark; --ink: #1b1f24; --paper: #fff; --soft: #57606a; --line: #d0d7de;
    --shade: #f3f5f7; --bad: #a40e26; --warn: #7a4d00; --good: #116329; --link: #0550ae; }
  @media (prefers-color-scheme: dark) {
    :root { --ink: #e6edf3; --paper: #0d1117; --soft: #9aa4af; --line: #3d444d; --shade: #161b22;
      --bad: #ff8c85; --warn: #e8b339; --good: #5fd068; --link: #79b8ff; }
  }
  * { box-sizing: border-box; }
  body { margin: 0 auto; padding: 1rem; max-width: 52rem; background: var(--paper);
    color: var(--ink); font: 1.05rem/1.5 system-ui, sans-serif; overflow-wrap: anywhere; }
  h1 { font-size: 1.35rem; line-height: 1.3; margin: 0 0 .5rem; padding-left: .7rem;
    border-left: .35rem solid currentColor; }
  h2 { font-size: 1.15rem; margin: 2rem 0 .5rem; border-bottom: 1px solid var(--line); }
  h3 { font-size: 1.05rem; margin: 1.2rem 0 .3rem; }
  p, ul, ol { margin: .4rem 0; } ul, ol { padding-left: 1.4rem; } li { margin: .3rem 0; }
  code, pre { font: .9rem/1.4 ui-monospace, monospace; }
  pre { background: var(--shade); border: 1px solid var(--line); border-radius: .3rem;
    padding: .6rem; margin: .4rem 0; white-space: pre-wrap; }
  table { border-collapse: collapse; width: 100%; font-size: .95rem; }
  th, td { text-align: left; vertical-align: top; padding: .25rem .6rem .25rem 0;
    border-bottom: 1px solid var(--line); }
  a { color: var(--link); } a:focus-visible, summary:focus-visible { outline: 3px solid; }
  summary { cursor: pointer; padding: .5rem 0; font-weight: 600; }
  .soft { color: var(--soft); font-size: .9rem; } .bad { color: var(--bad); }
  .warn { color: var(--warn); } .good { color: var(--good); }
  .mark { font-weight: 600; }
  @media print {
    :root { color-scheme: light; --ink: #000; --paper: #fff; --soft: #333; --line: #999;
      --shade: #fff; --bad: #000; --warn: #000; --good: #000; --link: #000; }
    body { max-width: none; font-size: 10pt; } h2, h3 { break-after: avoid; }
    li, tr, pre { break-inside: avoid; }
    details::details-content { content-visibility: visible; block-size: auto; }
  }
  </style>

  """
