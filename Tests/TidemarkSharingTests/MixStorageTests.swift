import Testing
import TidemarkModel
import TidemarkSharing
import TidemarkStore

/// The octets that docs/formats/storage.md, "Sharing", describes: what one version writes, the
/// next must read.
struct MixStorageTests {
  private func rows(_ prefix: String, of rig: MixRig) throws -> [(key: [UInt8], value: [UInt8])] {
    var page = KeyValuePage()
    _ = try rig.store.read(.state, .prefix(Array(prefix.utf8)), limit: .max, into: &page)
    return (0..<page.count).map { (page.keys[$0], page.values[$0]) }
  }

  private func number(_ value: UInt8) -> [UInt8] { [0, 0, 0, 0, 0, 0, 0, value] }
  private let start: [UInt8] = [0x68, 0x4E, 0xE1, 0x80]
  private let startVarint: [UInt8] = [0x80, 0xC3, 0xBB, 0xC2, 0x06]

  @Test func journalStateAndPoolHaveTheirLayout() throws {
    let rig = try MixRig()
    let a = Sighting("a", 1).key
    let b = Sighting("b", 1).key
    let shared = zip(a, b).prefix { $0 == $1 }.count
    try rig.add(
      Sighting("a", 3, time: 3, count: 200), Sighting("b", 1, time: 1), Sighting("b", 2, time: 9),
      at: 2)
    let journal = try rows("mj", of: rig)
    #expect(journal.map(\.key) == [Array("mj".utf8) + number(1)])
    let head: [UInt8] = [1, start[0], start[1], start[2], start[3] + 2]
    let entryA = [0, UInt8(a.count)] + a + [1, 3, 2, 0, 0xC8, 0x01]
    let tail = Array(b[shared...])
    let entryB = [UInt8(shared), UInt8(tail.count)] + tail + [2]
    // The order of contributions is not fixed.
    let one: [UInt8] = [1, 1, 0, 1]
    let two: [UInt8] = [2, 14, 0, 1]
    #expect(
      [entryB + one + two, entryB + two + one].map { head + entryA + $0 }
        .contains(journal[0].value))
    try rig.tick(12)
    #expect(try rows("mj", of: rig).isEmpty)
    let pool = try rows("mp", of: rig)
    #expect(pool.map(\.key) == [Array("mpmix".utf8) + [0] + number(0)])
    let time = [startVarint[0] + 3] + startVarint.dropFirst()
    let pooled = [startVarint[0] + 2] + startVarint.dropFirst()
    let record = [UInt8(a.count)] + a + time + [0] + pooled + [2, 0xC8, 0x01, 1, 3]
    #expect(pool[0].value == [1] + record)
    let state = try #require(try rows("ms", of: rig).first)
    #expect(state.key == Array("msmix".utf8))
    let totals: [UInt8] = [0xCA, 0x01, 2, 1, 1, 0, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0]
    // A week, and 1 GiB.
    let retention: [UInt8] = [0x80, 0xF5, 0x24, 0x80, 0x80, 0x80, 0x80, 0x04]
    #expect(state.value == [1] + number(2) + [0] + number(2) + [0] + totals + retention)
    let chunk = try rows("ml", of: rig)
    #expect(chunk.map(\.key) == [Array("mlmix".utf8) + [0] + number(1)])
    let first = [startVarint[0] + 1] + startVarint.dropFirst()
    let released = [UInt8(b.count)] + b + first + [8, 2, 2]
    #expect(chunk[0].value == [1, start[0], start[1], start[2], start[3] + 12] + released)
    let mark = try rows("mi", of: rig)
    #expect(mark.map(\.key) == [Array("mimix".utf8) + [0] + number(1)])
    let octets = UInt8(chunk[0].value.count)
    #expect(mark[0].value == [start[0], start[1], start[2], start[3] + 12] + number(octets))
  }

  @Test func damagedRowsAreSaid() throws {
    for prefix in ["mj", "ms", "mp"] {
      let rig = try MixRig()
      try rig.add(Sighting("a", 1), Sighting("x", 2), at: 0)
      if prefix != "mj" { try rig.tick(10) }
      let row = try #require(try rows(prefix, of: rig).first)
      for damaged in [[], [9], Array(row.value.dropLast()), row.value + [0xFF]] {
        let batch = RecordBatch()
        batch.stateChanges = [.init(key: row.key, value: damaged)]
        try rig.store.apply(batch)
        #expect(throws: StoreError.self, "\(prefix) \(damaged.count)") {
          var rig = rig
          try rig.restart()
          try rig.tick(11)
        }
      }
    }
  }
}
