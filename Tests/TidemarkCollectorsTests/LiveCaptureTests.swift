import Foundation
import Testing
import TidemarkCollectors

/// What can be tested without an interface; Tests/Interop/live_capture.py does the rest.
@Suite struct LiveCaptureTests {
  @Test func asksAtEveryDepthOfTags() {
    let base =
      "(((udp or tcp) and (port 53)) or (ip[6:2] & 0x3fff != 0) or (ip6 and ip6[6] == 44))"
    let filter = LiveCaptureFilter()
    #expect(filter.expression(tags: false) == base)
    #expect(
      filter.expression(tags: true) == "\(base) or (vlan and (\(base) or (vlan and \(base))))")
  }

  @Test func asksTheConditionWhereverItAsksForDNS() {
    var filter = LiveCaptureFilter(ports: [53, 5300])
    filter.condition = "net 192.0.2.0/24"
    let text = filter.expression(tags: true)
    #expect(text.components(separatedBy: "net 192.0.2.0/24").count == 4)
    #expect(text.components(separatedBy: "(port 53 or port 5300)").count == 4)
  }

  @Test(arguments: ["vlan 42", "not vlan", "mpls 7", "(vlan)"])
  func leavesTagsToAConditionThatSpeaksOfThem(_ condition: String) {
    var filter = LiveCaptureFilter()
    filter.condition = condition
    let text = filter.expression(tags: true)
    #expect(text.hasPrefix("(\(condition)) and ("))
    #expect(text.components(separatedBy: "port 53").count == 2)
  }

  @Test func takesWordsForTagsOnlyWhole() {
    var filter = LiveCaptureFilter()
    filter.condition = "host vlan.example.com"
    #expect(filter.expression(tags: false).contains("and (host vlan.example.com)"))
  }

  @Test func tellsThatThereIsNoSuchInterface() {
    // Without the right to capture, libpcap says so before it looks at the name.
    let expected: LiveCaptureError =
      Privileges.isRoot ? .noSuchInterface("nope0") : .notPermitted(interface: "nope0")
    #expect(throws: expected) { try LiveCapture(LiveCaptureOptions(interfaces: ["nope0"])) }
  }

  @Test func refusesUsersThatAreNoUse() {
    #expect(throws: Privileges.Failure.unknownUser("no such user")) {
      try Privileges.drop(toUser: "no such user", group: nil)
    }
    #expect(throws: Privileges.Failure.userIsRoot("root")) {
      try Privileges.drop(toUser: "root", group: nil)
    }
  }

  /// In a process of its own, since there is no way back.
  @Test(.enabled(if: Privileges.isRoot, "needs root"))
  func becomesAUserWhoCannotGoBack() async {
    await #expect(processExitsWith: .exitCode(7)) {
      do {
        try Privileges.drop(toUser: "nobody", group: nil)
        let status = try String(contentsOfFile: "/proc/thread-self/status", encoding: .utf8)
        let wanted = ["NoNewPrivs:\t1", "CapEff:\t0000000000000000", "Groups:\t65534 \n"]
        let isDropped =
          !Privileges.isRoot && setuid(0) != 0 && wanted.allSatisfy(status.contains)
          && !FileManager.default.isReadableFile(atPath: "/etc/shadow")
        exit(isDropped ? 7 : 8)
      } catch {
        exit(9)
      }
    }
  }
}
