/// The page that says what can be typed, which keys do what, and what the words mean.
public enum HelpPage {
  private struct Example {
    let typed: String
    let words: String
  }

  /// What the box takes. Each is read by ``SearchInput`` as its words say; a test holds them to it.
  private static let examples = [
    Example(typed: "www.example.com", words: "a name: its own records, and those that point to it"),
    Example(typed: "*.example.com", words: "the name and every name below it"),
    Example(typed: "+.example.com", words: "names with exactly one label more"),
    Example(typed: "www.example.*", words: "names that start with these labels"),
    Example(typed: "192.0.2.1", words: "an address: which names had it"),
    Example(typed: "192.0.2.0/24", words: "a network, IPv4 or IPv6"),
    Example(typed: "192.0.2.1-192.0.2.9", words: "the addresses from the first to the last"),
    Example(typed: "\"v=spf1 -all\"", words: "text of rdata, exactly as it is written"),
    Example(typed: "10 mail.example.com", words: "rdata with blanks, here that of an MX record"),
    Example(typed: "/^mail[0-9]+[.]/", words: "a regular expression over names (RE2)"),
    Example(typed: "*login*.example.com", words: "a glob over names: * any text, ? one character"),
    Example(typed: "hxxps://www[.]example[.]com/path", words: "defanged text and URLs: the host"),
    Example(typed: "bücher.example", words: "other scripts, looked up as A-labels"),
  ]

  /// The values that the page offers as examples, as they are typed.
  public static var typed: [String] { examples.map(\.typed) }

  /// The page.
  public static var page: Page {
    let values: PageValues = [
      "examples": examples.map { example in
        [
          "typed": example.typed, "words": example.words, "link": WebLink.search(example.typed),
        ] as PageValues
      }
    ]
    return Page(.help, title: "Help", template: "help", values: values)
  }
}
