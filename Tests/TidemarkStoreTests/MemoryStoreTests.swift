import Testing
import TidemarkStore
import TidemarkTesting

struct MemoryStoreTests {
  @Test(arguments: StoreConformance.allCases)
  func keeps(_ rule: StoreConformance) throws {
    let store = MemoryStore()
    try rule.run { store }
  }
}
