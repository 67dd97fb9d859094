/// What is special about one WHOIS server: how it is asked and how its answers differ from those
/// of all others. A server without a row here is asked by the name alone.
public struct WHOISForm: Sendable, Equatable {
  /// The question; `$` stands for what is asked about.
  var question = "$"
  /// Which of the first two numbers of a date is the day.
  var order = RegistrationTime.NumberOrder.dayFirst
  /// Keys whose lines are together a contact without parts.
  var blocks: [String: RegistrationContact.Role] = [:]
  /// A key whose value has the end of the registration in it.
  var expiryKey: String?

  /// The form of a server by its host name in lower case.
  public static func of(server: String) -> WHOISForm { forms[server] ?? WHOISForm() }

  /// The line to send, without its end.
  ///
  /// - Returns: nil when the text cannot be asked about: empty, longer than 255 octets, or with
  ///   control characters or blanks in it, which would be another question.
  public func line(for text: String) -> String? {
    guard (1...255).contains(text.utf8.count), text.utf8.allSatisfy({ $0 > 0x20 && $0 != 0x7F })
    else { return nil }
    return question.replacing("$", with: text)
  }

  private static let forms: [String: WHOISForm] = [
    "whois.verisign-grs.com": WHOISForm(question: "domain =$"),
    "whois.denic.de": WHOISForm(question: "-T dn,ace $"),
    "whois.jprs.jp": WHOISForm(question: "$/e"),
    "whois.arin.net": WHOISForm(question: "n + $"),
    "whois.ripe.net": WHOISForm(question: "-B $"),
    "whois.dot.tk": WHOISForm(order: .monthFirst),
    "whois.dns.hr": WHOISForm(blocks: ["descr": .registrant]),
    "whois.isoc.org.il": WHOISForm(blocks: ["descr": .registrant]),
    "whois.in.ua": WHOISForm(expiryKey: "status"),
    "whois.ua": WHOISForm(expiryKey: "status"),
  ]
}
