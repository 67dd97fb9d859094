import Foundation
import Testing
import TidemarkRegistration
import TidemarkTesting

/// A registration with a few fields set.
private func sample(time: Int64 = 0) -> Registration {
  var sample = Registration(
    subject: .domain(name: "example.com"),
    source: RegistrationSource(kind: .whois, server: "whois.example", time: time))
  sample.registrar = Registrar(name: "Example Registrar")
  sample.statuses = ["ok", "clientHold"]
  sample.nameServers = [
    NameServer(name: "ns1.example.com", addresses: ["192.0.2.1", "2001:db8::1"]),
    NameServer(name: "ns2.example.com"),
  ]
  sample.created = RegistrationTime.parse("2001-01-01")
  var contact = RegistrationContact(roles: [.registrant])
  contact.name = "Some Body"
  sample.contacts = [contact]
  return sample
}

struct RegistrationChangeTests {
  @Test func ignoresWhatMeansNothing() {
    let one = sample()
    var other = sample(time: 500)
    other.source.server = "elsewhere"
    other.statuses.reverse()
    other.nameServers.reverse()
    other.nameServers[1].addresses.reverse()
    other.created = RegistrationTime.parse("01-jan-2001")
    #expect(one.contentDigest == other.contentDigest)
    #expect(other.changes(since: one).isEmpty)
  }

  @Test func saysWhatChanged() {
    let one = sample()
    var other = sample()
    other.registrar = Registrar(name: "Another")
    other.nameServers.removeLast()
    other.expires = RegistrationTime.parse("2002-01-01")
    #expect(
      other.changes(since: one) == [
        RegistrationChange(field: "expires", removed: [], added: ["1009843200"]),
        RegistrationChange(field: "nameServer", removed: ["ns2.example.com"], added: []),
        RegistrationChange(
          field: "registrar", removed: ["Example Registrar"], added: ["Another"]),
      ])
    #expect(one.contentDigest != other.contentDigest)
  }

  /// Nothing changed exactly when the digests are equal; there and back are each other's mirror.
  @Test func agreesWithTheDigest() {
    var generator = SeededGenerator(seed: 11)
    func random() -> Registration {
      var value = sample()
      if Bool.random(using: &generator) { value.registrar = nil }
      if Bool.random(using: &generator) { value.statuses.removeLast() }
      if Bool.random(using: &generator) { value.nameServers.removeFirst() }
      if Bool.random(using: &generator) { value.contacts[0].set(name: "Else") }
      value.statuses.shuffle(using: &generator)
      return value
    }
    for _ in 0..<500 {
      let (one, other) = (random(), random())
      let changes = other.changes(since: one)
      #expect(changes.isEmpty == (one.contentDigest == other.contentDigest), "seed 11")
      let back = one.changes(since: other).map {
        RegistrationChange(field: $0.field, removed: $0.added, added: $0.removed)
      }
      #expect(back == changes, "seed 11")
    }
  }

  @Test func travelsAsJSON() throws {
    let one = sample()
    let back = try JSONDecoder().decode(Registration.self, from: JSONEncoder().encode(one))
    #expect(back == one)
    #expect(back.contentDigest == one.contentDigest)
  }

  @Test func registrarWinsAndRegistryFills() {
    var registry = sample(time: 10)
    registry.source.kind = .rdapRegistry
    registry.handle = "1_COM"
    var registrar = Registration(
      subject: .domain(name: "example.com"),
      source: RegistrationSource(kind: .rdapRegistrar, server: "r", time: 20))
    registrar.statuses = ["clientTransferProhibited"]
    registrar.expires = RegistrationTime.parse("2030-01-01")
    var technical = RegistrationContact(roles: [.technical])
    technical.name = "Tech"
    registrar.contacts = [technical]
    let merged = registry.merged(withRegistrar: registrar)
    #expect(merged.statuses == ["clientTransferProhibited"])
    #expect(merged.nameServers == registry.nameServers)
    #expect(merged.created == registry.created)
    #expect(merged.expires == registrar.expires)
    #expect(merged.handle == "1_COM")
    #expect(merged.registrar?.name == "Example Registrar")
    #expect(Set(merged.contacts.flatMap(\.roles)) == [.technical, .registrant])
    #expect(merged.source.kind == .merged)
    #expect(merged.source.time == 20)
  }
}

extension RegistrationContact {
  fileprivate mutating func set(name: String) { self.name = name }
}

struct RegistrationHistoryTests {
  private typealias Snapshot = RegistrationHistory.Snapshot

  @Test func keepsBothEndsOfARun() {
    var history = RegistrationHistory()
    #expect(history.add(Snapshot(time: 1, digest: "a")) == .keep)
    #expect(history.add(Snapshot(time: 2, digest: "a")) == .keep)
    #expect(
      history.add(Snapshot(time: 3, digest: "a")) == .replace(Snapshot(time: 2, digest: "a")))
    #expect(history.add(Snapshot(time: 3, digest: "a")) == .ignore)
    #expect(history.add(Snapshot(time: 2, digest: "a")) == .ignore)
    #expect(history.add(Snapshot(time: 4, digest: "b")) == .keep)
    #expect(
      history.add(Snapshot(time: 0, digest: "a")) == .replace(Snapshot(time: 1, digest: "a")))
    #expect(history.snapshots.map(\.time) == [0, 3, 4])
  }

  /// In order, what is kept is exactly the ends of the runs.
  @Test func keepsTheEndsOfRandomRuns() {
    var generator = SeededGenerator(seed: 5)
    for _ in 0..<300 {
      let digests = (0..<Int.random(in: 0...30, using: &generator)).map { _ in
        Bool.random(using: &generator) ? "a" : "b"
      }
      var history = RegistrationHistory()
      for (time, digest) in digests.enumerated() {
        _ = history.add(Snapshot(time: Int64(time), digest: digest))
      }
      let ends = digests.indices.filter { index in
        index == 0 || index == digests.count - 1 || digests[index - 1] != digests[index]
          || digests[index + 1] != digests[index]
      }
      #expect(history.snapshots.map(\.time) == ends.map { Int64($0) }, "seed 5: \(digests)")
      #expect(RegistrationHistory(kept: history.snapshots.shuffled(using: &generator)) == history)
    }
  }

  /// In any order, no three neighbours are equal and every content stays known.
  @Test func staysSmallInAnyOrder() {
    var generator = SeededGenerator(seed: 6)
    for _ in 0..<300 {
      var all = (0..<30).map { time in
        Snapshot(time: Int64(time), digest: Bool.random(using: &generator) ? "a" : "b")
      }
      all.shuffle(using: &generator)
      var history = RegistrationHistory()
      for snapshot in all { _ = history.add(snapshot) }
      let kept = history.snapshots
      #expect(zip(kept, kept.dropFirst()).allSatisfy { $0.time < $1.time }, "seed 6")
      #expect(Set(kept.map(\.digest)) == Set(all.map(\.digest)), "seed 6")
      #expect(kept.first?.time == 0 && kept.last?.time == 29, "seed 6")
    }
  }

  @Test func findsRegistrarPeriods() {
    func with(_ name: String?, _ number: Int?, _ time: Int64) -> Registration {
      var value = sample(time: time)
      value.registrar = name.map { Registrar(name: $0) }
      value.registrar?.ianaID = number
      return value
    }
    let periods = RegistrarPeriod.periods(of: [
      with("B", 2, 40), with("A Inc.", 1, 10), with("a, inc", 1, 20), with(nil, nil, 30),
      with("C", nil, 50), with("c!", nil, 60),
    ])
    #expect(periods.map(\.registrar.name) == ["A Inc.", "B", "C"])
    #expect(periods.map(\.firstChecked) == [10, 40, 50])
    #expect(periods.map(\.lastChecked) == [20, 40, 60])
  }
}
