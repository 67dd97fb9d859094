import NIOCore

/// Looks at octets before the parser does: whether a request has begun, and how long its first line
/// is. The parser says neither when a head is too long or does not end.
///
/// - Concurrency: on the connection's event loop.
final class HeadWatch: ChannelInboundHandler {
  typealias InboundIn = ByteBuffer
  typealias InboundOut = ByteBuffer

  /// True when octets of a head came.
  private(set) var hasBegun = false
  private var hasLine = false
  private var lineOctets = 0

  /// True when the first line is what makes a head too long.
  var isLineTooLong: Bool { lineOctets > ServerLimits.headerFieldOctetsMax }

  /// The next octets are those of a head.
  func expect() {
    hasBegun = false
    hasLine = false
    lineOctets = 0
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    hasBegun = true
    if !hasLine {
      let octets = unwrapInboundIn(data).readableBytesView
      let end = octets.firstIndex(of: UInt8(ascii: "\n"))
      hasLine = end != nil
      lineOctets += (end ?? octets.endIndex) - octets.startIndex
    }
    context.fireChannelRead(data)
  }
}
