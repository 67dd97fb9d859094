import TidemarkSharing
import Testing

struct TLPTests {
  @Test func labelsAreReadAsTheyArePrinted() {
    for label in TLP.allCases { #expect(TLP(text: label.description) == label) }
    #expect(TLP(text: "amber+strict") == .amberStrict)
  }

  @Test(arguments: [
    ("white", TLP.clear), ("TLP:WHITE", .clear), ("tlp:Amber+Strict", .amberStrict), ("RED", .red),
  ])
  func takesOldAndTaggedForms(_ text: String, _ label: TLP) {
    #expect(TLP(text: text) == label)
  }

  @Test(arguments: ["", "tlp:", "amber strict", "amberStrict", "tlp:tlp:red", " red", "black"])
  func refusesOtherWords(_ text: String) {
    #expect(TLP(text: text) == nil)
  }

  @Test func strictnessIsTheOrder() {
    #expect(TLP.allCases.sorted() == [.clear, .green, .amber, .amberStrict, .red])
    #expect(max(TLP.green, .amberStrict) == .amberStrict)
  }
}
