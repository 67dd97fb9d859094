import FoundationEssentials
import TidemarkRegistration

/// Servers whose forms differ, and one that has none.
private let servers = [
  "whois.example.net", "whois.denic.de", "whois.dns.hr", "whois.dot.tk", "whois.in.ua",
  "whois.arin.net",
]

/// WHOIS: the first octet is the number of the server; the rest is its answer.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzWHOIS(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  let input = unsafe Array(UnsafeBufferPointer(start: start, count: count))
  guard let number = input.first else { return 0 }
  let octets = Array(input[1...])
  let source = RegistrationSource(
    kind: .whois, server: servers[Int(number) % servers.count], time: 100)
  let answer = WHOISAnswer.read(octets, source: source)
  precondition(answer == WHOISAnswer.read(octets, source: source), "two readings differ")
  if case .registration(let found) = answer { check(found, octets) }
  if case .rateLimited(let seconds?) = answer {
    precondition((0...86_400 * 60).contains(seconds), "a wait without end")
  }
  follow(octets)
  return 0
}

private func check(_ found: Registration, _ octets: [UInt8]) {
  precondition(found.source.texts == [AnswerReference(of: octets)], "the text got lost")
  let records = RegistrationLimits.recordsMax
  precondition(
    found.contacts.count <= RegistrationLimits.contactsMax * records, "too many contacts")
  precondition(
    found.nameServers.count <= RegistrationLimits.nameServersMax, "too many name servers")
  precondition(found.changes(since: found).isEmpty, "it differs from itself")
  guard let text = try? JSONEncoder().encode(found),
    let copy = try? JSONDecoder().decode(Registration.self, from: text)
  else { preconditionFailure("the registration does not go into JSON") }
  precondition(copy == found, "the registration does not come back out of JSON")
  precondition(copy.contentDigest == found.contentDigest, "the digest depends on the copy")
}

/// Every answer of a trail is the same one.
private func follow(_ octets: [UInt8]) {
  var trail = WHOISReferralTrail(at: "whois.example.net")
  var hosts: Set<String> = ["whois.example.net"]
  while let referral = trail.next(after: octets) {
    precondition(hosts.insert(referral.host).inserted, "a server is asked twice")
    precondition(referral.port == 43 || referral.port == 4_321, "another port")
    precondition(WHOISReferral(referral.host)?.host == referral.host, "no host name")
  }
  precondition(hosts.count <= RegistrationLimits.referralsMax + 1, "the trail has no end")
}
