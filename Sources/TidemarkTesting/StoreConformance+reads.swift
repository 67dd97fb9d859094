import DNSWire
import TidemarkModel
import TidemarkStore

/// Reading ranges and values.
extension StoreConformance {
  static let readRules = [
    StoreConformance("a range holds its lower and not its upper key") { open in
      let store = try open()
      try store.apply(StoreSample.batch(hosts(20)))
      let all = try keys(store, .records, .all)
      try expect(all.count == 20 && all == all.sorted(by: KeyRange.precedes), "order")
      let inner = KeyRange(lower: all[3], upper: all[9])
      try expect(try keys(store, .records, inner) == Array(all[3..<9]), "inner range")
      let empty = KeyRange(lower: all[9], upper: all[3])
      try expect(try keys(store, .records, empty).isEmpty, "upper below lower")
      let same = KeyRange(lower: all[3], upper: all[3])
      try expect(try keys(store, .records, same).isEmpty, "upper is lower")
      let behind = KeyRange(lower: [0xFF, 0xFF, 0xFF], upper: nil)
      try expect(try keys(store, .records, behind).isEmpty, "behind everything")
    },
    StoreConformance("an owner, its types and its subtree are one range each") { open in
      let store = try open()
      let own = [
        StoreSample("example.com", .a, [192, 0, 2, 1]),
        StoreSample("example.com", .txt, [1, 0x61]),
      ]
      let below = [
        StoreSample("\\000.example.com", .a, [192, 0, 2, 1]),
        StoreSample("a.b.example.com", .a, [192, 0, 2, 1]),
        StoreSample("\\255.example.com", .a, [192, 0, 2, 1]),
      ]
      let others = [
        StoreSample("com", .ns, [0]), StoreSample("example-a.com", .a, [192, 0, 2, 1]),
        StoreSample("examplea.com", .a, [192, 0, 2, 1]),
        StoreSample("example.com", .a, [192, 0, 2, 1], dataset: 2),
      ]
      try store.apply(StoreSample.batch(own + below + others))
      let name = StoreSample.name("example.com")
      func check(_ range: KeyRange, _ samples: [StoreSample], _ what: String) throws {
        let expected = samples.map(\.key).sorted(by: KeyRange.precedes)
        try expect(try keys(store, .records, range) == expected, what)
      }
      try check(.records(dataset: .main, owner: name), own, "owner")
      try check(.records(dataset: .main, owner: name, rrtype: .txt), [own[1]], "type")
      try check(.records(dataset: .main, atOrBelow: name), own + below, "at or below")
      try check(
        .records(dataset: .main, atOrBelow: name, belowOnly: true), below, "below only")
      try check(.records(dataset: 2), [others[3]], "dataset")
      try check(
        .records(dataset: .main, owner: StoreSample.name("absent.example.com")), [], "absent")
    },
    StoreConformance("at most limit rows are shown, and no more after false") { open in
      let store = try open()
      try store.apply(StoreSample.batch(hosts(20)))
      let all = try keys(store, .records, .all)
      for limit in [0, 1, 7, 20, 21] {
        let shown = try keys(store, .records, .all, limit: limit)
        try expect(shown == Array(all.prefix(limit)), "limit \(limit)")
      }
      var rows = 0
      try store.scan(.records, .all, limit: .max) { _, _ in
        rows += 1
        return rows < 5
      }
      try expect(rows == 5, "stopped after \(rows) rows")
      var page = KeyValuePage()
      let more = try store.read(.records, .all, limit: 20, maxOctets: 1, into: &page)
      try expect(more && page.count == 1, "a page of one octet holds one row")
    },
    StoreConformance("pages neither skip nor repeat while rows are inserted") { open in
      let store = try open()
      let first = hosts(60)
      try store.apply(StoreSample.batch(first))
      var shown: [[UInt8]] = []
      var range = KeyRange.all
      var page = KeyValuePage()
      var round: UInt8 = 0
      while true {
        page.removeAll()
        let more = try store.read(.records, range, limit: 7, into: &page)
        for index in 0..<page.count { shown.append(page.keys[index]) }
        guard more, let last = page.lastKey else { break }
        range = range.after(last)
        round += 1
        try store.apply(
          StoreSample.batch([
            StoreSample("a\(round).example.com", .a, [198, 51, 100, round]),
            StoreSample("z\(round).example.com", .a, [198, 51, 100, round]),
          ]))
      }
      try expect(Set(shown).count == shown.count, "a row was repeated")
      try expect(shown == shown.sorted(by: KeyRange.precedes), "order")
      try expect(Set(shown).isSuperset(of: first.map(\.key)), "a row was skipped")
    },
    StoreConformance("values come in the order of the keys, without absent ones") { open in
      let store = try open()
      let samples = hosts(700)
      try store.apply(StoreSample.batch(samples))
      for order in [samples, samples.reversed()] {
        var wanted = OctetStrings()
        for (index, sample) in order.enumerated() {
          wanted.append(index % 3 == 0 ? sample.key + [0] : sample.key)
        }
        var shown: [Int] = []
        var damaged = 0
        try store.values(ofRecords: wanted) { index, octets in
          shown.append(index)
          if (try? RecordValue(decoding: octets))?.count != 1 { damaged += 1 }
        }
        try expect(shown == order.indices.filter { $0 % 3 != 0 }, "which values")
        try expect(damaged == 0, "values")
      }
    },
    StoreConformance("a row may call the store") { open in
      let store = try open()
      try store.apply(StoreSample.batch(hosts(3)))
      var values = 0
      var failure: (any Error)?
      try store.scan(.records, .all, limit: 3) { key, _ in
        var keys = OctetStrings()
        keys.append(key)
        do {
          try store.values(ofRecords: keys) { _, _ in values += 1 }
        } catch {
          failure = error
        }
        return true
      }
      if let failure { throw failure }
      try expect(values == 3, "\(values) values")
    },
    StoreConformance("statistics name every family") { open in
      let store = try open()
      try store.apply(StoreSample.batch(hosts(3)))
      let statistics = try store.statistics()
      try expect(statistics.format == StoreFormat.current, "format")
      try expect(statistics.families.map(\.family) == StoreFamily.allCases, "families")
      try expect(statistics.families[0].keys == 3, "records: \(statistics.families[0].keys)")
    },
  ]

  static func hosts(_ count: Int) -> [StoreSample] {
    (0..<count).map { index in
      StoreSample(
        "h\(index).example.com", .a, [192, 0, 2, UInt8(truncatingIfNeeded: index)],
        time: 1_750_000_000 + UInt32(index))
    }
  }
}
