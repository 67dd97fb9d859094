import D4Wire
import Testing

struct SensorUUIDTests {
  private let text = "3f0c2f9e-5a1b-4c7d-9e21-7b8a6d5c4e3f"

  @Test func readsEveryTextForm() throws {
    let uuid = try #require(SensorUUID(text: text))
    #expect(SensorUUID(text: text.uppercased()) == uuid)
    #expect(SensorUUID(text: text.replacing("-", with: "")) == uuid)
    #expect(uuid.description == text && uuid.isVersion4)
    let again = SensorUUID(octets: uuid.octets.span)
    #expect(again == uuid)
    #expect(uuid.octets.first == 0x3f && uuid.octets.last == 0x3f && uuid.octets.count == 16)
  }

  @Test(arguments: [
    "", "3f0c2f9e5a1b4c7d9e217b8a6d5c4e3", "3f0c2f9e5a1b4c7d9e217b8a6d5c4e3g",
    "3f0c2f9e-5a1b-4c7d-9e21-7b8a6d5c4e3", "3f0c2f9e-5a1b-4c7d-9e217-b8a6d5c4e3f",
    "{3f0c2f9e-5a1b-4c7d-9e21-7b8a6d5c4e3f}", "3f0c2f9e-5a1b-4c7d-9e21-7b8a6d5c4é3",
    "3f0c2f9e-5a1b-4c7d-9e21-7b8a6d5c4e3f\n",
  ])
  func refusesOtherTexts(_ text: String) {
    #expect(SensorUUID(text: text) == nil)
  }

  @Test func randomOnesAreVersion4AndDiffer() {
    let many = (0..<1_000).map { _ in SensorUUID.random() }
    #expect(many.allSatisfy(\.isVersion4) && Set(many).count == many.count)
    var (all, any) = ([UInt8](repeating: 0xFF, count: 16), [UInt8](repeating: 0, count: 16))
    for uuid in many {
      for (index, octet) in uuid.octets.enumerated() {
        all[index] &= octet
        any[index] |= octet
      }
    }
    // Of the fixed bits, version and variant, nothing else stays the same.
    #expect(all == [0, 0, 0, 0, 0, 0, 0x40, 0, 0x80, 0, 0, 0, 0, 0, 0, 0])
    #expect(any.enumerated().allSatisfy { $1 == [6: 0x4F, 8: 0xBF][$0] ?? 0xFF })
  }

  @Test func orderIsThatOfTheOctets() throws {
    let texts = [
      "00000000-0000-0000-0000-000000000001", "00000000-0000-0000-0100-000000000000",
      "00000001-0000-0000-0000-000000000000", "ff000000-0000-0000-0000-000000000000",
    ]
    let uuids = texts.compactMap { SensorUUID(text: $0) }
    #expect(uuids.count == 4 && uuids.reversed().sorted() == uuids)
  }
}
