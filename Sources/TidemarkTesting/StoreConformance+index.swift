import DNSWire
import TidemarkModel
import TidemarkStore

/// Inverse and names families.
extension StoreConformance {
  static let indexRules = [
    StoreConformance("rdata of every shape finds its record") { open in
      let store = try open()
      let shapes = StoreSample.everyShape
      let others = shapes.map { shape in
        var sample = shape.sample
        sample.key[1] = 2
        return sample
      }
      try store.apply(StoreSample.batch(shapes.map(\.sample) + others))
      for (index, shape) in shapes.enumerated() {
        for range in shape.ranges {
          let records = try found(store, range)
          try expect(records.contains(shape.sample.key), "shape \(index) is not found")
          try expect(Set(records).count == records.count, "shape \(index) is found twice")
          try expect(records.allSatisfy { $0[1] == 1 }, "shape \(index) finds another dataset")
        }
      }
    },
    StoreConformance("a walk over all index keys meets every record once") { open in
      let store = try open()
      let samples = StoreSample.everyShape.map(\.sample)
      try store.apply(StoreSample.batch(samples))
      let records = try found(store, .all)
      try expect(records.count == Set(samples).count, "\(records.count) of \(samples.count)")
      try expect(Set(records) == Set(samples.map(\.key)), "which records")
    },
    StoreConformance("a page border does not bring a record twice") { open in
      let store = try open()
      let names = StoreSample.wire("b.example.net") + StoreSample.wire("a.example.net")
      let soa = StoreSample("example.com", .soa, names + [UInt8](repeating: 0, count: 20))
      try store.apply(StoreSample.batch([soa]))
      var range = KeyRange.inverse(dataset: .main, atOrBelow: StoreSample.name("example.net"))
      let whole = range
      var records = OctetStrings()
      var pages = 0
      while true {
        var page = KeyValuePage()
        var origins: [Int] = []
        _ = try store.read(.inverse, range, limit: 1, into: &page)
        guard let last = page.lastKey else { break }
        try store.recordKeys(ofInverse: page.keys, in: whole, into: &records, origins: &origins)
        range = range.after(last)
        pages += 1
      }
      try expect(pages == 2, "\(pages) index keys")
      try expect(records.count == 1 && records[0] == soa.key, "\(records.count) records")
    },
    StoreConformance("networks are ranges") { open in
      let store = try open()
      let addresses: [[UInt8]] = [
        [192, 0, 1, 255], [192, 0, 2, 0], [192, 0, 2, 127], [192, 0, 2, 128], [192, 0, 2, 255],
        [192, 0, 3, 0],
      ]
      try store.apply(
        StoreSample.batch(addresses.map { StoreSample("example.com", .a, $0) }))
      let count = { (network: [UInt8], bits: Int) throws -> Int in
        let range = KeyRange.inverse(dataset: .main, network: network, bits: bits)
        return try found(store, range).count
      }
      try expect(try count([192, 0, 2, 77], 24) == 4, "/24")
      try expect(try count([192, 0, 2, 128], 25) == 2, "/25")
      try expect(try count([192, 0, 2, 127], 32) == 1, "/32")
      try expect(try count([0, 0, 0, 0], 0) == 6, "/0")
      try expect(try count([192, 0, 2, 0], 23) == 5, "/23")
      let middle = KeyRange.inverse(
        dataset: .main, addresses: [192, 0, 2, 127], through: [192, 0, 2, 128])
      try expect(try found(store, middle).count == 2, "from through")
    },
    StoreConformance("names in rdata are exact or subtrees") { open in
      let store = try open()
      let targets = ["example.net", "a.example.net", "b.a.example.net", "example-a.net", "net"]
      try store.apply(
        StoreSample.batch(
          targets.map { StoreSample("www.example.com", .cname, StoreSample.wire($0)) }
            + [StoreSample("www.example.com", .ns, StoreSample.wire("example.net"))]))
      let name = StoreSample.name("example.net")
      try expect(try found(store, .inverse(dataset: .main, name: name)).count == 2, "exact")
      let typed = KeyRange.inverse(dataset: .main, name: name, rrtype: .ns)
      try expect(try found(store, typed).count == 1, "one type")
      let below = KeyRange.inverse(dataset: .main, atOrBelow: name, belowOnly: true)
      try expect(try found(store, below).count == 2, "below")
      let subtree = KeyRange.inverse(dataset: .main, atOrBelow: name)
      try expect(try found(store, subtree).count == 4, "at or below")
    },
    StoreConformance("raw octets are found whatever the type") { open in
      let store = try open()
      let shapes = StoreSample.everyShape.filter { $0.sample.key[$0.sample.key.count - 2] != 5 }
      try store.apply(StoreSample.batch(shapes.map(\.sample)))
      for (index, shape) in shapes.enumerated() {
        guard let view = RecordKeyView(shape.sample.key.span) else { continue }
        let rdata = Array(shape.sample.key[view.rdata])
        var records: [[UInt8]] = []
        for range in KeyRange.inverse(dataset: .main, anyTypeWith: rdata) {
          records += try found(store, range)
        }
        try expect(records.contains(shape.sample.key), "shape \(index) is not found")
      }
    },
    StoreConformance("names are listed once, left to right") { open in
      let store = try open()
      let owners = ["www.example.com", "www.example.net", "mail.example.com", "example.com"]
      let samples = owners.flatMap { owner in
        [StoreSample(owner, .a, [192, 0, 2, 1]), StoreSample(owner, .txt, [0])]
      }
      try store.apply(StoreSample.batch(samples))
      try store.apply(StoreSample.batch([StoreSample("www.example.com", .mx, [0, 0, 0])]))
      try expect(try keys(store, .names, .all).count == 4, "all names")
      let www = NamesKey.range(
        dataset: .main, startingWith: StoreSample.name("www.example"))
      let texts = try keys(store, .names, www).map { key in
        var wire: [UInt8] = []
        _ = NamesKey.appendName(of: key.span, to: &wire)
        return DomainName(canonicalWire: wire).text(finalDot: false)
      }
      try expect(texts == ["www.example.com", "www.example.net"], "\(texts)")
    },
  ]
}
