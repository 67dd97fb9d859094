import CaptureFormats
import Testing

struct DNSPortsTests {
  @Test func neverContainsMulticastDNSAndItsKin() {
    let ports = DNSPorts([53, 5353, 5355, 137, 8053])
    #expect(ports.contains(53))
    #expect(ports.contains(8053))
    for port in DNSPorts.excluded { #expect(!ports.contains(port)) }
    #expect(!ports.contains(0))
    #expect(!ports.contains(65_535))
  }

  @Test func reachesBothEndsOfThePortRange() {
    let ports = DNSPorts([0, 65_535])
    #expect(ports.contains(0))
    #expect(ports.contains(65_535))
    #expect(!ports.contains(1))
    #expect(!ports.contains(65_534))
  }
}
