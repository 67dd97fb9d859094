import FoundationEssentials
import TidemarkRegistration

/// RDAP: the first octet says whether the rest is an answer or which of IANA's files it is.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzRDAP(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  let input = unsafe Array(UnsafeBufferPointer(start: start, count: count))
  guard let kind = input.first else { return 0 }
  let octets = Array(input[1...])
  let files = RDAPBootstrap.File.allCases
  if Int(kind) < files.count {
    load(octets, as: files[Int(kind)])
  } else {
    read(octets)
  }
  return 0
}

private func read(_ octets: [UInt8]) {
  let source = RegistrationSource(kind: .rdapRegistry, server: "rdap.example.net", time: 100)
  guard let response = try? RDAPReader.read(octets, source: source) else { return }
  precondition(response.related.count <= RegistrationLimits.referralsMax, "too many referrals")
  precondition(
    response.related.allSatisfy { $0.lowercased().hasPrefix("https://") }, "a referral to http")
  precondition(response.malformedCount >= 0, "a count below zero")
  guard let found = response.registration else { return }
  precondition(found.contacts.count <= RegistrationLimits.contactsMax, "too many contacts")
  precondition(found.nameServers.count <= RegistrationLimits.nameServersMax, "too many servers")
  precondition(found.source.texts == [AnswerReference(of: octets)], "the text got lost")
  precondition(copied(found) == found, "the registration does not come back out of JSON")
  let merged = found.merged(withRegistrar: found)
  precondition(merged.subject == found.subject, "merged to another subject")
  precondition(merged.contentDigest == found.contentDigest, "merged with itself it says more")
  precondition(found.changes(since: found).isEmpty, "it differs from itself")
}

private func copied(_ registration: Registration) -> Registration? {
  guard let octets = try? JSONEncoder().encode(registration) else { return nil }
  return try? JSONDecoder().decode(Registration.self, from: octets)
}

private func load(_ octets: [UInt8], as file: RDAPBootstrap.File) {
  var bootstrap = RDAPBootstrap()
  let isLoaded = (try? bootstrap.load(octets, as: file)) != nil
  precondition(isLoaded || bootstrap == RDAPBootstrap(), "a refused file left something")
  let questions: [RDAPQuestion] = [
    .domain("www.example.com"), .nameServer("ns1.example.net"), .address("192.0.2.1"),
    .network("2001:db8::", length: 32), .autonomousSystem(64_496), .entity("AB1-RIPE"),
  ]
  for question in questions {
    for url in bootstrap.urls(for: question) {
      precondition(url.lowercased().hasPrefix("http"), "no address of a web server")
    }
  }
}
