import CPcap
import CaptureFormats
import Glibc

/// One open interface: a libpcap handle, its oldest packet not yet used, and its counters.
///
/// - Concurrency: one thread at a time.
@safe final class LiveInterface {
  let name: String
  let linkType: LinkType
  let descriptor: Int32
  private(set) var statistics: LiveCaptureStatistics
  /// Real time when nothing more was at hand, nanoseconds since the epoch.
  private(set) var emptySince: Int64 = 0
  /// Time of the oldest packet at hand; nil when there is none.
  private(set) var headTime: Int64?
  /// It vanished or failed; nothing more comes.
  private(set) var isLost = false

  private let handle: OpaquePointer
  private let fractionNanoseconds: Int64
  private var headOctets: UnsafePointer<UInt8>?
  private var headCount = 0
  private var headLength = 0
  private var kernel = pcap_stat()

  /// Opens an interface with its filter.
  init(_ name: String, options: LiveCaptureOptions) throws(LiveCaptureError) {
    var text = [CChar](repeating: 0, count: Int(PCAP_ERRBUF_SIZE))
    guard let handle = unsafe pcap_create(name, &text) else {
      throw .failed(interface: name, detail: LiveInterface.text(text))
    }
    // Each of these fails only on a handle that is active already.
    unsafe pcap_set_snaplen(handle, LiveCaptureOptions.frameOctetsMax)
    unsafe pcap_set_promisc(handle, options.isPromiscuous && name != "any" ? 1 : 0)
    unsafe pcap_set_timeout(handle, LiveCaptureOptions.deliveryMilliseconds)
    unsafe pcap_set_buffer_size(
      handle, Int32(min(max(options.bufferOctets, 1 << 20), LiveCaptureOptions.bufferOctetsMax)))
    unsafe pcap_set_immediate_mode(handle, 0)
    let isNano = unsafe pcap_set_tstamp_precision(handle, PCAP_TSTAMP_PRECISION_NANO) == 0
    do throws(LiveCaptureError) {
      try unsafe LiveInterface.activate(handle, name)
      linkType = try unsafe LiveInterface.linkType(handle, name)
      try unsafe LiveInterface.install(options.filter, on: handle, linkType, name)
    } catch {
      unsafe pcap_close(handle)
      throw error
    }
    unsafe self.handle = handle
    self.name = name
    fractionNanoseconds = isNano ? 1 : 1_000
    descriptor = unsafe pcap_get_selectable_fd(handle)
    statistics = LiveCaptureStatistics(interface: name)
  }

  deinit { unsafe pcap_close(handle) }

  /// Looks for the next packet when none is at hand.
  func advance(now: Int64) throws(LiveCaptureError) {
    guard headTime == nil, !isLost else { return }
    var header: UnsafeMutablePointer<pcap_pkthdr>?
    var octets: UnsafePointer<UInt8>?
    let result = unsafe pcap_next_ex(handle, &header, &octets)
    guard result >= 0 else {
      isLost = true
      throw .failed(interface: name, detail: unsafe LiveInterface.detail(handle))
    }
    guard result == 1, let found = unsafe header?.pointee else {
      emptySince = now
      return
    }
    unsafe headOctets = octets
    headCount = Int(found.caplen)
    headLength = Int(found.len)
    headTime =
      Int64(found.ts.tv_sec) &* 1_000_000_000 &+ Int64(found.ts.tv_usec) &* fractionNanoseconds
  }

  /// Uses the packet at hand up; there must be one.
  func takeHead(_ body: (RawSpan, _ time: Int64, _ originalLength: Int) -> Void) {
    guard let time = headTime else { return }
    let frame = unsafe UnsafeRawBufferPointer(start: headOctets, count: headCount)
    body(unsafe frame.bytes, time, headLength)
    headTime = nil
    statistics.decoded += 1
  }

  /// Lets no further packet into the ring. What is in it can still be read.
  func refuseMore() { _ = unsafe tidemark_pcap_refuse_all(handle) }

  /// True when every packet that the kernel took was handed out or counted as dropped.
  var isDrained: Bool {
    headTime == nil
      && (isLost || statistics.decoded + statistics.dropped >= statistics.received)
  }

  /// Reads the kernel's counters. They have 32 bits and wrap within hours, so this must be called
  /// more often than that.
  func readStatistics() {
    var now = pcap_stat()
    guard unsafe pcap_stats(handle, &now) == 0 else { return }
    statistics.received += UInt64(now.ps_recv &- kernel.ps_recv)
    statistics.dropped += UInt64(now.ps_drop &- kernel.ps_drop)
    statistics.interfaceDropped += UInt64(now.ps_ifdrop &- kernel.ps_ifdrop)
    kernel = now
  }

  private static func activate(
    _ handle: OpaquePointer, _ name: String
  ) throws(LiveCaptureError) {
    switch unsafe pcap_activate(handle) {
    case 0...: break  // more than 0 is a warning: no promiscuous mode, or another time stamp
    case PCAP_ERROR_NO_SUCH_DEVICE: throw .noSuchInterface(name)
    case PCAP_ERROR_PERM_DENIED, PCAP_ERROR_PROMISC_PERM_DENIED:
      throw .notPermitted(interface: name)
    default: throw .failed(interface: name, detail: unsafe detail(handle))
    }
    var text = [CChar](repeating: 0, count: Int(PCAP_ERRBUF_SIZE))
    guard unsafe pcap_setnonblock(handle, 1, &text) == 0 else {
      throw .failed(interface: name, detail: LiveInterface.text(text))
    }
  }

  private static func linkType(
    _ handle: OpaquePointer, _ name: String
  ) throws(LiveCaptureError) -> LinkType {
    let number = unsafe pcap_datalink(handle)
    let type = LinkType(rawValue: UInt32(max(number, 0)))
    switch type {
    case .null, .ethernet, .ppp, .rawBSD, .rawOpenBSD, .pppHDLC, .raw, .ciscoHDLC, .ieee80211,
      .loop, .linuxSLL, .prism, .radiotap, .avs, .ppi, .ipv4, .ipv6, .nflog, .linuxSLL2:
      return type
    default: throw .unsupportedLink(interface: name, number: number)
    }
  }

  private static func install(
    _ filter: LiveCaptureFilter, on handle: OpaquePointer, _ linkType: LinkType, _ name: String
  ) throws(LiveCaptureError) {
    // Alone first: a condition may not end the parentheses that it is put in.
    if let condition = filter.condition { try unsafe compile(condition, handle, name) { _ in } }
    let expression = filter.expression(tags: linkType == .ethernet)
    try unsafe compile(expression, handle, name) { program throws(LiveCaptureError) in
      guard unsafe pcap_setfilter(handle, &program) == 0 else {
        throw .failed(interface: name, detail: unsafe detail(handle))
      }
    }
  }

  private static func compile(
    _ expression: String, _ handle: OpaquePointer, _ name: String,
    _ body: (inout bpf_program) throws(LiveCaptureError) -> Void
  ) throws(LiveCaptureError) {
    var program = unsafe bpf_program()
    guard unsafe pcap_compile(handle, &program, expression, 1, .max) == 0 else {
      throw .badFilter(interface: name, detail: unsafe detail(handle))
    }
    defer { unsafe pcap_freecode(&program) }
    try unsafe body(&program)
  }

  private static func detail(_ handle: OpaquePointer) -> String {
    unsafe pcap_geterr(handle).map { unsafe String(cString: $0) } ?? "unknown error"
  }

  private static func text(_ characters: [CChar]) -> String {
    String(decoding: characters.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
  }
}
