import DNSWire
import Testing
import TidemarkModel

/// Which names a set of suffixes holds.
@Suite struct NameSuffixSetTests {
  private func value(_ set: NameSuffixSet, _ text: String) throws -> UInt8 {
    let wire = try DomainName(text: text).wire
    let value = set.value(of: wire.span)
    #expect(set.contains(wire.span) == (value != 0))
    return value
  }

  @Test func holdsANameAndEverythingBelowIt() throws {
    let set = try NameSuffixSet(["example.com", ".b.example.net", "*.c.example.net"])
    for name in ["example.com", "www.example.com", "b.example.net", "x.y.c.example.net"] {
      #expect(try value(set, name) != 0, "\(name)")
    }
    for name in ["com", "wwwexample.com", "example.net", "d.example.net", ".", "example.com.org"] {
      #expect(try value(set, name) == 0, "\(name)")
    }
  }

  @Test func theLongestNameGivesTheValue() throws {
    var set = NameSuffixSet()
    set.insert(try DomainName(text: "example.com"), value: 1)
    set.insert(try DomainName(text: "a.b.example.com"), value: 2)
    #expect(try value(set, "b.example.com") == 1)
    #expect(try value(set, "x.a.b.example.com") == 2)
    #expect(try value(set, "example.net") == 0)
    set.insert(.root, value: 3)
    #expect(try value(set, "example.net") == 3)
    #expect(try value(set, ".") == 3)
  }

  @Test func anEmptySetHoldsNothing() throws {
    let set = NameSuffixSet()
    #expect(try set.isEmpty && value(set, ".") == 0)
    #expect(try value(set, "example.com") == 0)
  }

  @Test func labelsThatShareBeginningAndEndAreToldApart() throws {
    let set = try NameSuffixSet(["aaaaaaaaXbbbbbbbb.example"])
    #expect(try value(set, "aaaaaaaaxbbbbbbbb.example") != 0)
    #expect(try value(set, "aaaaaaaaybbbbbbbb.example") == 0)
    #expect(try value(set, "aaaaaaaaxxbbbbbbbb.example") == 0)
  }

  /// A model: the names as strings, compared label by label.
  @Test func agreesWithALinearSearch() throws {
    let seed = UInt64.random(in: 0 ... .max)
    print("seed \(seed)")
    var state = seed
    func next(_ bound: Int) -> Int {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Int(state >> 33) % bound
    }
    func name(_ labelsMax: Int) -> [String] {
      (0...next(labelsMax)).map { _ in ["a", "b", "ab", "ba", "abc"][next(5)] }
    }
    var set = NameSuffixSet()
    var model: [[String]] = []
    for _ in 0..<200 {
      let labels = name(5)
      set.insert(try DomainName(text: labels.joined(separator: ".")), value: 7)
      model.append(labels)
    }
    for _ in 0..<20_000 {
      let labels = name(7)
      let expected = model.contains { labels.suffix($0.count).elementsEqual($0) }
      #expect(try (value(set, labels.joined(separator: ".")) != 0) == expected)
    }
  }
}
