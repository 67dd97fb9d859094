import DNSWire
import Synchronization
import TidemarkEnrichment
import TidemarkProviders

/// A resolver with a table. A name with several answers gives one after another, and the last one
/// from then on.
final class FakeResolver: HostResolving {
  private let table: [String: [[IPAddressText.Address]]]
  private let standard: [IPAddressText.Address]
  private let asked = Mutex<[String]>([])

  /// Names in the order in which they were asked for.
  var names: [String] { asked.withLock { $0 } }

  /// - Parameter standard: the answer for names that are not in the table.
  init(_ table: [String: [[String]]] = [:], standard: [String] = []) {
    self.table = table.mapValues { $0.map { $0.compactMap(FakeResolver.address) } }
    self.standard = standard.compactMap(FakeResolver.address)
  }

  static func address(_ text: String) -> IPAddressText.Address? {
    let octets = Array(text.utf8)
    return IPAddressText.parse(octets.span)
  }

  func addresses(of name: String) async throws(ActionFailure) -> [IPAddressText.Address] {
    let count = asked.withLock { asked in
      asked.append(name)
      return asked.count { $0 == name }
    }
    guard let answers = table[name], let last = answers.last else { return standard }
    return count <= answers.count ? answers[count - 1] : last
  }
}

extension AddressGuard {
  /// A guard for tests: names of a table, and addresses on loopback that count as public.
  static func test(
    _ table: [String: [[String]]] = [:], public exceptions: [String] = [],
    standard: [String] = []
  ) -> AddressGuard {
    AddressGuard(
      resolver: FakeResolver(table, standard: standard),
      exceptions: Set(exceptions.compactMap(FakeResolver.address)))
  }
}
